/**
 * The price of each model and its source, the models that were used without a known price, and the feed. When a price is set, what was
 * booked without one is priced.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import type { FiltersOf } from "../../list/filters.ts";
import { createList, type List } from "../../list/list.ts";
import type { Problem } from "../../problem.ts";
import type { PRICE_FILTERS } from "./filters.ts";

type Routes = AdminClient["admin"]["prices"];
type Page = InferResponseType<Routes["$get"], 200>;
export type Price = Page["items"][number];
export type Unpriced = InferResponseType<Routes["unpriced"]["$get"], 200>["items"][number];
export type PriceInput = InferRequestType<Routes[":model{.+}"]["$put"]>["json"];
export type FeedState = Pick<Page, "feed" | "feed_enabled">;

export interface Prices extends List<Price, FiltersOf<typeof PRICE_FILTERS>> {
  /** Null until they were read. */
  unpriced: ReadonlySignal<readonly Unpriced[] | null>;
  feed: ReadonlySignal<FeedState | null>;
  /** The price in force of exactly this name; null if it has none. */
  read(model: string, signal: AbortSignal): Promise<Answer<Price | null>>;
  /** Decimal USD. Resolves when it is set and everything is priced. */
  set(model: string, price: PriceInput): Promise<Answer<null>>;
  /** Sets the same price as another model's. */
  copy(model: string, from: string): Promise<Problem | null>;
  /** Removes the override. */
  remove(model: string): Promise<Problem | null>;
  /** Reads the feed now. The feed's state then tells the result. */
  refreshFeed(): Promise<Problem | null>;
}

export function createPrices(client: AdminClient): Prices {
  const routes = client.admin.prices;
  const unpriced = signal<readonly Unpriced[] | null>(null);
  const feed = signal<FeedState | null>(null);

  const list = createList<Price, FiltersOf<typeof PRICE_FILTERS>>(async (page, filters, signal) => {
    const init = { init: { signal } };
    // Together with the first page, so that neither moves the other when it arrives.
    const [answer, without] = await Promise.all([
      ask(routes.$get({ query: { ...filters, ...page } }, init)),
      page.cursor === undefined ? ask(routes.unpriced.$get({ query: {} }, init)) : null,
    ]);
    if (signal.aborted) return answer;
    if (without?.ok) unpriced.value = without.value.items;
    if (answer.ok) feed.value = answer.value;
    return answer;
  });

  /** The relay prices a bounded number of requests at a time, and says where to continue. */
  async function priced(put: Answer<{ repriced: { next_cursor: string | null } }>): Promise<Answer<null>> {
    if (!put.ok) return put;
    for (let cursor = put.value.repriced.next_cursor; cursor !== null; ) {
      const more = await ask(routes.reprice.$post({ json: { cursor } }));
      if (!more.ok) return more;
      cursor = more.value.next_cursor;
    }
    await list.refresh();
    return { ok: true, value: null };
  }

  async function done(answering: Promise<Answer<unknown>>): Promise<Problem | null> {
    const answer = await answering;
    if (!answer.ok) return answer.problem;
    await list.refresh();
    return null;
  }

  return {
    ...list,
    unpriced,
    feed,
    async read(model, signal) {
      const answer = await ask(routes.$get({ query: { search: model, limit: "200" } }, { init: { signal } }));
      if (!answer.ok) return answer;
      return { ok: true, value: answer.value.items.find((price) => price.model === model) ?? null };
    },
    set: async (model, price) => priced(await ask(routes[":model{.+}"].$put({ param: { model }, json: price }))),
    async copy(model, from) {
      const answer = await priced(await ask(routes.copy.$post({ json: { model, from } })));
      return answer.ok ? null : answer.problem;
    },
    remove: (model) => done(ask(routes[":model{.+}"].$delete({ param: { model } }))),
    refreshFeed: () => done(ask(routes.refresh.$post())),
  };
}

/** The price in the form in which it is set by hand, with all its parts. Pure. */
export function inputOf(price: Price): PriceInput {
  const { model: _model, source: _source, tiers, fast, priority, ...rest } = price;
  const said = Object.entries(rest).filter(([, value]) => value !== null);
  return {
    ...(Object.fromEntries(said) as Pick<PriceInput, "input" | "output">),
    ...(tiers.length > 0 && { tiers }),
    ...(fast && { fast }),
    ...(priority && { priority }),
  };
}

/**
 * The parts of a price that a form with one list of rates does not show, and keeps: all of an override, but of another price only those
 * that do not depend on the rates. Pure.
 */
export function keptOf(price: Price | null): Partial<PriceInput> {
  if (price === null) return {};
  const {
    input: _in,
    output: _out,
    cache_read: _r,
    cache_write_5m: _5m,
    cache_write_1h: _1h,
    ...kept
  } = inputOf(price);
  if (price.source === "override") return kept;
  const { web_search_per_thousand, context, max_output } = kept;
  return {
    ...(web_search_per_thousand !== undefined && { web_search_per_thousand }),
    ...(context !== undefined && { context }),
    ...(max_output !== undefined && { max_output }),
  };
}
