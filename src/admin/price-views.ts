/** Between prices as the code counts them (nano-dollars) and as the API says them (decimal USD). Pure. */
import { formatUsd } from "../pricing/money.ts";
import { divideHalfUp } from "../pricing/rate.ts";
import { namesOf } from "../pricing/resolve.ts";
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

/** Anthropic's cache rates in hundredths of the input rate; its page gives them as multipliers for every model. */
const CLAUDE: Rates = { input: 100, output: 500, cacheRead: 10, cacheWrite5m: 125, cacheWrite1h: 200 };

/**
 * The complete price that a request states. Cache rates that it leaves out lie as far from its input rate as those of
 * `known`, the price in force without the override: a gateway that sells a model dearer sells its cache dearer, and a
 * cache write booked at the input rate would be booked too low. A Claude model that nobody knows has Anthropic's.
 */
export function statedPrice(model: string, given: SetPrice, known: ModelPrice | null): ModelPrice {
  const rates = statedRates(given);
  const isClaude = [...namesOf(model)].some((name) => name.startsWith("claude-"));
  const like = known ?? (isClaude ? CLAUDE : null);
  const scaled = (rate: "cacheRead" | "cacheWrite5m" | "cacheWrite1h") =>
    like && like.input > 0
      ? Number(divideHalfUp(BigInt(like[rate]) * BigInt(rates.input), BigInt(like.input)))
      : undefined;
  const stated: StatedPrice = {
    ...rates,
    cacheRead: rates.cacheRead ?? scaled("cacheRead"),
    cacheWrite5m: rates.cacheWrite5m ?? scaled("cacheWrite5m"),
    cacheWrite1h: rates.cacheWrite1h ?? scaled("cacheWrite1h"),
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
