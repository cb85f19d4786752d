/** Relay keys: creating, finding and stopping them. Each has a page of its own. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { withFilter } from "../../list/filters.ts";
import { ListPage } from "../../list/list-page.tsx";
import { Empty } from "../../parts/empty.tsx";
import { lazy } from "../../router/lazy.tsx";
import { pathTo } from "../../router/match.ts";
import type { PageProps } from "../pages.ts";
import { actionsOf } from "./actions.ts";
import { choosing, columnsOf } from "./columns.tsx";
import { KEY_FILTERS } from "./filters.ts";
import "./keys.css";
import { clicked, sortedBy } from "./order.ts";
import { createWeeks } from "./weeks.ts";
import { words } from "./words.ts";

/** Fetched when it is first needed: the form is as large as the page. */
const NewKeyDrawer = lazy(() => import("./key-drawer.tsx").then((part) => part.NewKeyDrawer));
const BulkBar = lazy(() => import("./bulk-bar.tsx").then((part) => part.BulkBar));

export function KeysPage({ data, router, match }: PageProps) {
  const { client, keys, notice } = data;
  const create = { label: words.add, href: router.href(`/keys/new${router.search.value}`) };
  const ids = useSignal<ReadonlySet<string>>(new Set());
  const rows = keys.rows.value.filter((key) => key.deleted_at === null);
  const chosen = rows.filter(({ id }) => ids.value.has(id));
  const order = new URLSearchParams(router.search.value).get("sort");
  const weeks = useMemo(() => createWeeks(client), [client]);
  const shown = keys.rows.value.map(({ id }) => id).join(" ");
  useEffect(() => weeks.want(keys.rows.value.map(({ id }) => id)), [weeks, shown]);
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
        columns: [
          choosing(rows, ids),
          ...columnsOf(
            (key) => router.href(pathOf(key.id)),
            (column) => ({
              ...sortedBy(order, column),
              run: () => router.setSearch(withFilter(router.search.value, "sort", clicked(order, column))),
            }),
            weeks.known.value,
            (filter, value) => router.href(`/keys${withFilter(router.search.value, filter, value)}`),
          ),
        ],
        idOf: (key) => key.id,
        open: (key) => router.go(pathOf(key.id)),
        actions: { nameOf: (key) => key.name, of: (key) => actionsOf(key, keys, router) },
        notice,
      }}
    >
      {chosen.length > 0 && (
        <BulkBar.Page
          chosen={chosen}
          keys={keys}
          notice={notice}
          onClear={() => {
            ids.value = new Set();
          }}
        />
      )}
      {match.pattern === "/keys/new" && (
        <NewKeyDrawer.Page data={data} router={router} onClose={() => router.go(`/keys${router.search.value}`)} />
      )}
    </ListPage>
  );
}
