/**
 * A public price feed → a price table, or the reasons why not. Reads the shapes of models.dev and LiteLLM, and refuses
 * the whole feed on bad data: half a feed is worse than yesterday's table, and the caller keeps that one. Fetches
 * nothing, stores nothing.
 *
 * Both feeds are kept by hand and hold a few slips at any time (LiteLLM of October 2025: 3 in the 259 prices read here).
 * Refusing those feeds would refuse every refresh, so up to one doubtful price in twenty is skipped instead: its model
 * keeps the price it had.
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
/** A price that moves further than this in one step is a slip of the feed's author until somebody says otherwise. */
const HIGHEST_JUMP = 10;
/** Both feeds hold some 300 models of the providers we read; the table lives in every isolate's memory. */
const MOST_MODELS = 5_000;
/** The share of prices that may be doubtful before the feed as a whole is. */
const MOST_DOUBTFUL = 1 / 20;
/** Enough to see what is wrong; they are shown in the console. */
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
 * Few models are no fault in themselves: a feed adds to the built-in table, and somebody may serve just their own. Losing
 * half of what the same feed gave before is one: those models would turn unpriced.
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

/** Why a price is not to be believed; `null` if it is. */
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

/** Only what every feed states is compared: they differ on cache rates by more than any jump. */
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
