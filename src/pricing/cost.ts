/**
 * What a request costs, and the most it can cost. Pure integer arithmetic in nano-dollars: the parts are summed exactly
 * and rounded once, half up. Results are exact up to 2^53 nano-dollars (nine million dollars) and the nearest double
 * beyond. An unknown model (`null`) costs 0 here: the caller flags it, and prices its tokens once the price is known.
 */
import { UNIT_FIELDS, type UnitField, type Usage } from "../vocabulary.ts";
import { divideHalfUp } from "./rate.ts";
import type { ModelPrice, Rates, TieredRates } from "./table.ts";

/**
 * The rate that served the request, as its answer reports it: Anthropic's `usage.speed`, OpenAI's `service_tier`.
 * What was asked for is not what is billed: OpenAI falls back to the default tier and says so in the answer.
 */
export type Mode = "standard" | "fast" | "priority" | ImageMode;

/** Images are priced by size and quality: `1024x1024 standard`. Tokens beside them are billed as standard. */
export type ImageMode = `${number}x${number} ${string}`;

const MODES = ["standard", "fast", "priority"] as const;

const IMAGE_SIZE = /^\d{2,5}x\d{2,5}$/;
const IMAGE_QUALITY = /^[a-z]{1,12}$/;

/** The mode of a request for images; "standard" if the request leaves the size to the provider. */
export function imageModeOf(size: unknown, quality: unknown): Mode {
  if (typeof size !== "string" || !IMAGE_SIZE.test(size)) return "standard";
  const named = typeof quality === "string" && IMAGE_QUALITY.test(quality) && quality !== "auto" ? quality : "standard";
  return `${size} ${named}` as ImageMode;
}

/** Rates are per million tokens, so sums are kept in millionths of a nano-dollar until they are rounded. */
const MILLION = 1_000_000n;

/** Nano-dollars of `usage`, whose counts are non-negative integers (anything else throws: it is the meter's bug). */
export function costOf(price: ModelPrice | null, usage: Usage, mode: Mode): number {
  if (!price) return 0;
  const totalInput = usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead;
  const rates = ratesOf(price, totalInput, mode);
  const millionths =
    BigInt(usage.input) * BigInt(rates.input) +
    BigInt(usage.cacheWrite5m) * BigInt(rates.cacheWrite5m) +
    BigInt(usage.cacheWrite1h) * BigInt(rates.cacheWrite1h) +
    BigInt(usage.cacheRead) * BigInt(rates.cacheRead) +
    BigInt(usage.output) * BigInt(rates.output) +
    searchMillionths(price, usage.webSearches) +
    unitMillionths(price, usage, mode);
  return Number(divideHalfUp(millionths, MILLION));
}

/** The parts of a request's bill. */
export const COST_PARTS = ["input", "cacheRead", "cacheWrite5m", "cacheWrite1h", "output", "other"] as const;
export type CostPart = (typeof COST_PARTS)[number];

/**
 * Splits `nanos`, the amount at which a request was booked, into its parts in the proportion of their prices. `other` is searches and
 * what is billed by the piece. Null if the price gives the usage no cost. Each part is rounded by itself.
 */
export function sharedOut(price: ModelPrice, usage: Usage, mode: Mode, nanos: number): Record<CostPart, number> | null {
  const totalInput = usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead;
  const rates = ratesOf(price, totalInput, mode);
  const part = (name: Exclude<CostPart, "other">) => BigInt(usage[name]) * BigInt(rates[name]);
  const parts: Record<CostPart, bigint> = {
    ...{ input: part("input"), cacheRead: part("cacheRead"), output: part("output") },
    ...{ cacheWrite5m: part("cacheWrite5m"), cacheWrite1h: part("cacheWrite1h") },
    other: searchMillionths(price, usage.webSearches) + unitMillionths(price, usage, mode),
  };
  const all = COST_PARTS.reduce((sum, name) => sum + parts[name], 0n);
  if (all === 0n) return null;
  const share = (name: CostPart) => Number(divideHalfUp(parts[name] * BigInt(nanos), all));
  return Object.fromEntries(COST_PARTS.map((name) => [name, share(name)])) as Record<CostPart, number>;
}

/** `milli` is the multiplier in thousandths: 1500 bills half as much again. Rounded half up. */
export function applyMultiplier(nanos: number, milli: number): number {
  return Number(divideHalfUp(BigInt(nanos) * BigInt(milli), 1_000n));
}

/**
 * The rates of one request. A tier counts all input, cached or not, and applies to the whole request, not only to what is above the
 * threshold. OpenAI ("for the full session"), Google and xAI bill in this way.
 * A mode without tiers of its own gets, beyond the threshold, the higher rate of mode and tier for each part. OpenAI does not sell
 * priority for long context, so this contradicts no published rate.
 */
function ratesOf(price: ModelPrice, totalInput: number, mode: Mode): Rates {
  const standard = tierOf(price, totalInput);
  const surcharged = surchargedRates(price, mode);
  if (!surcharged) return standard;
  if (surcharged.tiers || standard === price) return tierOf(surcharged, totalInput);
  return dearest([standard, surcharged]);
}

function surchargedRates(price: ModelPrice, mode: Mode): TieredRates | undefined {
  return mode === "fast" || mode === "priority" ? price[mode] : undefined;
}

function tierOf(rates: TieredRates, totalInput: number): Rates {
  return rates.tiers?.findLast((tier) => totalInput > tier.aboveTokens) ?? rates;
}

