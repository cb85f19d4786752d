/**
 * What a request costs its key: before it runs the most it can cost, afterwards what it did cost. The price is that of
 * the model that the upstream was asked for, which a mapping may have changed. Money is in nano-dollars.
 */
import { type Target, takesOutputLimit } from "../pool/target.ts";
import { applyMultiplier, costOf, type WorstCaseInput, worstCaseNanos, worstCaseTokens } from "../pricing/cost.ts";
import { lacksUnits, pricingOf, withUnits } from "../pricing/provisional.ts";
import { resolvePrice } from "../pricing/resolve.ts";
import type { ModelPrice, PriceTable } from "../pricing/table.ts";
import type { PriceMode, Reading } from "../protocols/meter.ts";
import { NO_USAGE, type Platform, UNIT_FIELDS, type Usage, usageOfFields } from "../vocabulary.ts";
import type { RelayRequest } from "./request.ts";

export interface WorstCase {
  worstNanos: number;
  worstTokens: number;
  /** A target's model has no known price. */
  unpriced: boolean;
}

/** Who may serve a request, as far as its price depends on it. */
export interface WhoMayServe {
  targets: readonly Target[];
  /** The platform of the route, whose list prices of `names` hold where there is no target. */
  platform: Platform;
  /** The name that the client used, or the models that an alias makes of it; at least one. */
  names: readonly string[];
}

/**
 * The most that the request can cost and use at any target, with the accounts' multipliers. It is no less than what the list prices of
 * `names` at `platform` say.
 */
export function worstCase(
  prices: PriceTable,
  request: RelayRequest,
  { platform, names, targets }: WhoMayServe,
): WorstCase {
  const { demands, pieces } = request;
  const { webSearches, ...hosted } = demands.most;
  const question: WorstCaseInput = {
    bodyBytes: request.body.length,
    maxOutputTokens: request.maxTokens,
    choices: request.choices,
    refers: demands.refers,
    units: { ...hosted, ...pieces.asked },
    ...(webSearches !== undefined && { webSearches }),
    ...(!request.asksForMode && { mode: "standard" as const }),
  };
  const listed = names.map((name) => priceFor(prices, platform, name, question.units).price);
  const worst: WorstCase = {
    worstNanos: Math.max(...listed.map((price) => worstCaseNanos(price, question))),
    worstTokens: Math.max(...listed.map((price) => worstCaseTokens(price, question))),
    unpriced: [...new Set(targets.map(({ model }) => model))].some((model) => resolvePrice(prices, model) === null),
  };
  for (const target of targets) {
    const { account, model } = target;
    const isListed = account.platform === platform && names.includes(model);
    const limited = takesOutputLimit(target);
    if (isListed && limited && account.costMultiplierMilli === 1000) continue;
    const { price } = priceFor(prices, account.platform, model, question.units);
    const asked = limited ? question : { ...question, maxOutputTokens: null };
    const nanos = applyMultiplier(worstCaseNanos(price, asked), account.costMultiplierMilli);
    worst.worstNanos = Math.max(worst.worstNanos, nanos);
    worst.worstTokens = Math.max(worst.worstTokens, worstCaseTokens(price, asked));
  }
  const multiplier = Math.max(1_000, ...targets.map(({ account }) => account.costMultiplierMilli));
  for (const other of request.otherModels) {
    const { price, unpriced } = priceFor(prices, platform, other ?? request.model, question.units);
    // The other model answers at the account that is asked, so that account's multiplier holds for it too.
    worst.worstNanos += applyMultiplier(worstCaseNanos(price, question), multiplier);
    worst.worstTokens += worstCaseTokens(price, question);
    worst.unpriced ||= unpriced;
  }
  worst.worstNanos = applyMultiplier(worst.worstNanos, request.placeMilli);
  return worst;
}

/** The price of a model for what was used. `unpriced`: the model's own price is not known, and this one stands in for it. */
export function priceFor(
  prices: PriceTable,
  platform: Platform,
  model: string,
  used: Partial<Usage> = {},
): { price: ModelPrice; unpriced: boolean } {
  const { price, known } = pricingOf(prices, platform, model);
  return lacksUnits(price, used) ? { price: withUnits(prices, price), unpriced: true } : { price, unpriced: !known };
}

export interface Charge {
  /** What the key pays. */
  costNanos: number;
  /** What the account is charged: the same without the key's own multiplier. */
  accountNanos: number;
  unpriced: boolean;
}

