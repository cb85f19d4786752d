/** The shape of prices in the API: decimal USD per million tokens, and per thousand web searches. */
import * as z from "zod/mini";
import { digits, textOf, whole } from "../../ground/shape.ts";
import type { FeedStatus } from "../../jobs/price-refresh.ts";
import { type Page, pageQuery, search } from "../api/paging.ts";
import { usd } from "../api/values.ts";

/** The same bound as for the feeds: a per-token price taken for one per million is off by a factor of a million. */
const MAX_RATE_USD = 10_000;
const MAX_SEARCH_USD = 1_000;
/** Stored per million, which must stay an exact integer. */
const MAX_PIECE_USD = 5;

const rate = usd.check(
  z.refine((nanos) => nanos <= MAX_RATE_USD * 1e9, `must be at most ${MAX_RATE_USD} USD per million tokens`),
);
const piece = usd.check(z.refine((nanos) => nanos <= MAX_PIECE_USD * 1e9, `must be at most ${MAX_PIECE_USD} USD`));
const tokens = whole(1, 1_000_000_000);

const rates = {
  input: rate,
  output: rate,
  cache_read: z.optional(rate),
  cache_write_5m: z.optional(rate),
  cache_write_1h: z.optional(rate),
};

const tiers = z.optional(z.array(z.strictObject({ above_tokens: tokens, ...rates })).check(z.maxLength(10)));

const mode = z.optional(z.strictObject({ ...rates, tiers }));

/** What is left out is filled in: cache rates by `statedPrice`, the rest by `completePrice`. */
export const setPriceBody = z.strictObject({
  ...rates,
  tiers,
  fast: mode,
  priority: mode,
  web_search_per_thousand: z.optional(
    usd.check(
      z.refine((nanos) => nanos <= MAX_SEARCH_USD * 1e9, `must be at most ${MAX_SEARCH_USD} USD per thousand searches`),
    ),
  ),
  /** What is billed by the piece: an image of any size, speech, transcribed sound. */
  per_image: z.optional(piece),
  per_million_characters: z.optional(rate),
  per_minute: z.optional(piece),
  context: z.optional(tokens),
  max_output: z.optional(tokens),
});

/** A model's name as clients send it. */
export const priceParam = z.object({
  model: z
    .string()
    .check(z.maxLength(200), z.regex(/^[\x21-\x7e]+$/, "must be visible ASCII characters without spaces")),
});

/** Where a price in force comes from. */
export const PRICE_SOURCES = ["override", "feed", "built-in"] as const;

/** Items are in the order of their names. The cursor is the last one. */
export const listPricesQuery = z.extend(pageQuery, {
  search,
  source: z.optional(z.enum(PRICE_SOURCES)),
  cursor: z.optional(textOf(1, 256)),
});

/** Gives one model the price of another, in all that is known of it. */
export const copyPriceBody = z.strictObject({ model: priceParam.shape.model, from: priceParam.shape.model });

export const listUnpricedQuery = z.strictObject({});

export const repriceBody = z.strictObject({
  cursor: z.optional(digits(/^\d{1,15}$/, "is not a next_cursor of this call")),
});

export type SetPrice = z.output<typeof setPriceBody>;
export type CopyPrice = z.output<typeof copyPriceBody>;
export type ListPrices = z.output<typeof listPricesQuery>;
export type Reprice = z.output<typeof repriceBody>;

export interface RatesView {
  input: string;
  output: string;
  cache_read: string;
  cache_write_5m: string;
  cache_write_1h: string;
}

export interface TieredRatesView extends RatesView {
  tiers: (RatesView & { above_tokens: number })[];
}

export interface PriceView extends TieredRatesView {
  model: string;
  /** Where the price in force comes from. */
  source: (typeof PRICE_SOURCES)[number];
  fast: TieredRatesView | null;
  priority: TieredRatesView | null;
  web_search_per_thousand: string | null;
  /** The most expensive size, if the prices differ by size. */
  per_image: string | null;
  per_million_characters: string | null;
  per_minute: string | null;
  context: number | null;
  max_output: number | null;
}

export interface PricesPage extends Page<PriceView> {
  /** The result of the last refresh; null before the first, and if the feed is turned off. */
  feed: FeedStatus | null;
  /** False: PRICE_FEED_URL is empty. */
  feed_enabled: boolean;
}

/** A model that was used without a known price. */
export interface UnpricedView {
  model: string;
  requests: number;
  /** All tokens of the hours in which there were such requests. */
  tokens: number;
  last_used_at: string;
  /** A model of the same family with its price; null if none is known. */
  suggestion: { model: string; input: string; output: string } | null;
}

/** What was priced. Call POST /admin/prices/reprice with `next_cursor` until it is null. */
export interface RepricedView {
  repriced: number;
  /** How many more requests are known that can be priced now. */
  left: number;
  next_cursor: string | null;
  /** How many keys' gates were not told yet. The next call or the cron tells them. */
  gates_left: number;
}

export interface SetPriceView extends PriceView {
  repriced: RepricedView;
}
