/** Adding an account, in a drawer: choose the provider, enter what it needs, done. The drawer's address says which step it is. */
import type { Console } from "../../console.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import { AccountKindForm } from "./account-kind-form.tsx";
import type { Account } from "./accounts.ts";
import { KindTiles } from "./kind-tiles.tsx";
import { kindOfPath, nameOfKind, pathOfKind } from "./kinds.ts";
import { words } from "./words.ts";

interface Props {
  data: Console;
  router: Router;
  /** Its name in the path; undefined until one is chosen. */
  kind: string | undefined;
}

export function NewAccountDrawer({ data, router, kind: path }: Props) {
  const kind = kindOfPath(path);
  const close = () => router.go(`/accounts${router.search.value}`);

  function added(account: Account): void {
    router.go(pathTo("/accounts/:id", { id: account.id }), { replace: true });
    data.notice.value = { text: words.wasAdded(account.name) };
    void data.directory.load();
  }

  if (!kind) {
    return (
      <Drawer title={words.add} wide onClose={close}>
        <KindTiles
          hrefOf={(offered) =>
            router.href(pathTo("/accounts/new/:kind", { kind: pathOfKind(offered) }) + router.search.value)
          }
        />
      </Drawer>
    );
  }
  return (
    <Drawer key={path} title={nameOfKind(kind.platform, kind.kind)} wide onClose={close}>
      <AccountKindForm kind={kind} data={data} router={router} onAdded={added} onCancel={close} />
    </Drawer>
  );
}
