/**
 * Turns a public price feed into a price table, or says why it cannot. Reads the shapes of models.dev and LiteLLM, and refuses the whole
 * feed on bad data: half a feed is worse than yesterday's table, which the caller then keeps. Fetches nothing, stores nothing.
 *
 * Both feeds are kept by hand and always hold a few mistakes (LiteLLM of October 2025: 3 in the 259 prices read here). If they were a
 * reason to refuse a feed, every refresh would be refused. So up to one doubtful price in twenty is skipped instead, and its model keeps
 * the price it had.
 */
import { isObject } from "../../ground/json.ts";
import type { Result } from "../../vocabulary.ts";
import { formatUsd } from "../money.ts";
import { completePrice, type ModelPrice, type PriceTable, priceIn } from "../table.ts";
import { readLiteLlm } from "./litellm.ts";
import { readModelsDev } from "./models-dev.ts";
import type { FeedReading } from "./reading.ts";

export interface FeedContext {
  /** Prices in force without overrides, as {@link mergePrices} gives them. To accept a jump, leave its model out. */
  known: PriceTable;
  /** The last table that this feed gave; `null` at first. */
  previous: PriceTable | null;
}

/** o1-pro, the dearest model so far, takes $600 per million; a per-token price read as per-million is off by 10^6. */
const HIGHEST_RATE = 10_000 * 1e9;
/** Web search costs $10 to $35 per thousand calls. */
const HIGHEST_SEARCH_PRICE = 1_000 * 1e9;
/** Real cache rates lie between 0 and twice the input rate. */
const HIGHEST_CACHE_FACTOR = 10;
/** A price that changes by more than this factor in one step is assumed to be a mistake in the feed until somebody confirms it. */
const HIGHEST_JUMP = 10;
/** Both feeds hold some 300 models of the providers we read; the table lives in every isolate's memory. */
const MOST_MODELS = 5_000;
/** If a larger share of the prices is doubtful, the whole feed is. */
const MOST_DOUBTFUL = 1 / 20;
/** Enough to see what is wrong. They are shown in the console. */
const MOST_REASONS = 20;
/** No model name in either feed is longer or has other characters; the names become keys and are shown. */
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}$/;

export interface FeedTable {
  prices: PriceTable;
  /** English sentences, one for each doubtful price left out; at most 20. */
  skipped: string[];
}

/** `feed` is the parsed JSON. A refusal is a list of English sentences, at most 20, naming the model and the value. */
export function parseFeed(feed: unknown, context: FeedContext): Result<FeedTable, string[]> {
  const reading = readFeed(feed);
  if (!reading) return refused(["The feed has neither the shape of models.dev nor that of LiteLLM."]);
  if (reading.problems.length > 0) return refused(reading.problems);

  const prices: Record<string, ModelPrice> = Object.create(null);
  const skipped: string[] = [];
  for (const [model, stated] of reading.prices) {
    if (!MODEL_NAME.test(model)) continue;
    const price = completePrice(stated);
    const doubt = doubtOf(price, priceIn(context.known, model));
    const kept = doubt ? priceIn(context.previous ?? {}, model) : price;
    if (doubt) skipped.push(`${model}: ${doubt}`);
    if (kept) prices[model] = kept;
  }

  if (skipped.length > reading.prices.size * MOST_DOUBTFUL) return refused(skipped);
  const problem = sizeProblem(prices, context.previous);
  if (problem) return refused([problem]);
  return { ok: true, value: { prices, skipped: presentable(skipped) } };
}

function readFeed(feed: unknown): FeedReading | null {
  if (!isObject(feed)) return null;
  const entries = Object.values(feed).filter(isObject);
  if (entries.some((entry) => isObject(entry.models))) return readModelsDev(feed);
  if (entries.some((entry) => "input_cost_per_token" in entry)) return readLiteLlm(feed);
  return null;
}

/**
 * Few models are not a fault: a feed adds to the built-in table, and somebody may list only their own. To lose half of the models that
 * the same feed gave before is a fault, because those models would become unpriced.
 */
function sizeProblem(prices: PriceTable, previous: PriceTable | null): string | null {
  const count = Object.keys(prices).length;
  if (count === 0) return "The feed prices no model.";
  if (count > MOST_MODELS) return `The feed prices ${count} models, more than ${MOST_MODELS}.`;
  const before = Object.keys(previous ?? {});
  const kept = before.filter((model) => Object.hasOwn(prices, model)).length;
  if (kept * 2 < before.length) return `The feed has only ${kept} of the ${before.length} models that it had before.`;
  return null;
}

/** Why a price is not believed; `null` if it is. */
function doubtOf(price: ModelPrice, known: ModelPrice | undefined): string | null {
  const all = [price, price.fast, price.priority].flatMap((rates) => (rates ? [rates, ...(rates.tiers ?? [])] : []));
  for (const rates of all) {
    for (const name of ["input", "output", "cacheRead", "cacheWrite5m", "cacheWrite1h"] as const) {
      if (rates[name] > HIGHEST_RATE) return `${name} is above $${formatUsd(HIGHEST_RATE)} per million tokens.`;
    }
    const cache = Math.max(rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h);
    if (cache > HIGHEST_CACHE_FACTOR * rates.input) return "a cache rate is over ten times the input rate.";
  }
  const search = price.webSearchPerThousand ?? 0;
  if (search > HIGHEST_SEARCH_PRICE) return `a thousand searches cost above $${formatUsd(HIGHEST_SEARCH_PRICE)}.`;
  return known ? jumpOf(price, known) : null;
}

/** Compares only what every feed states. Their cache rates differ from each other by more than any jump. */
function jumpOf(price: ModelPrice, known: ModelPrice): string | null {
  for (const name of ["input", "output"] as const) {
    const [from, to] = [known[name], price[name]];
    if (from > 0 && (to > HIGHEST_JUMP * from || to * HIGHEST_JUMP < from)) {
      return `${name} goes from $${formatUsd(from)} to $${formatUsd(to)} per million tokens.`;
    }
  }
  return null;
}

function refused(reasons: string[]): { ok: false; refusal: string[] } {
  return { ok: false, refusal: presentable(reasons) };
}

function presentable(reasons: string[]): string[] {
  return reasons.slice(0, MOST_REASONS).map((reason) => reason.slice(0, 300));
}
