/**
 * A paged list of the API as signals: the rows so far, whether there are more, and why the last reading failed. It is read again at each
 * visit, and when the person comes back to the window. What is shown stays until the answer arrives.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Answer } from "../api.ts";
import type { Problem } from "../problem.ts";

export interface ListPage<Row> {
  items: Row[];
  next_cursor: string | null;
}

/** What a list page shows, and how it asks for it. */
export interface List<Row, Filters> {
  rows: ReadonlySignal<readonly Row[]>;
  /** False until the first page has arrived. */
  loaded: ReadonlySignal<boolean>;
  /** Whether the rows shown are those of other filters, or out of date. */
  stale: ReadonlySignal<boolean>;
  hasMore: ReadonlySignal<boolean>;
  problem: ReadonlySignal<Problem | null>;
  /** Shows what passes `filters` and keeps it current, until the returned function is called. */
  visit(filters: Filters): () => void;
  /** Reads all shown rows again, and resolves when that is done. */
  refresh(): Promise<void>;
  loadMore(): Promise<void>;
}

/** Query parameters of one page. */
export interface PageQuery {
  limit: string;
  cursor?: string;
}

const PAGE = 50;
/** The most that the API returns at once. */
const PAGE_MAX = 200;
/** Switching windows back and forth within this time does not ask again. */
const FRESH_MS = 2_000;

export function createList<Row, Filters extends object>(
  readPage: (page: PageQuery, filters: Filters, signal: AbortSignal) => Promise<Answer<ListPage<Row>>>,
): List<Row, Filters> {
  const rows = signal<readonly Row[]>([]);
  const cursor = signal<string | null>(null);
  const loaded = signal(false);
  const stale = signal(false);
  const problem = signal<Problem | null>(null);

  let filters: Filters | null = null;
  let asking: AbortController | undefined;
  let readAt = 0;

  /** Null if a later request has replaced this one. */
  async function ask(limit: number, from: string | null): Promise<ListPage<Row> | null> {
    const controller = asking;
    if (filters === null || controller === undefined) return null;
    const page = from === null ? { limit: String(limit) } : { limit: String(limit), cursor: from };
    const answer = await readPage(page, filters, controller.signal);
    if (controller.signal.aborted) return null;
    problem.value = answer.ok ? null : answer.problem;
    return answer.ok ? answer.value : null;
  }

  function begin(): void {
    asking?.abort();
    asking = new AbortController();
  }

  async function refresh(): Promise<void> {
    begin();
    readAt = Date.now();
    const wanted = Math.max(PAGE, rows.value.length);
    const read: Row[] = [];
    let next: string | null = null;
    do {
      const page: ListPage<Row> | null = await ask(Math.min(PAGE_MAX, wanted - read.length), next);
      if (page === null) return;
      read.push(...page.items);
      next = page.next_cursor;
    } while (next !== null && read.length < wanted);
    rows.value = read;
    cursor.value = next;
    loaded.value = true;
    stale.value = false;
  }

  async function loadMore(): Promise<void> {
    if (cursor.value === null) return;
    begin();
    const page = await ask(PAGE, cursor.value);
    if (page === null) return;
    rows.value = [...rows.value, ...page.items];
    cursor.value = page.next_cursor;
  }

  function onReturn(): void {
    if (document.visibilityState === "visible" && Date.now() - readAt >= FRESH_MS) void refresh();
  }

  return {
    rows,
    loaded,
    stale,
    hasMore: computed(() => cursor.value !== null),
    problem,
    visit(wanted) {
      if (filters !== null && !same(filters, wanted)) {
        stale.value = true;
        // With other filters, it is unknown how many rows are wanted.
        rows.value = rows.value.slice(0, PAGE);
      }
      filters = wanted;
      void refresh();
      document.addEventListener("visibilitychange", onReturn);
      addEventListener("focus", onReturn);
      return () => {
        document.removeEventListener("visibilitychange", onReturn);
        removeEventListener("focus", onReturn);
        asking?.abort();
      };
    },
    refresh,
    loadMore,
  };
}

function same(left: object, right: object): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
