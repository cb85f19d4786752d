/** The first step: choose the provider, enter what it needs, and see that the account answers. */
import type { Console } from "../../console.ts";
import { Icon } from "../../parts/icon.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { AccountKindForm } from "../accounts/account-kind-form.tsx";
import "../accounts/accounts.css";
import { KindTiles } from "../accounts/kind-tiles.tsx";
import { kindOfPath, nameOfKind, pathOfKind } from "../accounts/kinds.ts";
import { words as accountsWords } from "../accounts/words.ts";
import { words } from "./words.ts";

interface Props {
  data: Console;
  router: Router;
  /** Its name in the path; undefined until one is chosen. */
  kind: string | undefined;
  onAdded: () => void;
}

export function AccountStep({ data, router, kind: path, onAdded }: Props) {
  const kind = kindOfPath(path);
  if (!kind) {
    return (
      <section class="panel" aria-labelledby="start-step">
        <h2 id="start-step">{accountsWords.add}</h2>
        <KindTiles hrefOf={(offered) => router.href(pathTo("/start/account/:kind", { kind: pathOfKind(offered) }))} />
      </section>
    );
  }
  const back = () => router.go("/start/account");
  return (
    <section class="panel" aria-labelledby="start-step">
      <div class="heading">
        <h2 id="start-step">{nameOfKind(kind.platform, kind.kind)}</h2>
        <a class="button quiet" href={router.href("/start/account")}>
          <Icon name="undo-2" />
          {words.otherKind}
        </a>
      </div>
      <AccountKindForm kind={kind} data={data} router={router} onAdded={onAdded} onCancel={back} />
    </section>
  );
}
