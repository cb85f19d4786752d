/**
 * Reads the shape of models.dev's api.json: provider → models → `cost` in US dollars per million tokens, with long-context `tiers`, and
 * `experimental.modes` for rates of other speeds. Reads only what is priced here: no audio, and no reasoning rate (every provider that
 * is read bills reasoning as output).
 */
import { isObject } from "../../ground/json.ts";
import { RATE_POWER } from "../rate.ts";
import { anthropicHourWrite, type StatedPrice, type StatedRates, type StatedTieredRates } from "../table.ts";
import { type FeedReading, priorityOf, readLimit, readRate, searchPriceOf, toolPricesOf } from "./reading.ts";

/**
 * A bare model name means the price of the model's maker. The feed has a hundred more providers that resell the same names at other
 * prices. If two of these list a name, the first one counts.
 */
export const MAKERS = [
  "anthropic",
  "openai",
  "google",
  "xai",
  "deepseek",
  "zhipuai",
  "moonshotai",
  "alibaba",
  "minimax",
  "mistral",
];

/** models.dev's former field, from before `tiers` stated their thresholds. */
const LEGACY_TIER_TOKENS = 200_000;

export function readModelsDev(feed: Record<string, unknown>): FeedReading {
  const reading: FeedReading = { prices: new Map(), problems: [] };
  const makers = MAKERS.filter((maker) => maker in feed);
  // A feed without any of them is somebody's own, and then all of it is read.
  for (const provider of makers.length > 0 ? makers : Object.keys(feed)) {
    const entry = feed[provider];
    if (!isObject(entry) || !isObject(entry.models)) continue;
    for (const [model, details] of Object.entries(entry.models)) {
      if (!isObject(details) || !isObject(details.cost) || reading.prices.has(model)) continue;
      const price = readPrice(
        { provider, where: `${provider}/${model}` },
        { details, cost: details.cost },
        reading.problems,
      );
      if (price) reading.prices.set(model, price);
    }
  }
  return reading;
}

function readPrice(
  { provider, where }: { provider: string; where: string },
  { details, cost }: { details: Record<string, unknown>; cost: Record<string, unknown> },
  problems: string[],
): StatedPrice | undefined {
  const base = readTiered(provider, where, cost, problems);
  if (!base) return undefined;
  const limit = isObject(details.limit) ? details.limit : {};
  return {
    ...base,
    priority: priorityOf(provider, base),
    ...readModes(provider, where, details, problems),
    webSearchPerThousand: searchPriceOf(provider, where),
    units: toolPricesOf(provider),
    context: readLimit(limit.context),
    maxOutput: readLimit(limit.output),
  };
}

function readTiered(
  provider: string,
  where: string,
  cost: Record<string, unknown>,
  problems: string[],
): StatedTieredRates | undefined {
  const base = readRates(provider, where, cost, problems);
  if (!base) return undefined;
  const tiers: StatedTieredRates["tiers"] = [];
  for (const tier of Array.isArray(cost.tiers) ? cost.tiers.filter(isObject) : []) {
    const condition = isObject(tier.tier) ? tier.tier : {};
    // So far the schema has one type. Another one would not be about the length of the prompt.
    if (condition.type !== undefined && condition.type !== "context") continue;
    const rates = readRates(provider, `${where}, tier,`, tier, problems);
    const aboveTokens = readLimit(condition.size);
    if (rates && aboveTokens) tiers.push({ aboveTokens, ...rates });
    else problems.push(`${where} has a tier without a threshold or a price.`);
  }
  if (!cost.tiers && isObject(cost.context_over_200k)) {
    const rates = readRates(provider, `${where}, tier,`, cost.context_over_200k, problems);
    if (rates) tiers.push({ aboveTokens: LEGACY_TIER_TOKENS, ...rates });
  }
  return { ...base, tiers };
}

function readRates(
  provider: string,
  where: string,
  cost: Record<string, unknown>,
  problems: string[],
): StatedRates | undefined {
  const read = (field: string) => readRate(cost[field], RATE_POWER.perMillionTokens, `${where} ${field}`, problems);
  const [input, output, cacheRead, cacheWrite5m] = [
    read("input"),
    read("output"),
    read("cache_read"),
    read("cache_write"),
  ];
  if (input === undefined || output === undefined) return undefined;
  const cacheWrite1h = provider === "anthropic" ? anthropicHourWrite(input) : undefined;
  return { input, output, cacheRead, cacheWrite5m, cacheWrite1h };
}

/** A mode is recognised by what it sends to the provider, not by its name in the feed, where OpenAI's priority is "fast". */
function readModes(
  provider: string,
  where: string,
  details: Record<string, unknown>,
  problems: string[],
): Pick<StatedPrice, "fast" | "priority"> {
  const found: Pick<StatedPrice, "fast" | "priority"> = {};
  const experimental = isObject(details.experimental) ? details.experimental : {};
  const modes = isObject(experimental.modes) ? experimental.modes : {};
  for (const [name, mode] of Object.entries(modes)) {
    if (!isObject(mode) || !isObject(mode.cost)) continue;
    const body = isObject(mode.provider) && isObject(mode.provider.body) ? mode.provider.body : {};
    if (body.speed === "fast") found.fast = readTiered(provider, `${where}, ${name},`, mode.cost, problems);
    if (body.service_tier === "priority") {
      found.priority = readTiered(provider, `${where}, ${name},`, mode.cost, problems);
    }
  }
  return found;
}
