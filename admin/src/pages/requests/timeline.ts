/**
 * The request table's rows as pages of them arrive. Pure. Ids are time-ordered, so the newest id is the greatest.
 */

export interface Page<Row> {
  items: Row[];
  nextCursor: string | null;
}

/** Rows kept at most: beyond this the table is no longer read, only scrolled. */
const ROWS_MAX = 500;

/**
 * Puts a fresh newest page on top of what is shown. When the page does not reach the rows below it, more arrived than
 * fit on a page: the older rows are dropped, for a table with a silent gap would be a lie.
 */
export function withNewest<Row extends { id: string }>(shown: Page<Row>, newest: Page<Row>): Page<Row> {
  const oldest = newest.items.at(-1);
  if (!oldest || newest.nextCursor === null) return newest;
  const known = new Set(shown.items.map((row) => row.id));
  if (!newest.items.some((row) => known.has(row.id))) return newest;

  const below = shown.items.filter((row) => row.id < oldest.id);
  if (below.length === 0 || newest.items.length + below.length > ROWS_MAX) return newest;
  return { items: [...newest.items, ...below], nextCursor: shown.nextCursor };
}

/** Puts an older page below what is shown. */
export function withOlder<Row extends { id: string }>(shown: Page<Row>, older: Page<Row>): Page<Row> {
  const known = new Set(shown.items.map((row) => row.id));
  return {
    items: [...shown.items, ...older.items.filter((row) => !known.has(row.id))],
    nextCursor: older.nextCursor,
  };
}

/** Whether `next` begins with a row that `previous` did not. */
export function hasNews<Row extends { id: string }>(previous: Page<Row>, next: Page<Row>): boolean {
  return next.items[0]?.id !== previous.items[0]?.id;
}
