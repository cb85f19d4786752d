/**
 * Prices: which are in force and where they come from, overrides by hand, the feed, and what had no price. A price holds for requests from
 * now on (other locations learn it within ten minutes) and for those that had none before.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type FeedStatus, feedStatus, refreshPrices } from "../../jobs/price-refresh.ts";
import { type Repriced, reprice } from "../../jobs/reprice.ts";
import { builtInPrices } from "../../pricing/built-in.ts";
import { nearestOf } from "../../pricing/family.ts";
import { formatUsd } from "../../pricing/money.ts";
import { resolvePrice } from "../../pricing/resolve.ts";
import { type ModelPrice, mergePrices, type PriceTable, priceIn } from "../../pricing/table.ts";
import { forgetPrices, type PriceSources, readPriceSources } from "../../store/prices.ts";
import { priceOverrides } from "../../store/schema.ts";
import { unpricedModels } from "../../store/unpriced.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { conflict, invalid } from "../api/refusal.ts";
import { changesBetween } from "../audit/changes.ts";
import { auditAct, auditChange } from "../audit/record.ts";
import type {
  CopyPrice,
  ListPrices,
  PricesPage,
  Reprice,
  RepricedView,
  SetPrice,
  SetPriceView,
  UnpricedView,
} from "./schema.ts";
import { priceView, statedPrice } from "./views.ts";

/** One page of the table in force, in the order of names. All of it is in memory: nothing is read per page. */
export async function listPrices({ env }: VerbContext, input: ListPrices): Promise<VerbResult<PricesPage>> {
  const { refreshed, overrides } = await readPriceSources(env);
  const table = mergePrices(builtInPrices(), refreshed, overrides);
  const { search = "", cursor = "", limit } = input;
  const sourceOf = (model: string) =>
    priceIn(overrides, model) ? "override" : priceIn(refreshed, model) ? "feed" : "built-in";
  const matching = Object.keys(table)
    .filter((model) => model > cursor && model.toLowerCase().includes(search.toLowerCase()))
    .filter((model) => input.source === undefined || sourceOf(model) === input.source)
    .sort();
  const items = matching.slice(0, limit).flatMap((model) => {
    const price = priceIn(table, model);
    return price ? [priceView(model, price, sourceOf(model))] : [];
  });
  const next_cursor = matching.length > limit ? (items.at(-1)?.model ?? null) : null;
  const feed_enabled = env.PRICE_FEED_URL !== "";
  return { ok: true, value: { items, next_cursor, feed: await feedStatus(env), feed_enabled } };
}

/** Sets a model's price by hand, and prices the first of the requests that waited for one. */
export async function setPrice(
  context: VerbContext,
  model: string,
  input: SetPrice,
): Promise<VerbResult<SetPriceView>> {
  const sources = await readPriceSources(context.env);
  const listed = mergePrices(builtInPrices(), sources.refreshed, {});
  return putPrice(context, model, statedPrice(model, input, resolvePrice(listed, model)), sources);
}

/** Sets a model's price to that of another, in all that is known of it, including tiers, modes and prices by the piece. */
export async function copyPrice(context: VerbContext, { model, from }: CopyPrice): Promise<VerbResult<SetPriceView>> {
  const sources = await readPriceSources(context.env);
  const price = resolvePrice(mergePrices(builtInPrices(), sources.refreshed, sources.overrides), from);
  if (price) return putPrice(context, model, price, sources);
  return { ok: false, refusal: invalid({ field: "from", message: "has no known price", code: "not_found" }) };
}

async function putPrice(
  context: VerbContext,
  model: string,
  price: ModelPrice,
  { refreshed, overrides }: PriceSources,
): Promise<VerbResult<SetPriceView>> {
  const { env, now } = context;
  const listed = mergePrices(builtInPrices(), refreshed, {});
  const db = drizzle(env.DB);
  const row = { model, price, updatedAt: now };
  await db.batch([
    db.insert(priceOverrides).values(row).onConflictDoUpdate({ target: priceOverrides.model, set: row }),
    auditChange(context, {
      action: "price.set",
      target: model,
      changes: changesBetween(overrideView(model, overrides), priceView(model, price, "override"), {}),
    }),
  ]);
  forgetPrices();
  const repriced = viewOf(await reprice(env, now));
  const inForce = priceIn(mergePrices(listed, {}, { [model]: price }), model) ?? price;
  return { ok: true, value: { ...priceView(model, inForce, "override"), repriced } };
}

/** Removes an override: the feed's price, or the built-in one, is in force again. What was booked stays booked. */
export async function deletePrice(
  context: VerbContext,
  model: string,
): Promise<VerbResult<{ model: string; deleted: true }>> {
  const db = drizzle(context.env.DB);
  const { overrides } = await readPriceSources(context.env);
  const [deleted] = await db.batch([
    db.delete(priceOverrides).where(eq(priceOverrides.model, model)).returning({ model: priceOverrides.model }),
    auditChange(context, {
      action: "price.delete",
      target: model,
      changes: changesBetween(overrideView(model, overrides), null, {}),
    }),
  ]);
  if (deleted.length === 0) {
    return { ok: false, refusal: { reason: "not_found", message: "There is no override for this model" } };
  }
  forgetPrices();
  return { ok: true, value: { model, deleted: true } };
}

/** The 200 models that were used most without a price, as far back as the log goes. Setting prices makes room for others. */
export async function listUnpriced({ env }: VerbContext): Promise<VerbResult<Page<UnpricedView>>> {
  const [models, { refreshed, overrides }] = await Promise.all([unpricedModels(env), readPriceSources(env)]);
  const table = mergePrices(builtInPrices(), refreshed, overrides);
  const items = models.map(({ model, requests, tokens, lastUsedAt }) => ({
    model,
    requests,
    tokens,
    last_used_at: new Date(lastUsedAt).toISOString(),
    suggestion: suggestionFor(table, model),
  }));
  return { ok: true, value: { items, next_cursor: null } };
}

/** Refreshes prices from the feed now. If the feed is refused, that is an answer and no error: the old table stays in force. */
export async function refreshFeed(context: VerbContext): Promise<VerbResult<FeedStatus>> {
  const status = await refreshPrices(context.env, context.now);
  if (!status) return conflict("The price feed is turned off: PRICE_FEED_URL is empty");
  const { ok, models } = status;
  await auditAct(context, { action: "price.refresh", target: "feed", detail: { ok, models } });
  return { ok: true, value: status };
}

/** Prices the next of the requests that waited for a price. */
export async function repriceRequests(
  { env, now }: VerbContext,
  { cursor }: Reprice,
): Promise<VerbResult<RepricedView>> {
  return { ok: true, value: viewOf(await reprice(env, now, cursor)) };
}

function suggestionFor(table: PriceTable, model: string): UnpricedView["suggestion"] {
  const nearest = nearestOf(table, model);
  if (!nearest) return null;
  const [name, { input, output }] = nearest;
  return { model: name, input: formatUsd(input), output: formatUsd(output) };
}

/** The override of a model, for the audit trail; null if it has none. */
function overrideView(model: string, overrides: PriceSources["overrides"]) {
  const price = priceIn(overrides, model);
  return price ? priceView(model, price, "override") : null;
}

function viewOf({ repriced, left, next, gatesLeft }: Repriced): RepricedView {
  return { repriced, left, next_cursor: next === null ? null : String(next), gates_left: gatesLeft };
}
