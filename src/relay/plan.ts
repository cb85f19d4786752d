/**
 * Who could serve a request, before it is known what its key may use. A key may have aliases of its own, which only its gate
 * knows: so a plan says which of them it was made with, and one that was made with others is made again (admit.ts).
 */
import type { Admission } from "../gate/rpc.ts";
import { chainFor, stepsOf } from "../pool/aliases.ts";
import { type Choice, platformsOf } from "../pool/choose.ts";
import type { Pool } from "../pool/pool.ts";
import { type TargetCriteria, targetsOf } from "../pool/target.ts";
import type { PriceTable } from "../pricing/table.ts";
import type { Entry } from "../store/entry.ts";
import type { Aliases, AliasTarget, Platform } from "../vocabulary.ts";
import type { Call } from "./call.ts";
import { type WorstCase, worstCase } from "./charge.ts";
import { targetCriteriaOf } from "./criteria.ts";
import type { RelayRequest } from "./request.ts";
import { estimateOf } from "./settle.ts";

export interface Plan extends Pick<Choice, "pool" | "targets"> {
  request?: RelayRequest;
  criteria: TargetCriteria;
  /** Whose accounts they are, best first. */
  platforms: [Platform, ...Platform[]];
  /** What the key's own aliases make of the model; null where they do not speak of it. */
  keyChain: AliasTarget[] | null;
}

/** The plan for a key with these aliases. Those of the operator hold where the key has none for the model. */
export function planOf(
  call: Pick<Call, "route" | "parameters" | "client">,
  request: RelayRequest | null,
  pool: Pool,
  own: Aliases,
): Plan {
  const model = request?.model ?? call.parameters.model ?? "";
  const keyChain = model === "" ? null : chainFor(own, model);
  const chain = keyChain ?? (model === "" ? null : chainFor(pool.aliases, model));
  const criteria = targetCriteriaOf(call, request, chain && stepsOf(chain, pool.groups));
  const targets = targetsOf(pool.accounts, criteria);
  const platforms = platformsOf(pool, targets, criteria);
  return { ...(request && { request }), pool, targets, criteria, platforms, keyChain };
}

export interface PricedPlan extends Plan {
  /** The most that it can cost, and what is booked should nobody ever say what it did. */
  worst: WorstCase;
  estimate: Entry;
}

/** The same with what it may cost at the dearest of them. */
export function pricedPlan(
  call: Call,
  request: RelayRequest,
  pool: Pool,
  prices: PriceTable,
  own: Aliases,
): PricedPlan {
  const plan = planOf(call, request, pool, own);
  const { targets, criteria } = plan;
  // An alias itself has no price; what it stands for has.
  const names = criteria.chain?.map(({ model }) => model) ?? [criteria.model];
  const worst = worstCase(prices, request, call.route.platforms[0], names, targets);
  return { ...plan, worst, estimate: estimateOf(call, request, prices, names, targets) };
}

/** What there is to choose from for a key, by what its admission says of it. */
export function choiceOf({ request, pool, targets, criteria }: Plan, admission: Admission): Choice {
  return { pool, targets, criteria: { ...criteria, session: request?.session ?? null, ...admission } };
}
