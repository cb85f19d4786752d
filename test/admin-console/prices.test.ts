/** Prices by hand: what a form with one list of rates keeps of a price, and how an override that was taken back is set again. */
import { expect, test } from "vitest";
import { inputOf, keptOf, type Price } from "../../admin/src/pages/prices/prices.ts";
import { setPriceBody } from "../../src/admin/prices/schema.ts";

const RATES = { input: "5", output: "25", cache_read: "0.5", cache_write_5m: "6.25", cache_write_1h: "10" };
const PRICE: Price = {
  model: "m",
  source: "override",
  ...RATES,
  tiers: [{ above_tokens: 200_000, ...RATES, input: "10" }],
  fast: { ...RATES, tiers: [] },
  priority: null,
  web_search_per_thousand: "10",
  per_image: null,
  per_million_characters: null,
  per_minute: null,
  context: 1_000_000,
  max_output: 128_000,
};

test("an override is set again in all its parts, as the API takes them", () => {
  const input = inputOf(PRICE);
  expect(setPriceBody.safeParse(input).error).toBeUndefined();
  expect(input).toEqual({
    ...{ ...RATES, tiers: PRICE.tiers, fast: PRICE.fast },
    ...{ web_search_per_thousand: "10", context: 1_000_000, max_output: 128_000 },
  });
});

test("the form of an override keeps its other rates; that of another price keeps what holds whatever the rates", () => {
  expect(Object.keys(keptOf(PRICE)).sort()).toEqual([
    "context",
    "fast",
    "max_output",
    "tiers",
    "web_search_per_thousand",
  ]);
  expect(keptOf({ ...PRICE, source: "feed" })).toEqual({
    ...{ web_search_per_thousand: "10", context: 1_000_000, max_output: 128_000 },
  });
  expect(keptOf(null)).toEqual({});
});
