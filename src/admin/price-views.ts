/** Between prices as the code counts them (nano-dollars) and as the API says them (decimal USD). Pure. */
import { formatUsd } from "../pricing/money.ts";
import {
  completePrice,
  type ModelPrice,
  type Rates,
  type StatedPrice,
  type StatedTieredRates,
  type TieredRates,
} from "../pricing/table.ts";
import type { PriceView, RatesView, SetPrice, TieredRatesView } from "./schemas/prices.ts";

type GivenRates = Pick<SetPrice, "input" | "output" | "cache_read" | "cache_write_5m" | "cache_write_1h" | "tiers">;

/** The complete price that a request states. */
export function statedPrice(given: SetPrice): ModelPrice {
  const stated: StatedPrice = {
    ...statedRates(given),
    fast: given.fast && statedRates(given.fast),
    priority: given.priority && statedRates(given.priority),
    webSearchPerThousand: given.web_search_per_thousand,
    context: given.context,
    maxOutput: given.max_output,
  };
  return completePrice(stated);
}

function statedRates(given: GivenRates): StatedTieredRates {
  const { input, output, cache_read: cacheRead, cache_write_5m: cacheWrite5m, cache_write_1h: cacheWrite1h } = given;
  const tiers = given.tiers?.map((tier) => ({ aboveTokens: tier.above_tokens, ...statedRates(tier) }));
  return { input, output, cacheRead, cacheWrite5m, cacheWrite1h, tiers };
}

export function priceView(model: string, price: ModelPrice, source: PriceView["source"]): PriceView {
  return {
    model,
    source,
    ...tieredView(price),
    fast: price.fast ? tieredView(price.fast) : null,
    priority: price.priority ? tieredView(price.priority) : null,
    web_search_per_thousand: price.webSearchPerThousand === undefined ? null : formatUsd(price.webSearchPerThousand),
    context: price.context ?? null,
    max_output: price.maxOutput ?? null,
  };
}

function tieredView(rates: TieredRates): TieredRatesView {
  const tiers = rates.tiers ?? [];
  return { ...ratesView(rates), tiers: tiers.map((tier) => ({ above_tokens: tier.aboveTokens, ...ratesView(tier) })) };
}

function ratesView(rates: Rates): RatesView {
  return {
    input: formatUsd(rates.input),
    output: formatUsd(rates.output),
    cache_read: formatUsd(rates.cacheRead),
    cache_write_5m: formatUsd(rates.cacheWrite5m),
    cache_write_1h: formatUsd(rates.cacheWrite1h),
  };
}
