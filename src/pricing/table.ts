/**
 * What a model costs, and the table of all models. Only data and its shapes: resolve.ts finds the price of a name, cost.ts the cost of a
 * request. Rates are integers of nano-dollars per million tokens, so $3 per million is 3_000_000_000. Nothing here is ever a fraction.
 */
import type { UnitField } from "../vocabulary.ts";
import { divideHalfUp } from "./rate.ts";

/** Nano-dollars per million tokens. Each token is billed at exactly one of them. */
export interface Rates {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
}

/** Rates of a whole request whose total input is strictly above `aboveTokens`. */
export interface Tier extends Rates {
  aboveTokens: number;
}

/** Rates with their long-context tiers, lowest threshold first. */
export interface TieredRates extends Rates {
  tiers?: Tier[];
}

export interface ModelPrice extends TieredRates {
  /** Rates of Anthropic's `speed: "fast"`. Absent: the provider has no such rate, and standard rates apply. */
  fast?: TieredRates;
  /** Rates of OpenAI's `service_tier: "priority"`. Absent: as above (Anthropic's priority tier costs the same). */
  priority?: TieredRates;
  /** Nano-dollars per thousand server-side web searches. Absent: not billed per search. */
  webSearchPerThousand?: number;
  /**
   * Nano-dollars per million of what is billed by the piece. Absent: not known to be sold with this model; a request that used it all the
   * same is charged provisionally (see provisional.ts). `images` is the highest of `imageSizes`.
   */
  units?: UnitPrices;
  /** Nano-dollars per million images, if they differ by size and quality, named as by {@link imageModeOf}. */
  imageSizes?: Record<string, number>;
  /** The most input tokens that the provider accepts. */
  context?: number;
  /** The most output tokens that the provider returns. */
  maxOutput?: number;
}

export type UnitPrices = Partial<Record<UnitField, number>>;

export type PriceTable = Readonly<Record<string, ModelPrice>>;

/** The price of exactly this name. Guards against the names that every object has, such as "constructor". */
export function priceIn(table: PriceTable, model: string): ModelPrice | undefined {
  return Object.hasOwn(table, model) ? table[model] : undefined;
}

/** Rates as their source states them. {@link completePrice} fills in what is left out. */
export interface StatedRates {
  input: number;
  output: number;
  cacheRead?: number | undefined;
  cacheWrite5m?: number | undefined;
  cacheWrite1h?: number | undefined;
}

export interface StatedTieredRates extends StatedRates {
  tiers?: (StatedRates & { aboveTokens: number })[] | undefined;
}

export interface StatedPrice extends StatedTieredRates {
  fast?: StatedTieredRates | undefined;
  priority?: StatedTieredRates | undefined;
  webSearchPerThousand?: number | undefined;
  units?: UnitPrices | undefined;
  imageSizes?: Record<string, number> | undefined;
  context?: number | undefined;
  maxOutput?: number | undefined;
}

/** Anthropic bills a write to the 1-hour cache at twice the input rate, on every model; feeds often leave it out. */
export function anthropicHourWrite(input: number): number {
  return 2 * input;
}

/**
 * Fills in what a source leaves out, in the way in which providers bill it:
 * - no cache read price: the input price (gpt-5-pro lists none, and bills a cached token like any other);
 * - no cache write price: the input price (OpenAI and Gemini cache by themselves and charge nothing on top);
 * - no 1-hour write price: the 5-minute one (only Anthropic sells two, see {@link anthropicHourWrite});
 * - in a tier or a mode: the model's own rate, scaled like the input rate (every published tier and mode is; Anthropic: "prompt caching
 *   multipliers apply on top of fast mode pricing").
 */
export function completePrice(stated: StatedPrice): ModelPrice {
  const base = completeRates(stated);
  return {
    ...base,
    ...completeTiers(stated, base),
    ...(stated.fast && { fast: { ...completeRates(stated.fast, base), ...completeTiers(stated.fast, base) } }),
    ...(stated.priority && {
      priority: { ...completeRates(stated.priority, base), ...completeTiers(stated.priority, base) },
    }),
    ...(stated.webSearchPerThousand !== undefined && { webSearchPerThousand: stated.webSearchPerThousand }),
    ...(stated.units !== undefined && { units: stated.units }),
    ...(stated.imageSizes !== undefined && { imageSizes: stated.imageSizes }),
    ...(stated.context !== undefined && { context: stated.context }),
    ...(stated.maxOutput !== undefined && { maxOutput: stated.maxOutput }),
  };
}

function completeRates(stated: StatedRates, base?: Rates): Rates {
  const { input, output } = stated;
  const scaled = (rate: number | undefined) => {
    if (!base || base.input === 0 || rate === undefined) return undefined;
    return Number(divideHalfUp(BigInt(rate) * BigInt(input), BigInt(base.input)));
  };
  const cacheWrite5m = stated.cacheWrite5m ?? scaled(base?.cacheWrite5m) ?? input;
  return {
    input,
    output,
    cacheRead: stated.cacheRead ?? scaled(base?.cacheRead) ?? input,
    cacheWrite5m,
    cacheWrite1h: stated.cacheWrite1h ?? scaled(base?.cacheWrite1h) ?? cacheWrite5m,
  };
}

function completeTiers(stated: StatedTieredRates, base: Rates): { tiers?: Tier[] } {
  if (!stated.tiers?.length) return {};
  const tiers = stated.tiers.map((tier) => ({ aboveTokens: tier.aboveTokens, ...completeRates(tier, base) }));
  return { tiers: tiers.sort((one, other) => one.aboveTokens - other.aboveTokens) };
}

/**
 * Merges three tables, model by model: an override counts before the refreshed price, which counts before the built-in one.
 * A refreshed price keeps the built-in modes, prices by the piece and limits if its feed does not state them (no feed lists them all, and
 * without a mode it would be billed too low). It never keeps old tiers: a feed that lists none says that there are none. An override
 * keeps only prices by the piece and limits: a mode that nobody overrode is billed at the overridden rates.
 * The result has no prototype, so a model called "constructor" is as unknown as any other.
 */
export function mergePrices(builtIn: PriceTable, refreshed: PriceTable, overrides: PriceTable): PriceTable {
  const merged: Record<string, ModelPrice> = Object.assign(Object.create(null), builtIn);
  for (const [model, price] of Object.entries(refreshed)) {
    const known = merged[model];
    const { fast, priority } = known ?? {};
    merged[model] = { ...limitsOf(known), ...(fast && { fast }), ...(priority && { priority }), ...price };
  }
  for (const [model, price] of Object.entries(overrides)) merged[model] = { ...limitsOf(merged[model]), ...price };
  return merged;
}

function limitsOf(known: ModelPrice | undefined): Partial<ModelPrice> {
  return {
    ...(known?.webSearchPerThousand !== undefined && { webSearchPerThousand: known.webSearchPerThousand }),
    ...(known?.units !== undefined && { units: known.units }),
    ...(known?.imageSizes !== undefined && { imageSizes: known.imageSizes }),
    ...(known?.context !== undefined && { context: known.context }),
    ...(known?.maxOutput !== undefined && { maxOutput: known.maxOutput }),
  };
}
