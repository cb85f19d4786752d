/**
 * A paged list of the API as signals: the rows so far, whether there are more, and why the last load failed. Holds
 * the rows of one signed-in person; it is thrown away with the session.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Answer } from "../api.ts";
import type { Problem } from "../problem.ts";

export interface ListPage<Row> {
  items: Row[];
  next_cursor: string | null;
}

export interface List<Row> {
  rows: ReadonlySignal<Row[]>;
  /** False until the first page has arrived. */
  loaded: ReadonlySignal<boolean>;
  hasMore: ReadonlySignal<boolean>;
  problem: ReadonlySignal<Problem | null>;
  /** Starts again from the first page; what is shown stays until the answer is there. */
  load(): Promise<void>;
  loadMore(): Promise<void>;
  /** Puts a row that was made, or changed, in its place: new ones on top. */
  put(row: Row): void;
  drop(id: string): void;
}

export function createList<Row extends { id: string }>(
  fetchPage: (cursor: string | null) => Promise<Answer<ListPage<Row>>>,
): List<Row> {
  const rows = signal<Row[]>([]);
  const cursor = signal<string | null>(null);
  const loaded = signal(false);
  const problem = signal<Problem | null>(null);

  async function load(): Promise<void> {
    const answer = await fetchPage(null);
    problem.value = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    rows.value = answer.value.items;
    cursor.value = answer.value.next_cursor;
    loaded.value = true;
  }

  async function loadMore(): Promise<void> {
    if (cursor.value === null) return;
    const answer = await fetchPage(cursor.value);
    problem.value = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    const known = new Set(rows.value.map((row) => row.id));
    rows.value = [...rows.value, ...answer.value.items.filter((row) => !known.has(row.id))];
    cursor.value = answer.value.next_cursor;
  }

  function put(row: Row): void {
    const known = rows.value.some(({ id }) => id === row.id);
    rows.value = known ? rows.value.map((old) => (old.id === row.id ? row : old)) : [row, ...rows.value];
  }

  function drop(id: string): void {
    rows.value = rows.value.filter((row) => row.id !== id);
  }

  return { rows, loaded, hasMore: computed(() => cursor.value !== null), problem, load, loadMore, put, drop };
}
