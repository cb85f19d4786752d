/** What every list takes (`?cursor=&limit=&search=`) and answers. */
import { z } from "zod";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

export const pageQuery = z.strictObject({
  /** Opaque to the caller: the `next_cursor` of the page before. */
  cursor: z.string().min(1).max(100).optional(),
  limit: z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_LIMIT))
    .default(DEFAULT_LIMIT),
});

export const search = z.string().trim().max(200).optional();

/** `next_cursor` is null on the last page. A filtered page may hold few items, or none, and still have a next one. */
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
