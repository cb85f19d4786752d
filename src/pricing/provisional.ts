/**
 * The price of a model, even if nobody knows it: then the highest known price of its family, else of its platform, so that a budget
 * holds whatever the name is. What is charged in this way is flagged, and corrected in both directions once a price is set (see
 * jobs/reprice.ts). Pure.
 */
import { OWN_MODELS, type Platform, UNIT_FIELDS, type Usage } from "../vocabulary.ts";
import { dearest } from "./cost.ts";
import { familyOf } from "./family.ts";
import { resolvePrice } from "./resolve.ts";
import type { ModelPrice, PriceTable, Rates, TieredRates, UnitPrices } from "./table.ts";

export interface Pricing {
  price: ModelPrice;
  /** Whether the table has the model. */
  known: boolean;
}

/** The names of each platform's models. A droid account may serve models of any maker. */
const NAMES: Partial<Record<Platform, RegExp>> = { ...OWN_MODELS, antigravity: /^(?:gemini|claude)-/ };

/** The price at which `model` is billed on `platform`, and whether it is the model's own. */
export function pricingOf(table: PriceTable, platform: Platform, model: string): Pricing {
  const price = resolvePrice(table, model);
  return price ? { price, known: true } : { price: dearestPrice(relatives(table, platform, model)), known: false };
}

/** Whether units were used for which the price has no rate. */
export function lacksUnits(price: ModelPrice, usage: Partial<Usage>): boolean {
  return UNIT_FIELDS.some((field) => (usage[field] ?? 0) > 0 && price.units?.[field] === undefined);
}

/** The price with those units added at the highest rate that anybody charges for them. */
export function withUnits(table: PriceTable, price: ModelPrice): ModelPrice {
  return { ...price, units: { ...dearestUnits(Object.values(table)), ...price.units } };
}

/** The prices of its family. A name that shares its beginning with none is priced by its platform's models. */
function relatives(table: PriceTable, platform: Platform, model: string): ModelPrice[] {
  const family = familyOf(table, model);
  if (family.length > 0) return family.map(([, price]) => price);
  const all = Object.entries(table);
  const own = all.filter(([name]) => NAMES[platform]?.test(name) ?? true);
  return (own.length > 0 ? own : all).map(([, price]) => price);
}

/** The highest of all rates for each part, including long-context tiers. The result has no tiers of its own. */
function dearestPrice(prices: ModelPrice[]): ModelPrice {
  const ratesIn = (choose: (price: ModelPrice) => TieredRates) =>
    dearest(prices.map(choose).flatMap((rates): Rates[] => [rates, ...(rates.tiers ?? [])]));
  const contexts = prices.flatMap(({ context }) => context ?? []);
  const outputs = prices.flatMap(({ maxOutput }) => maxOutput ?? []);
  return {
    ...ratesIn((price) => price),
    fast: ratesIn((price) => price.fast ?? price),
    priority: ratesIn((price) => price.priority ?? price),
    webSearchPerThousand: Math.max(0, ...prices.map((price) => price.webSearchPerThousand ?? 0)),
    units: dearestUnits(prices),
    ...(contexts.length > 0 && { context: Math.max(...contexts) }),
    ...(outputs.length > 0 && { maxOutput: Math.max(...outputs) }),
  };
}

function dearestUnits(prices: readonly ModelPrice[]): UnitPrices {
  const units: UnitPrices = {};
  for (const { units: stated } of prices) {
    for (const field of UNIT_FIELDS) {
      const rate = stated?.[field];
      if (rate !== undefined) units[field] = Math.max(rate, units[field] ?? 0);
    }
  }
  return units;
}
