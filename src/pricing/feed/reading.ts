/**
 * What both feed readers share: how a value of a feed becomes a rate, or is noted as a problem. Knows the shape of neither feed.
 */
import { scaleDecimal } from "../rate.ts";
import type { StatedPrice, StatedRates, UnitPrices } from "../table.ts";

/** What a reader found: prices as the feed states them, and in English everything in them that is no price. */
export interface FeedReading {
  prices: Map<string, StatedPrice>;
  problems: string[];
}

/** As models.dev and LiteLLM call it. */
const GOOGLE: ReadonlySet<unknown> = new Set(["google", "gemini"]);

/**
 * $10 per thousand web searches at Anthropic and OpenAI; $14 at Google, and $35 per thousand prompts that were grounded before
 * Gemini 3. models.dev has no field for it, and LiteLLM often none. What Google gives away each day or month is not taken off.
 */
export function searchPriceOf(provider: unknown, model: string): number | undefined {
  if (GOOGLE.has(provider)) return /gemini-[12]\b/.test(model) ? 35_000_000_000 : 14_000_000_000;
  return provider === "anthropic" || provider === "openai" ? 10_000_000_000 : undefined;
}

/** Google's priority tier costs 1.8 times the standard one (2026). LiteLLM says so of some models, models.dev of none. */
export function priorityOf(provider: unknown, { input, output }: StatedRates): StatedRates | undefined {
  const times = (rate: number) => Math.round(rate * 1.8);
  return GOOGLE.has(provider) ? { input: times(input), output: times(output) } : undefined;
}

/**
 * What OpenAI charges for its hosted tools, with any model: $2.50 per thousand searches in files and $0.03 per container for code
 * (LiteLLM's price map has both, 2026; models.dev has no field for them). Nano-dollars per million.
 */
export function toolPricesOf(provider: unknown): UnitPrices | undefined {
  return provider === "openai" ? { fileSearches: 2_500e9, codeSessions: 30_000e9 } : undefined;
}

/**
 * A decimal × 10^power as an integer. Absent (`undefined`, `null`): no price. Anything but a non-negative finite number is a problem: a
 * feed with such a value was damaged on its way, and its plausible values cannot be trusted either.
 */
export function readRate(value: unknown, power: number, where: string, problems: string[]): number | undefined {
  if (value === undefined || value === null) return undefined;
  const rate = typeof value === "number" ? scaleDecimal(value, power) : null;
  if (rate !== null) return rate;
  problems.push(`${where} is ${JSON.stringify(value)?.slice(0, 40)}, which is no price.`);
  return undefined;
}

/** Token limits only make an estimate tighter, so one that makes no sense is left out instead of refusing the feed. */
export function readLimit(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
