/**
 * The one list page: heading, filters in the address, table, and the states of a list: not loaded yet, empty, nothing passes the filters,
 * failed, more to come. A drawer or a message comes as children.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { Icon } from "../parts/icon.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Router } from "../router/router.ts";
import { FilterBar } from "./filter-bar.tsx";
import { type ChoiceFilter, type FilterDescriptions, type FiltersOf, readFilters } from "./filters.ts";
import type { List } from "./list.ts";
import { Table, type TableProps } from "./table.tsx";

interface Props<Row, Of extends FilterDescriptions> {
  title: string;
  about?: string;
  router: Router;
  list: List<Row, FiltersOf<Of>>;
  filters: Of;
  table?: TableProps<Row>;
  /** In place of a table. */
  body?: (rows: readonly Row[], stale: boolean) => ComponentChildren;
  /** The address at which a new record is created. */
  create?: { label: string; href: string } | null;
  /** Beside the title, if there are rows. */
  aside?: ComponentChildren;
  /** In place of the table, if there are no rows at all. */
  empty: ComponentChildren;
  moreLabel?: string;
  /** The address names one that is not among the rows. */
  missing?: boolean;
  filterNameOf?: (filter: string, value: string) => string | undefined;
  /** Exact values that a filter may be set to, with their names. */
  offered?: (filter: string) => ChoiceFilter["choices"];
  children?: ComponentChildren;
}

export function ListPage<Row, Of extends FilterDescriptions>(props: Props<Row, Of>) {
  const { title, about, router, list, filters, table, body, create, aside, empty, moreLabel, children } = props;
  const chosen = readFilters(filters, router.search.value);
  const asked = JSON.stringify(chosen);
  // `asked` is `chosen` as a text, which stays the same while its values do.
  useEffect(() => list.visit(chosen), [list, asked]);

  const rows = list.rows.value;
  const loaded = list.loaded.value;
  const problem = list.problem.value;
  const filtered = asked !== "{}";
  const stale = list.stale.value;
  const loading = useSignal(false);

  async function loadMore(): Promise<void> {
    if (loading.value) return;
    loading.value = true;
    await list.loadMore();
    loading.value = false;
  }

  const blank = loaded && rows.length === 0 && !stale;

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{title}</h1>
        <div class="actions">
          {rows.length > 0 && aside}
          {create && !(blank && !filtered) && (
            <a class="button main" href={create.href}>
              <Icon name="plus" />
              {create.label}
            </a>
          )}
        </div>
      </div>
      {about !== undefined && <p class="soft">{about}</p>}
      {children}
      {Object.keys(filters).length > 0 && (filtered || rows.length > 0) && (
        <FilterBar
          filters={filters}
          chosen={chosen}
          router={router}
          nameOf={props.filterNameOf}
          offered={props.offered}
        />
      )}
      <Trouble problem={problem} onRetry={list.refresh} />
      {!loaded && problem === null && <Skeleton />}
      {blank && !filtered && empty}
      {props.missing && loaded && !stale && <Trouble problem={{ text: strings.list.missing }} />}
      {blank && filtered && (
        <div class="empty">
          <p>{list.hasMore.value ? strings.list.nothingSoFar : strings.list.nothing}</p>
          <button type="button" onClick={() => router.setSearch("")}>
            {strings.list.clear}
          </button>
        </div>
      )}
      {rows.length > 0 && table && <Table {...table} rows={rows} stale={stale} />}
      {rows.length > 0 && body?.(rows, stale)}
      {list.hasMore.value && (
        <div class="actions">
          <button type="button" aria-disabled={loading.value} onClick={() => void loadMore()}>
            {loading.value ? strings.loading : (moreLabel ?? strings.list.more)}
          </button>
        </div>
      )}
    </>
  );
}
