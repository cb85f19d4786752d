/**
 * Writes src/pricing/rows.ts: `node scripts/prices.ts <facts.json>`, then `biome format --write` on it. The facts are US dollars per
 * million tokens by model. The reader of the models.dev feed reads them too, and the rows must give the same prices, so that the built-in
 * table and a refreshed one follow the same rules. What the facts file lacks is below, each with its source. src/pricing/built-in.ts has
 * the models that are billed by the piece.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { tableOf } from "../src/pricing/built-in.ts";
import { readModelsDev } from "../src/pricing/feed/models-dev.ts";
import type { Row, RowRates } from "../src/pricing/rows.ts";
import { completePrice } from "../src/pricing/table.ts";

interface Facts {
  models: Record<string, ModelFacts>;
}

interface ModelFacts extends Cost {
  provider: string;
  tiers?: (Cost & { above_tokens: number })[];
  context: number | null;
  max_output: number | null;
}

interface Cost {
  input: number;
  output: number;
  cache_read?: number;
  cache_write?: number;
}

/** Anthropic's fast mode: models.dev, 2026-07-02 (providers/anthropic). Six times the standard rates, twice since 4.8. */
const FAST: Record<string, Cost> = {
  "claude-opus-4-6": { input: 30, output: 150, cache_read: 3, cache_write: 37.5 },
  "claude-opus-4-7": { input: 30, output: 150, cache_read: 3, cache_write: 37.5 },
  "claude-opus-4-8": { input: 10, output: 50, cache_read: 1, cache_write: 12.5 },
};

/** OpenAI's priority processing: openai.com/api-priority-processing; models.dev has the same for 5.4 and 5.5. */
const PRIORITY: Record<string, Cost> = {
  "gpt-5.5": { input: 12.5, output: 75, cache_read: 1.25 },
  "gpt-5.4": { input: 5, output: 30, cache_read: 0.5 },
  "gpt-5.4-mini": { input: 1.5, output: 9, cache_read: 0.15 },
  "gpt-5.2": { input: 3.5, output: 28, cache_read: 0.35 },
  "gpt-5.1": { input: 2.5, output: 20, cache_read: 0.25 },
  "gpt-5.1-codex": { input: 2.5, output: 20, cache_read: 0.25 },
  "gpt-5": { input: 2.5, output: 20, cache_read: 0.25 },
  "gpt-5-codex": { input: 2.5, output: 20, cache_read: 0.25 },
  "gpt-5-mini": { input: 0.45, output: 3.6, cache_read: 0.045 },
  "gpt-4.1": { input: 3.5, output: 14, cache_read: 0.875 },
  "gpt-4.1-mini": { input: 0.7, output: 2.8, cache_read: 0.175 },
  "gpt-4.1-nano": { input: 0.2, output: 0.8, cache_read: 0.05 },
  "gpt-4o": { input: 4.25, output: 17, cache_read: 2.125 },
  "gpt-4o-2024-11-20": { input: 4.25, output: 17, cache_read: 2.125 },
  "gpt-4o-2024-08-06": { input: 4.25, output: 17, cache_read: 2.125 },
  "gpt-4o-2024-05-13": { input: 8.75, output: 26.25 },
  "gpt-4o-mini": { input: 0.25, output: 1, cache_read: 0.125 },
  o3: { input: 3.5, output: 14, cache_read: 0.875 },
  "o4-mini": { input: 2, output: 8, cache_read: 0.5 },
};

/** [context, max output] of models for which the facts have none: models.dev, 2026-07-02 (models/). */
const LIMITS: Record<string, [number, number]> = {
  "gpt-5": [400_000, 128_000],
  "gemini-2.5-pro": [1_048_576, 65_536],
  "gemini-2.5-flash": [1_048_576, 65_536],
  "gemini-3-pro-image-preview": [131_072, 32_768],
  "kimi-k2.7-code": [262_144, 262_144],
  "kimi-k2.7-code-highspeed": [262_144, 262_144],
  "mistral-medium-latest": [262_144, 262_144],
};

/** Where the rows begin in their file. What precedes them is written by hand. */
const START = "export const ROWS: Record<string, Record<string, Row>> = ";

const [factsPath] = process.argv.slice(2);
if (!factsPath) {
  console.error("usage: node scripts/prices.ts <facts.json>");
  process.exit(1);
}

const facts: Facts = JSON.parse(readFileSync(factsPath, "utf8"));
const feed: Record<string, { models: Record<string, unknown> }> = {};
const rows: Record<string, Record<string, Row>> = {};
for (const [model, entry] of Object.entries(facts.models)) {
  const { provider, tiers, context, max_output, ...cost } = entry;
  const [listedContext, listedOutput] = LIMITS[model] ?? [];
  const modes = {
    ...(FAST[model] && { fast: { cost: FAST[model], provider: { body: { speed: "fast" } } } }),
    ...(PRIORITY[model] && { priority: { cost: PRIORITY[model], provider: { body: { service_tier: "priority" } } } }),
  };
  feed[provider] ??= { models: {} };
  feed[provider].models[model] = {
    cost: {
      ...cost,
      ...(tiers && { tiers: tiers.map(({ above_tokens, ...rates }) => ({ tier: { size: above_tokens }, ...rates })) }),
    },
    limit: { context: context ?? listedContext, output: max_output ?? listedOutput },
    experimental: { modes },
  };
  const others = {
    ...(tiers && { tiers: tiers.map((tier): [number, ...RowRates] => [tier.above_tokens, ...ratesOf(tier)]) }),
    ...(FAST[model] && { fast: ratesOf(FAST[model]) }),
    ...(PRIORITY[model] && { priority: ratesOf(PRIORITY[model]) }),
  };
  rows[provider] ??= {};
  const row = [context ?? listedContext ?? null, max_output ?? listedOutput ?? null, ratesOf(cost)] as const;
  rows[provider][model] = Object.keys(others).length > 0 ? [...row, others] : row;
}

const { prices, problems } = readModelsDev(feed);
const missing = [...Object.keys(facts.models), ...Object.keys(FAST), ...Object.keys(PRIORITY), ...Object.keys(LIMITS)];
for (const model of missing) if (!prices.has(model)) problems.push(`${model} is not in the table.`);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

const table = tableOf(rows);
for (const [model, stated] of prices) {
  if (isDeepStrictEqual(table[model], completePrice(stated))) continue;
  console.error(`${model} is priced otherwise than the feed's reader would price it.`);
  process.exit(1);
}

const path = join(import.meta.dirname, "../src/pricing/rows.ts");
const [head] = readFileSync(path, "utf8").split(START);
const written = JSON.stringify(rows).replace(/(?<=[[,])\d{5,}/g, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, "_"));
writeFileSync(path, `${head}${START}${written};\n`);
console.log(`${prices.size} models`);

function ratesOf({ input, output, cache_read, cache_write }: Cost): RowRates {
  if (cache_write !== undefined) return [input, output, cache_read ?? null, cache_write];
  return cache_read === undefined ? [input, output] : [input, output, cache_read];
}
