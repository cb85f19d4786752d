/** Shown while nothing was requested yet: the way to a first request, and how much of it is done. */
import type { Directory } from "../../directory.ts";
import { Icon } from "../../parts/icon.tsx";
import type { Router } from "../../router/router.ts";
import { Progress } from "../start/progress.tsx";
import { facesAt } from "../start/steps.ts";
import { words as startWords } from "../start/words.ts";
import { words as requestsWords } from "./words.ts";

const words = requestsWords.start;

export function StartHere({ directory, router }: { directory: Directory; router: Router }) {
  const known = directory.known.value;
  if (known === null) return null;
  const { hasAccount, hasKey } = known;
  return (
    <section class="panel start" aria-labelledby="start-title">
      <div>
        <h2 id="start-title">{words.title}</h2>
        <p class="soft">{!hasAccount ? words.noAccount : !hasKey ? words.noKey : words.ready}</p>
      </div>
      <Progress faces={facesAt(!hasAccount ? "account" : !hasKey ? "key" : "client", { works: false, hasAccount })} />
      <div class="actions">
        <a class="button main" href={router.href("/start")}>
          {startWords.title}
          <Icon name="arrow-right" />
        </a>
      </div>
    </section>
  );
}