/** What an answer of an agent has on average, and a little more. */
const EXPECTED_OUTPUT_TOKENS = 1_000;

/** The usage to expect of a request, if its real usage will not be known. */
export function expectedUsage(request: RelayRequest): Usage {
  const { asked } = request.pieces;
  if (Object.keys(asked).length > 0) return { ...NO_USAGE, ...asked };
  const output = Math.min(request.maxTokens ?? EXPECTED_OUTPUT_TOKENS, EXPECTED_OUTPUT_TOKENS);
  const { inputTokens: input, most, containerSize } = request.demands;
  return { ...NO_USAGE, input, output, codeSessions: most.codeSessions && containerSize > 1 ? containerSize : 0 };
}

/** What an upstream has reported of a request, as far as it reports anything. */
export interface ReportedUsage {
  usage: Usage;
  mode: PriceMode;
  estimated: boolean;
}

/**
 * What is booked of a request that was sent. Input is used up by sending it: where its amount is not reported (a client
 * hung up, a service reports none), it is estimated from the body; what is sold by the piece is counted as asked for.
 */
export function bookedUsage(request: RelayRequest, told: ReportedUsage): ReportedUsage {
  const usage = inContainers(told.usage, request.demands.containerSize);
  const reported = { ...told, usage };
  const { asked, mode } = request.pieces;
  const tokens = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  if (tokens > 0) return reported;
  const counted = UNIT_FIELDS.some((field) => field in asked && usage[field] > 0);
  if (counted) return { ...reported, mode: reported.mode === "standard" ? mode : reported.mode, estimated: false };
  if (Object.keys(asked).length > 0) {
    // Characters are counted in the request itself; only the answer could tell pictures and seconds.
    return { usage: { ...usage, ...asked }, mode, estimated: reported.estimated && !("characters" in asked) };
  }
  return { ...reported, usage: { ...usage, input: request.demands.inputTokens }, estimated: true };
}

/** The same usage with its containers of code as so many of the least, at whose price they are booked. */
export function inContainers(usage: Usage, size: number): Usage {
  return size > 1 ? { ...usage, codeSessions: usage.codeSessions * size } : usage;
}

/** Usage at the dearest list price of the targets; if there is none, at that of the `names`. */
export function listCharge(
  prices: PriceTable,
  request: RelayRequest,
  { platform, names, targets }: WhoMayServe,
  usage: Usage,
): Omit<Charge, "accountNanos"> {
  const models = new Map(
    targets.map(({ account, model }) => [`${account.platform} ${model}`, { platform: account.platform, model }]),
  );
  const asked = models.size > 0 ? [...models.values()] : names.map((model) => ({ platform, model }));
  const charges = asked.map(({ platform, model }) => {
    const { price, unpriced } = priceFor(prices, platform, model, usage);
    return { costNanos: costOf(price, usage, request.pieces.mode), unpriced };
  });
  return charges.reduce((dearest, charge) => (charge.costNanos > dearest.costNanos ? charge : dearest));
}

/**
 * What `usage` costs at the target's account: the part in `others` at the prices of those other models, the rest at the price of the
 * target's model, times the place's factor `placeMilli` and the multipliers of the account and of the key (all in thousandths).
 */
export function chargeFor(
  prices: PriceTable,
  target: Pick<Target, "account" | "model">,
  keyMultiplierMilli: number,
  { usage, mode, others = [], placeMilli = 1_000 }: Pick<Reading, "usage" | "mode" | "others" | "placeMilli">,
): Charge {
  const { account } = target;
  const { price, unpriced } = priceFor(prices, account.platform, target.model, usage);
  const own = others.reduce((rest, other) => usageOfFields((field) => rest[field] - other.usage[field]), usage);
  const inPlace = (its: ModelPrice, used: Usage) => {
    // Searches cost the same everywhere.
    const searches = costOf(its, { ...NO_USAGE, webSearches: used.webSearches }, mode);
    return searches + applyMultiplier(costOf(its, used, mode) - searches, placeMilli);
  };
  const ofOthers = others.map(({ model, usage: used }) => {
    return inPlace(priceFor(prices, account.platform, model, used).price, used);
  });
  const listNanos = ofOthers.reduce((sum, nanos) => sum + nanos, inPlace(price, own));
  const accountNanos = applyMultiplier(listNanos, account.costMultiplierMilli);
  return { costNanos: applyMultiplier(accountNanos, keyMultiplierMilli), accountNanos, unpriced };
}
