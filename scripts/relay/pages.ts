/** Lists that come in pages: reads as much of one as is wanted. */
import type { Page } from "../../src/admin/api/paging.ts";
import type { Outcome } from "./failure.ts";

/** The most that the API returns at once. */
const LARGEST_PAGE = 200;

/** Up to `limit` items, and a cursor if there are more. `read` takes the query of one page. */
export async function collect<Item>(
  limit: number,
  read: (page: { limit: string; cursor?: string }) => Promise<Outcome<Page<Item>>>,
): Promise<Outcome<Page<Item>>> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const size = String(Math.min(limit - items.length, LARGEST_PAGE));
    const page = await read({ limit: size, ...(cursor !== null && { cursor }) });
    if (!page.ok) return page;
    items.push(...page.value.items);
    cursor = page.value.next_cursor;
  } while (cursor !== null && items.length < limit);
  return { ok: true, value: { items, next_cursor: cursor } };
}
