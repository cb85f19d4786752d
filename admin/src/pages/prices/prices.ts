/** Models that were used without a known price, and the setting of one. What was booked meanwhile is priced with it. */
import type { InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createList, type List } from "../../list/list.ts";

type Routes = AdminClient["admin"]["prices"];
export type Unpriced = InferResponseType<Routes["unpriced"]["$get"], 200>["items"][number];

export interface Prices extends List<Unpriced, Record<never, never>> {
  /** Decimal USD per million tokens. Answers when it is set and all has been priced. */
  set(model: string, rates: { input: string; output: string }): Promise<Answer<null>>;
}

export function createPrices(client: AdminClient): Prices {
  const routes = client.admin.prices;
  const list = createList<Unpriced, Record<never, never>>((_page, _filters, signal) =>
    ask(routes.unpriced.$get({ query: {} }, { init: { signal } })),
  );

  return {
    ...list,
    async set(model, rates) {
      const put = await ask(routes[":model{.+}"].$put({ param: { model }, json: rates }));
      if (!put.ok) return put;
      // The server prices a bounded number at a time, and says where to go on.
      for (let cursor = put.value.repriced.next_cursor; cursor !== null; ) {
        const more = await ask(routes.reprice.$post({ json: { cursor } }));
        if (!more.ok) return more;
        cursor = more.value.next_cursor;
      }
      await list.refresh();
      return { ok: true, value: null };
    },
  };
}
