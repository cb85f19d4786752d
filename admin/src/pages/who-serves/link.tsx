/** A link to the page that answers who would serve a request. */
import { strings } from "../../locale/strings.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Router } from "../../router/router.ts";
import { searchOf } from "./question.ts";

export function WhoServesLink({ router, of = {} }: { router: Router; of?: { key?: string; model?: string } }) {
  return (
    <a class="button" href={router.href(`/who-serves${searchOf(of)}`)}>
      <Icon name="arrow-right" />
      {strings.shell["who-serves"]}
    </a>
  );
}
