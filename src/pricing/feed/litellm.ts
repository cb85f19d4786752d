/**
 * Reads the shape of LiteLLM's model_prices_and_context_window.json: model → flat fields in US dollars per token, where suffixes stand
 * for tiers (`_above_200k_tokens`), modes (`_priority`) and both. Reads only what is priced here: no audio, images, batches or flex.
 */
import { isObject } from "../../ground/json.ts";
import { divideHalfUp, RATE_POWER, scaleDecimal } from "../rate.ts";
import { anthropicHourWrite, type StatedPrice, type StatedRates, type StatedTieredRates } from "../table.ts";
import { type FeedReading, priorityOf, readLimit, readRate, searchPriceOf, toolPricesOf } from "./reading.ts";

/** LiteLLM's names of the makers, with the prefix that it puts before the names of their models, if any. */
const MAKERS: Readonly<Record<string, string>> = {
  anthropic: "",
  openai: "",
  gemini: "gemini/",
  xai: "xai/",
  deepseek: "deepseek/",
  zai: "zai/",
  moonshot: "moonshot/",
  dashscope: "dashscope/",
  minimax: "minimax/",
  mistral: "mistral/",
};

const TIER_FIELD = /^input_cost_per_token_above_(\d{1,5})k_tokens$/;

type Entry = Record<string, unknown>;

export function readLiteLlm(feed: Record<string, unknown>): FeedReading {
  const reading: FeedReading = { prices: new Map(), problems: [] };
  for (const [name, entry] of Object.entries(feed)) {
    if (!isObject(entry)) continue;
    const model = modelOf(name, entry);
    if (model === null || reading.prices.has(model)) continue;
    const price = readPrice(model, entry, reading.problems);
    if (price) reading.prices.set(model, price);
  }
  return reading;
}

/** The bare name of a maker's own model; `null` for models that others host at their own prices. */
function modelOf(name: string, entry: Entry): string | null {
  const provider = entry.litellm_provider;
  if (provider === undefined) return name.includes("/") ? null : name;
  const prefix = typeof provider === "string" && Object.hasOwn(MAKERS, provider) ? MAKERS[provider] : undefined;
  if (prefix === undefined) return null;
  const model = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  // "1024-x-1024/gpt-image-1.5" and the like are prices of images.
  return model.includes("/") ? null : model;
}

function readPrice(model: string, entry: Entry, problems: string[]): StatedPrice | undefined {
  const base = readTiered(model, entry, "", problems);
  if (!base) return undefined;
  const search = isObject(entry.search_context_cost_per_query) ? entry.search_context_cost_per_query : {};
  const perCall = search.search_context_size_medium;
  const searchPrice = readRate(perCall, RATE_POWER.perCall, `${model} search_context_size_medium`, problems);
  return {
    ...base,
    fast: readFast(model, entry, base, problems),
    priority: readTiered(model, entry, "_priority", problems) ?? priorityOf(entry.litellm_provider, base),
    webSearchPerThousand: searchPrice ?? searchPriceOf(entry.litellm_provider, model),
    units: toolPricesOf(entry.litellm_provider),
    context: readLimit(entry.max_input_tokens),
    maxOutput: readLimit(entry.max_output_tokens),
  };
}

function readTiered(model: string, entry: Entry, mode: string, problems: string[]): StatedTieredRates | undefined {
  const base = readRates(model, entry, mode, problems);
  if (!base) return undefined;
  const tiers: StatedTieredRates["tiers"] = [];
  for (const field of Object.keys(entry)) {
    const thousands = TIER_FIELD.exec(field)?.[1];
    if (!thousands) continue;
    const rates = readRates(model, entry, `_above_${thousands}k_tokens${mode}`, problems, base.output);
    if (rates) tiers.push({ aboveTokens: Number(thousands) * 1_000, ...rates });
  }
  return { ...base, tiers };
}

/** The rates under one suffix. `output` is used if a tier raises only the input price. */
function readRates(
  model: string,
  entry: Entry,
  suffix: string,
  problems: string[],
  output?: number,
): StatedRates | undefined {
  const read = (kind: string) => {
    const field = `${kind}${suffix}`;
    return readRate(entry[field], RATE_POWER.perToken, `${model} ${field}`, problems);
  };
  const input = read("input_cost_per_token");
  const statedOutput = read("output_cost_per_token") ?? output;
  const cacheRead = read("cache_read_input_token_cost");
  const cacheWrite5m = read("cache_creation_input_token_cost");
  const statedHour = read("cache_creation_input_token_cost_above_1hr");
  if (input === undefined || statedOutput === undefined) return undefined;
  // Anthropic's rule counts before LiteLLM's figure, which has been 0.4 × input for Claude 3 Opus, and 24 × for Claude 3 Haiku.
  const cacheWrite1h = isAnthropic(model, entry) ? anthropicHourWrite(input) : statedHour;
  return { input, output: statedOutput, cacheRead, cacheWrite5m, cacheWrite1h };
}

function isAnthropic(model: string, entry: Entry): boolean {
  return (
    entry.litellm_provider === "anthropic" || (entry.litellm_provider === undefined && model.startsWith("claude-"))
  );
}

/** Fast mode is a multiplier here. LiteLLM does not apply it to cache rates. Anthropic's page does, and Anthropic sends the bill. */
function readFast(model: string, entry: Entry, base: StatedRates, problems: string[]): StatedTieredRates | undefined {
  const multipliers = isObject(entry.provider_specific_entry) ? entry.provider_specific_entry : {};
  if (multipliers.fast === undefined) return undefined;
  const milli = typeof multipliers.fast === "number" ? scaleDecimal(multipliers.fast, 3) : null;
  if (!milli) {
    problems.push(`${model} has a fast multiplier that is no positive number.`);
    return undefined;
  }
  const times = (rate: number) => Number(divideHalfUp(BigInt(rate) * BigInt(milli), 1_000n));
  return { input: times(base.input), output: times(base.output) };
}
