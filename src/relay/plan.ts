/**
 * A plan says who could serve a request, before it is known what its key may use. A key may have aliases of its own, which only its
 * gate knows. So a plan also says which of these it was made with; if the gate knows others, the plan is made again (admit.ts).
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
  /** The platforms of the targets' accounts, best first. */
  platforms: [Platform, ...Platform[]];
  /** What the key's own aliases make of the model; null if none of them names it. */
  keyChain: AliasTarget[] | null;
}

/** The plan for a key whose own aliases are `own`. If the key has none for the model, the operator's aliases hold. */
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
  /** The most that the request can cost. */
  worst: WorstCase;
  /** What is booked if nobody ever says what it did cost. */
  estimate: Entry;
}

/** The plan, with what the request may cost at its dearest target. */
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
  const served = { platform: call.route.platforms[0], names, targets };
  return { ...plan, worst: worstCase(prices, request, served), estimate: estimateOf(call, request, prices, served) };
}

/** What there is to choose from, now that the admission says what the key may use. */
export function choiceOf({ request, pool, targets, criteria }: Plan, admission: Admission): Choice {
  return { pool, targets, criteria: { ...criteria, session: request?.session ?? null, ...admission } };
}
