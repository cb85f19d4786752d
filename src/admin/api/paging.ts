/**
 * Pages of a list: what every list takes (`?cursor=&limit=&search=`) and answers, and a bound on what one page reads. D1 bills the rows
 * that are read, and a filter that matches little would read a whole table. So a filtered page looks at no more than SCAN_BUDGET rows
 * after its cursor (twice: once to find where the budget ends, once to filter), and then returns a cursor to continue from, however few
 * rows it found.
 */
import * as z from "zod/mini";
import { digits, into, matching, trimmed } from "../../ground/shape.ts";

export const NOT_OURS = "is not a next_cursor of this list";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const pageQuery = z.strictObject({
  limit: z._default(
    z.pipe(digits(/^\d{1,9}$/, "must be a whole number"), z.number().check(z.minimum(1), z.maximum(MAX_LIMIT))),
    DEFAULT_LIMIT,
  ),
});

/** The previous page's `next_cursor`, opaque to the caller. `read`: the position in a text that the list wrote itself; else null. */
export function cursorOf<Position>(longest: number, read: (text: string) => Position | null) {
  return z.optional(
    into(z.string(), (text, problem): Position => {
      const position = text.length > longest ? null : read(text);
      return position ?? problem(NOT_OURS, { code: "wrong_format" });
    }),
  );
}

/** How many items came before, for lists that are computed anew for every page. */
export const countCursor = cursorOf(7, (text) => (/^\d+$/.test(text) ? Number(text) : null));

/** For lists in the order of their ids: the last id. */
export function idCursor(prefix: string) {
  return z.optional(matching(new RegExp(`^${prefix}_[0-9a-f]{32}$`), NOT_OURS));
}

export const search = z.optional(trimmed(0, 200));

/** `next_cursor` is null on the last page. A filtered page may hold few items, or none, and still have a next one. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** The free plan's 5 million rows read a day are 500 filtered pages of a full log. */
export const SCAN_BUDGET = 5_000;

export interface Scan<Row, Position> {
  limit: number;
  /** False if every row that is read is also returned. */
  filtered: boolean;
  positionOf(row: Row): Position;
  /** The position of the row `offset` rows after the cursor, or null if the table ends before it. */
  positionAt(offset: number): Promise<Position | null>;
  /** At most `limit` matching rows, from the cursor (exclusive) to `end` (inclusive; null: the end of the table). */
  rows(end: Position | null, limit: number): Promise<Row[]>;
}

export async function readPage<Row, Position>(
  scan: Scan<Row, Position>,
): Promise<{ rows: Row[]; next: Position | null }> {
  const end = scan.filtered ? await scan.positionAt(SCAN_BUDGET - 1) : null;
  const found = await scan.rows(end, scan.limit + 1);
  const rows = found.slice(0, scan.limit);
  const last = rows.at(-1);
  if (found.length > scan.limit && last !== undefined) return { rows, next: scan.positionOf(last) };
  return { rows, next: end };
}
