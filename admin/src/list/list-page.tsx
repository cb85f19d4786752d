/**
 * The one list page: heading, filters in the address, table, and the states a list can be in: not there yet, empty,
 * nothing that the filters let through, failed, more to come. A form or a message stands above the table as children.
 */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { Trouble } from "../parts/trouble.tsx";
import type { Router } from "../router/router.ts";
import { FilterBar } from "./filter-bar.tsx";
import { type FilterDescriptions, type FiltersOf, readFilters } from "./filters.ts";
import type { List } from "./list.ts";
import { Table, type TableProps } from "./table.tsx";

interface Props<Row, Of extends FilterDescriptions> {
  title: string;
  about?: string;
  router: Router;
  list: List<Row, FiltersOf<Of>>;
  filters: Of;
  table: TableProps<Row>;
  /** Where a new one is made; null while that is open. */
  create?: { label: string; href: string } | null;
  /** Beside the title, where there are rows. */
  aside?: ComponentChildren;
  /** In place of the table, where there is nothing at all. */
  empty: ComponentChildren;
  moreLabel?: string;
  children?: ComponentChildren;
}

export function ListPage<Row, Of extends FilterDescriptions>(props: Props<Row, Of>) {
  const { title, about, router, list, filters, table, create, aside, empty, moreLabel, children } = props;
  const chosen = readFilters(filters, router.search.value);
  const asked = JSON.stringify(chosen);
  // `asked` is what `chosen` says, and stays the same where that does.
  useEffect(() => list.visit(chosen), [list, asked]);

  const rows = list.rows.value;
  const loaded = list.loaded.value;
  const problem = list.problem.value;
  const filtered = asked !== "{}";
  const stale = list.stale.value;
  const blank = loaded && rows.length === 0 && !stale;

  return (
    <>
      <div class="heading">
        <h1 tabIndex={-1}>{title}</h1>
        {rows.length > 0 && aside}
        {create && !(blank && !filtered) && (
          <a class="button main" href={create.href}>
            {create.label}
          </a>
        )}
      </div>
      {about !== undefined && <p class="soft">{about}</p>}
      {children}
      {Object.keys(filters).length > 0 && (filtered || rows.length > 0) && (
        <FilterBar filters={filters} chosen={chosen} router={router} />
      )}
      <Trouble problem={problem} onRetry={list.refresh} />
      {!loaded && problem === null && <p class="soft">{strings.loading}</p>}
      {blank && !filtered && empty}
      {blank && filtered && (
        <div class="empty">
          <p>{strings.list.nothing}</p>
          <button type="button" onClick={() => router.setSearch("")}>
            {strings.list.clear}
          </button>
        </div>
      )}
      {rows.length > 0 && <Table {...table} rows={rows} stale={stale} />}
      {list.hasMore.value && (
        <div class="actions">
          <button type="button" onClick={() => void list.loadMore()}>
            {moreLabel ?? strings.list.more}
          </button>
        </div>
      )}
    </>
  );
}
