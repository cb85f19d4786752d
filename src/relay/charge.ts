/**
 * What a request costs its key: the most it can cost before it runs, and what it did cost afterwards. The price is
 * that of the model the upstream was asked for, which a mapping may have changed.
 */
import { upstreamModel } from "../pool/models.ts";
import { applyMultiplier, costOf, worstCaseNanos, worstCaseTokens } from "../pricing/cost.ts";
import { resolvePrice } from "../pricing/resolve.ts";
import type { PriceTable } from "../pricing/table.ts";
import type { PriceMode } from "../protocols/meter.ts";
import type { Account } from "../store/snapshot.ts";
import { NO_USAGE, type Platform, type Usage } from "../vocabulary.ts";
import type { Ask } from "./ask.ts";

export interface WorstCase {
  worstNanos: number;
  worstTokens: number;
}

/** The dearest that any account of the platforms could make of this request; multipliers of accounts included. */
export function worstCase(
  prices: PriceTable,
  ask: Ask,
  platforms: readonly Platform[],
  accounts: readonly Account[],
): WorstCase {
  const question = {
    bodyBytes: ask.body.length,
    maxOutputTokens: ask.maxTokens,
    ...(!ask.asksForMode && { mode: "standard" as const }),
  };
  const list = resolvePrice(prices, ask.model);
  const worst = { worstNanos: worstCaseNanos(list, question), worstTokens: worstCaseTokens(list, question) };
  for (const account of accounts) {
    if (!platforms.includes(account.platform)) continue;
    const model = upstreamModel(account, ask.model);
    if (model === ask.model && account.costMultiplierMilli === 1000) continue;
    const nanos = worstCaseNanos(resolvePrice(prices, model), question);
    worst.worstNanos = Math.max(worst.worstNanos, applyMultiplier(nanos, account.costMultiplierMilli));
  }
  return worst;
}

export interface Charge {
  /** What the key pays. */
  costNanos: number;
  /** What the account is charged: the same without the key's own multiplier. */
  accountNanos: number;
  unpriced: boolean;
}

/** English and code run at about four bytes to a token. */
const BYTES_PER_TOKEN = 4;
/** What an answer of an agent has on average, and a little more. */
const EXPECTED_OUTPUT_TOKENS = 1_000;

/** What a request may be expected to use, where nobody will say what it did use. */
export function expectedUsage(ask: Ask): Usage {
  const input = Math.ceil(ask.body.length / BYTES_PER_TOKEN);
  return { ...NO_USAGE, input, output: Math.min(ask.maxTokens ?? EXPECTED_OUTPUT_TOKENS, EXPECTED_OUTPUT_TOKENS) };
}

/** Usage at the list price of the model that the client named. */
export function listCharge(prices: PriceTable, ask: Ask, usage: Usage): Omit<Charge, "accountNanos"> {
  const price = resolvePrice(prices, ask.model);
  return { costNanos: costOf(price, usage, "standard"), unpriced: price === null };
}

/** What was used at its price, times the multipliers of the account and of the key (thousandths). */
export function chargeFor(
  prices: PriceTable,
  ask: Ask,
  account: Account,
  keyMultiplierMilli: number,
  usage: Usage,
  mode: PriceMode,
): Charge {
  const price = resolvePrice(prices, upstreamModel(account, ask.model));
  const accountNanos = applyMultiplier(costOf(price, usage, mode), account.costMultiplierMilli);
  return { costNanos: applyMultiplier(accountNanos, keyMultiplierMilli), accountNanos, unpriced: price === null };
}
