/** Models that were used without a known price, and the setting of one. What was booked meanwhile is priced with it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import type { Problem } from "../../problem.ts";

type Routes = AdminClient["admin"]["prices"];
export type Unpriced = InferResponseType<Routes["unpriced"]["$get"], 200>["items"][number];

export interface Prices {
  unpriced: ReadonlySignal<Unpriced[]>;
  /** False until the first answer. */
  loaded: ReadonlySignal<boolean>;
  problem: ReadonlySignal<Problem | null>;
  load(): Promise<void>;
  /** Decimal USD per million tokens. Answers with the problem, or null when it is set and all has been priced. */
  set(model: string, input: string, output: string): Promise<Problem | null>;
}

export function createPrices(client: AdminClient): Prices {
  const routes = client.admin.prices;
  const unpriced = signal<Unpriced[]>([]);
  const loaded = signal(false);
  const problem = signal<Problem | null>(null);

  async function load(): Promise<void> {
    const answer = await ask(routes.unpriced.$get({ query: {} }));
    problem.value = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    unpriced.value = answer.value.items;
    loaded.value = true;
  }

  return {
    unpriced,
    loaded,
    problem,
    load,
    async set(model, input, output) {
      const put = await ask(routes[":model{.+}"].$put({ param: { model }, json: { input, output } }));
      if (!put.ok) return put.problem;
      // The server prices a bounded number at a time, and says where to go on.
      for (let cursor = put.value.repriced.next_cursor; cursor !== null; ) {
        const more = await ask(routes.reprice.$post({ json: { cursor } }));
        if (!more.ok) return more.problem;
        cursor = more.value.next_cursor;
      }
      await load();
      return null;
    },
  };
}
