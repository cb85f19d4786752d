/** Converts prices between the code's units (nano-dollars) and the API's (decimal USD). Pure. */
import { formatUsd } from "../../pricing/money.ts";
import { divideHalfUp } from "../../pricing/rate.ts";
import { namesOf } from "../../pricing/resolve.ts";
import {
  completePrice,
  type ModelPrice,
  type Rates,
  type StatedPrice,
  type StatedTieredRates,
  type TieredRates,
} from "../../pricing/table.ts";
import type { PriceView, RatesView, SetPrice, TieredRatesView } from "./schema.ts";

type GivenRates = Pick<SetPrice, "input" | "output" | "cache_read" | "cache_write_5m" | "cache_write_1h" | "tiers">;

/** Anthropic's cache rates in hundredths of the input rate. Its page gives them as multipliers for every model. */
const CLAUDE: Rates = { input: 100, output: 500, cacheRead: 10, cacheWrite5m: 125, cacheWrite1h: 200 };

/**
 * The complete price that a request states. A cache rate that it leaves out keeps its ratio to the input rate in `known`, the price in
 * force without the override: a gateway that sells a model at a higher price sells its cache at a higher price too, and a cache write
 * booked at the input rate would be booked too low. An unknown Claude model gets Anthropic's ratios.
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
    units: unitsOf(given, known),
    // One price for all sizes replaces those by size.
    ...(given.per_image !== undefined && { imageSizes: {} }),
    context: given.context,
    maxOutput: given.max_output,
  };
  return completePrice(stated);
}

const MILLION = 1_000_000;

/** The given prices by the piece, per million; undefined if none is given, so that what is known stays. */
function unitsOf(given: SetPrice, known: ModelPrice | null): ModelPrice["units"] {
  const { per_image: image, per_million_characters: characters, per_minute: minute } = given;
  const units = {
    ...known?.units,
    ...(image !== undefined && { images: image * MILLION }),
    ...(characters !== undefined && { characters }),
    ...(minute !== undefined && { seconds: Math.round((minute * MILLION) / 60) }),
  };
  return Object.keys(units).length > 0 ? units : undefined;
}

function usdOrNull(nanos: number | undefined, factor: number): string | null {
  return nanos === undefined ? null : formatUsd(Math.round(nanos * factor));
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
    per_image: usdOrNull(price.units?.images, 1 / MILLION),
    per_million_characters: usdOrNull(price.units?.characters, 1),
    per_minute: usdOrNull(price.units?.seconds, 60 / MILLION),
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
