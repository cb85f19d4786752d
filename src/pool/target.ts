/**
 * Who may serve a request, and how: one account, its own name for the model, and the wire format that it is asked in.
 * Written down once, before admission, and read by every later step: nobody else applies a mapping or asks what an
 * account speaks. Pure. Knows nothing of keys, of an account's health or of any order (choose.ts).
 */
import { modelFamily } from "../providers/faults.ts";
import type { Platform, Protocol } from "../vocabulary.ts";
import type { Account } from "./account.ts";
import { servesModel, upstreamModel } from "./models.ts";

/** What a request asks of the pool, as its client has put it. */
export interface Requested {
  /** The first of these that has an account for the request serves it. */
  platforms: readonly Platform[];
  /** The client's wire format. */
  protocol: Protocol;
  /** "" for a request that is about no model. */
  model: string;
  /** Models that may answer a part of it; null for one that the provider chooses. */
  otherModels?: readonly (string | null)[];
}

/** One account that may serve a request. */
export interface Target {
  account: Account;
  /** The account's own name for the model, its mapping applied; "" for a request that is about none. */
  model: string;
  /** What the provider limits together with that model; null where it limits no models. */
  family: string | null;
  /** The wire format of this upstream. The client's is the route's, and need not be the same. */
  protocol: Protocol;
}

/** The accounts that could serve the request for some key, were they well. */
export function targetsOf(accounts: readonly Account[], requested: Requested): Target[] {
  return accounts.filter((account) => mayServe(account, requested)).map((account) => targetOf(account, requested));
}

/** The account as a target, whether or not it would be chosen: also a test of it and a look at what it stores are sent. */
export function targetOf(account: Account, { model: asked, protocol }: Pick<Requested, "model" | "protocol">): Target {
  const model = asked === "" ? "" : upstreamModel(account, asked);
  return { account, model, family: model === "" ? null : modelFamily(account.platform, model), protocol };
}

/** By what stands in the account's row: platform, wire format, schedule, models. */
function mayServe(account: Account, { platforms, protocol, model, otherModels = [] }: Requested): boolean {
  return (
    platforms.includes(account.platform) &&
    (account.protocols.length === 0 || account.protocols.includes(protocol)) &&
    account.schedulable &&
    account.apiKeys.length > 0 &&
    (model === "" || servesModel(account, model)) &&
    otherModels.every((other) => other === null || servesModel(account, other))
  );
}
