/** What every list takes (`?cursor=&limit=&search=`) and answers. */
import { z } from "zod";

export const NOT_OURS = "is not a next_cursor of this list";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_LIMIT))
    .default(DEFAULT_LIMIT),
});

/** `next_cursor` of the page before, opaque to the caller; for lists in the order of their ids it is the last id. */
export function idCursor(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), NOT_OURS)
    .optional();
}

export const search = z.string().trim().max(200).optional();

/** `next_cursor` is null on the last page. A filtered page may hold few items, or none, and still have a next one. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