export function dearest(all: readonly Rates[]): Rates {
  return {
    input: Math.max(0, ...all.map((rates) => rates.input)),
    output: Math.max(0, ...all.map((rates) => rates.output)),
    cacheRead: Math.max(0, ...all.map((rates) => rates.cacheRead)),
    cacheWrite5m: Math.max(0, ...all.map((rates) => rates.cacheWrite5m)),
    cacheWrite1h: Math.max(0, ...all.map((rates) => rates.cacheWrite1h)),
  };
}

/** Searches are priced per thousand, so each costs a thousand millionths. */
function searchMillionths(price: ModelPrice, searches: number): bigint {
  return BigInt(searches) * BigInt(price.webSearchPerThousand ?? 0) * 1_000n;
}

/** Rates of units are per million, like those of tokens. */
function unitMillionths(price: ModelPrice, usage: Partial<Record<UnitField, number>>, mode: Mode): bigint {
  return UNIT_FIELDS.reduce((total, field) => {
    const sized = field === "images" ? price.imageSizes?.[mode] : undefined;
    return total + BigInt(usage[field] ?? 0) * BigInt(sized ?? price.units?.[field] ?? 0);
  }, 0n);
}

/**
 * What providers add to a prompt themselves. Anthropic documents 346 tokens for tool use, 735 and 499 more for a computer, 700 for a text
 * editor, 245 for a shell. A body needs about 60 bytes to ask for each.
 */
const PROMPT_OVERHEAD_TOKENS = 4_096;

/** Used if neither the request nor the table limits the output: the largest limit in the built-in table (DeepSeek). */
const UNLIMITED_OUTPUT_TOKENS = 384_000;

export interface WorstCaseInput {
  /** The length of the uncompressed request body. */
  bodyBytes: number;
  /** The request's own limit, for all choices together; `null` if it sets none. */
  maxOutputTokens: number | null;
  /** How many answers it asks for; left out: one. */
  choices?: number;
  /** Whether it refers to input outside the body. Then the whole context window may be billed. */
  refers?: boolean;
  /** Left out: the dearest of all modes, because a provider's project settings can raise the mode unasked. */
  mode?: Mode;
  /** The most web searches that the request allows. */
  webSearches?: number;
  /** The most of each unit that it can use. */
  units?: Partial<Record<UnitField, number>>;
}

/**
 * The most nano-dollars that a request can cost, rounded up. Used to admit it beside others in flight.
 *
 * Input: one token per byte, plus what the provider adds. A token stands for at least one byte of text, and JSON only makes text longer,
 * so this holds for every tokenizer and script. Smaller estimates do not: English takes four bytes a token, but digits, rare scripts and
 * random text come close to one. A base64 image is billed at a small part of its bytes. The model's context window caps the estimate,
 * because a longer prompt is refused and costs nothing. Every input token is taken at the highest rate at which it could be billed,
 * including tiers within reach.
 * Output: the request's own limit, else the model's, and never more than the context window.
 *
 * What a body only refers to (URLs, file ids, `previous_response_id`, results of server-side tools) can fill the window, so a request
 * that refers to anything is assumed to fill it.
 */
export function worstCaseNanos(price: ModelPrice | null, request: WorstCaseInput): number {
  if (!price) return 0;
  const { input, output } = mostTokens(price, request);
  const modes = request.mode ? [request.mode] : MODES;
  const rates = dearest(modes.flatMap((mode) => reachableRates(price, input, mode)));
  const inputRate = Math.max(rates.input, rates.cacheRead, rates.cacheWrite5m, rates.cacheWrite1h);
  const millionths =
    BigInt(input) * BigInt(inputRate) +
    BigInt(output) * BigInt(rates.output) +
    searchMillionths(price, request.webSearches ?? 0) +
    unitMillionths(price, request.units ?? {}, "standard");
  return Number((millionths + MILLION - 1n) / MILLION);
}

/** The most tokens that a request can use, by the same calculation. A model without a price has unknown limits. */
export function worstCaseTokens(price: ModelPrice | null, request: WorstCaseInput): number {
  const { input, output } = mostTokens(price, request);
  return input + output;
}

/** The largest context window that any provider sells: what a reference can fill if the model's own window is unknown. */
const LARGEST_WINDOW = 2_097_152;

function mostTokens(price: ModelPrice | null, request: WorstCaseInput): { input: number; output: number } {
  const window = price?.context || Number.POSITIVE_INFINITY;
  const choices = Math.max(1, request.choices ?? 1);
  const eachOutput = Math.min(price?.maxOutput ?? UNLIMITED_OUTPUT_TOKENS, window);
  const fromBody = Math.min(request.bodyBytes + PROMPT_OVERHEAD_TOKENS, window);
  return {
    input: request.refers ? Math.max(fromBody, Math.min(window, LARGEST_WINDOW)) : fromBody,
    output: Math.min(request.maxOutputTokens ?? eachOutput * choices, window * choices),
  };
}

/** A mode's rates for all totals up to `input`. They change only just above a threshold. */
function reachableRates(price: ModelPrice, input: number, mode: Mode): Rates[] {
  const surcharged = surchargedRates(price, mode);
  const thresholds = [...(price.tiers ?? []), ...(surcharged?.tiers ?? [])].map((tier) => tier.aboveTokens);
  const totals = [0, ...thresholds.filter((above) => above < input).map((above) => above + 1)];
  return totals.map((total) => ratesOf(price, total, mode));
}
