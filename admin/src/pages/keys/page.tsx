/** Relay keys: making them, finding them, stopping them. Each has a page of its own. */
import { ListPage } from "../../list/list-page.tsx";
import { Empty } from "../../parts/empty.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { actionsOf } from "./actions.ts";
import { columnsOf } from "./columns.tsx";
import { KEY_FILTERS } from "./filters.ts";
import "./keys.css";
import { NewKeyDrawer } from "./key-drawer.tsx";
import { words } from "./words.ts";

export function KeysPage({ data, router, match }: PageProps) {
  const { keys, notice } = data;
  const create = { label: words.add, href: router.href(`/keys/new${router.search.value}`) };
  const pathOf = (id: string) => pathTo("/keys/:id", { id });

  return (
    <ListPage
      title={words.title}
      router={router}
      list={keys}
      filters={KEY_FILTERS}
      create={create}
      empty={
        <>
          <Empty icon="key-round" title={words.emptyTitle} text={words.empty} create={create} />
          <a href={router.href("/keys?status=deleted")}>{words.seeDeleted}</a>
        </>
      }
      table={{
        class: "keys",
        caption: words.caption,
        columns: columnsOf((key) => router.href(pathOf(key.id))),
        idOf: (key) => key.id,
        open: (key) => router.go(pathOf(key.id)),
        actions: { nameOf: (key) => key.name, of: (key) => actionsOf(key, keys, router) },
        notice,
      }}
    >
      {match.pattern === "/keys/new" && (
        <NewKeyDrawer data={data} router={router} onClose={() => router.go(`/keys${router.search.value}`)} />
      )}
    </ListPage>
  );
}
