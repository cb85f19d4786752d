/**
 * The rows of the request table as pages of them arrive. Pure. Ids are ordered by time, so the newest id is the greatest.
 */

export interface Page<Row> {
  items: Row[];
  nextCursor: string | null;
}

/** How many rows are kept, unless somebody has loaded more. Nobody reads more; they are only scrolled. */
const ROWS_MAX = 500;

/**
 * Puts a new first page above what is shown. If the page does not reach the rows below it, more has arrived than fits on a page. The older
 * rows are then dropped, because a table with a hidden gap would be misleading. Of a table that is long enough, the oldest go.
 */
export function withNewest<Row extends { id: string }>(shown: Page<Row>, newest: Page<Row>): Page<Row> {
  const oldest = newest.items.at(-1);
  if (!oldest || newest.nextCursor === null) return newest;
  const known = new Set(shown.items.map((row) => row.id));
  if (!newest.items.some((row) => known.has(row.id))) return newest;

  const below = shown.items.filter((row) => row.id < oldest.id);
  if (below.length === 0) return newest;
  return longEnough([...newest.items, ...below], shown);
}

/** Replaces what is shown after `since`, an id, by what has come since then: all of it, because `recent` is the only page. */
export function withRecent<Row extends { id: string }>(shown: Page<Row>, recent: Page<Row>, since: string): Page<Row> {
  return longEnough([...recent.items, ...shown.items.filter((row) => row.id <= since)], shown);
}

/** Puts an older page below what is shown. */
export function withOlder<Row extends { id: string }>(shown: Page<Row>, older: Page<Row>): Page<Row> {
  const known = new Set(shown.items.map((row) => row.id));
  return {
    items: [...shown.items, ...older.items.filter((row) => !known.has(row.id))],
    nextCursor: older.nextCursor,
  };
}

function longEnough<Row extends { id: string }>(items: Row[], shown: Page<Row>): Page<Row> {
  const kept = items.slice(0, Math.max(ROWS_MAX, shown.items.length));
  // An id is a cursor: the relay continues below it.
  return { items: kept, nextCursor: kept.length < items.length ? (kept.at(-1)?.id ?? null) : shown.nextCursor };
}

/** Whether `next` begins with another row than `previous`. */
export function hasNews<Row extends { id: string }>(previous: Page<Row>, next: Page<Row>): boolean {
  return next.items[0]?.id !== previous.items[0]?.id;
}
