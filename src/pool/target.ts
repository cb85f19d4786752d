/**
 * Who may serve a request, and how: one account, its own name for the model, the wire format in which it is asked, and the
 * lane that leads there from the client's. Computed once, before admission, and read by every later step: no other file applies
 * a mapping or looks up what an account speaks. Pure. Knows nothing of keys, of health or of any order (choose.ts).
 */

import { TO_ENVELOPE } from "../protocols/translate/code-assist.ts";
import type { LaneUpstream } from "../protocols/translate/halves.ts";
import { BYTES, type Lane } from "../protocols/translate/lane.ts";
import { type ClientFormat, laneFor } from "../protocols/translate/lane-for.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Asking } from "../providers/kind.ts";
import { quirksOf } from "../providers/quirks.ts";
import type { Platform } from "../vocabulary.ts";
import type { Account } from "./account.ts";
import type { Step } from "./aliases.ts";
import { namesModel, ownerOf, servesModel, upstreamModel } from "./models.ts";

/** What a request asks of the pool, as its client has put it, and how the client speaks. */
export interface TargetCriteria extends ClientFormat {
  /** Whose accounts may serve it. */
  platforms: readonly Platform[];
  /**
   * Those that the request's path is of: their accounts are asked for any model, and the first of these platforms that has an
   * account serves. Accounts of the other platforms are asked for what they name, or what is their platform's own model.
   */
  own: readonly [Platform, ...Platform[]];
  /** The kinds of accounts that may; null: all. */
  kinds: readonly string[] | null;
  /** As the client has named it; "" for a request that is about none. */
  model: string;
  /** What serves in its place, in order, where an alias says so. */
  chain?: readonly Step[];
  /** The recognised client; null: whichever. */
  client: string | null;
  /** Models that may answer a part of it; null for one that the provider chooses. */
  otherModels: readonly (string | null)[];
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
  /** What translates between the two. */
  lane: Lane;
  /** One of the account's own rules names the model, or its platform makes it. */
  claims: boolean;
  /** The name before the account's mapping, and its place in the chain of an alias: without one the client's own, and 0. */
  asked: string;
  step: number;
}

/** The accounts that could serve the request for some key, if all were healthy. */
export function targetsOf(accounts: readonly Account[], criteria: TargetCriteria): Target[] {
  return chainOf(criteria).flatMap((step, at) => {
    const owner = ownerOf(step.model);
    return accounts.flatMap((account): Target[] => {
      const fit = fitOf(account, step, at, owner, criteria);
      return typeof fit === "string" ? [] : [fit];
    });
  });
}

/** Why an account could not serve a request, whoever's key it comes with. */
export type Unfit =
  /** It is paused. */
  | "paused"
  /** The path is of other platforms, or of other kinds of accounts. */
  | "other_platform"
  | "other_kind"
  /** It is of another platform than the path's own, and neither its rules nor its platform's names speak of the model. */
  | "model_not_named"
  /** Its own list of models has it not. */
  | "model_not_allowed"
  /** Nor one that may answer a part of the request. */
  | "other_model_not_allowed"
  /** It is in none of the groups that the alias names. */
  | "not_in_alias_group"
  /** No lane leads to a format that it speaks. */
  | "no_lane"
  /** It was signed in to for other clients. */
  | "other_client";

/** What keeps the account from serving the request, at the first model of its chain; null where it is a target. */
export function unfitFor(account: Account, criteria: TargetCriteria): Unfit | null {
  const fits = chainOf(criteria).map((step, at) => fitOf(account, step, at, ownerOf(step.model), criteria));
  const [first = null] = fits;
  return fits.some((fit) => typeof fit !== "string") || typeof first !== "string" ? null : first;
}

function chainOf({ chain, model }: TargetCriteria): readonly Step[] {
  return chain ?? [{ model, group: null }];
}

/** The account as a target for one model of the chain, or why it is none. `owner`: whose model it is by its name. */
function fitOf(
  account: Account,
  { model, group }: Step,
  step: number,
  owner: Platform | null,
  criteria: TargetCriteria,
): Target | Unfit {
  if (group && !group.members.has(account.id)) return "not_in_alias_group";
  const claims = model === "" || owner === account.platform || namesModel(account, model);
  const unfit = barred(account, model, claims, criteria);
  if (unfit) return unfit;
  const way = wayTo(account, criteria);
  if (!way) return "no_lane";
  if (!servesClient(account, criteria.client, way.lane)) return "other_client";
  return { ...targetOf(account, model, way.protocol, way.lane), claims, step };
}

/**
 * The account as a target that is asked in `protocol`, whether or not a client could reach it there: a check of the account
 * and a look at what it stores are sent too. `model` is the name before the account's mapping.
 */
export function targetOf(account: Account, model: string, protocol: Protocol, lane = ownLane(account)): Target {
  const own = model === "" ? "" : upstreamModel(account, model);
  const family = own === "" ? null : account.kind.family(own);
  return { account, model: own, family, protocol, lane, claims: true, asked: model, step: 0 };
}

/** The lane of the relay's own requests. */
function ownLane({ kind }: Account): Lane {
  return kind.envelope ? TO_ENVELOPE : BYTES;
}

/** How the account is asked: in the client's wire format where it speaks that, else in the first that a lane leads to. */
function wayTo({ protocols, kind }: Account, client: ClientFormat): Pick<Target, "protocol" | "lane"> | null {
  for (const protocol of protocols.includes(client.protocol) ? [client.protocol] : protocols) {
    const lane = laneFor(client, protocol, kind.envelope !== undefined);
    if (lane) return { protocol, lane };
  }
  return null;
}

/**
 * Whether it is a client that the account's sign-in was issued for, and in its own format: then its bytes go on as they are, but
 * for what another upstream has signed in the same conversation. Whichever client (null) is not asked about.
 */
function servesClient({ kind }: Account, client: string | null, lane: Lane): boolean {
  return !kind.serves || client === null || (kind.serves.includes(client) && !lane.translates);
}

/** What of the account's own fields forbids it: platform, schedule, models. */
function barred(account: Account, model: string, claims: boolean, criteria: TargetCriteria): Unfit | null {
  const { platforms, own, kinds, otherModels } = criteria;
  if (!account.schedulable) return "paused";
  if (!platforms.includes(account.platform)) return "other_platform";
  if (kinds !== null && !kinds.includes(account.kind.name)) return "other_kind";
  if (!claims && !own.includes(account.platform)) return "model_not_named";
  if (model !== "" && !servesModel(account, model)) return "model_not_allowed";
  const others = otherModels.every((other) => other === null || servesModel(account, other));
  return others ? null : "other_model_not_allowed";
}

/** Whether the account is asked at its provider's own address. */
export function isOfficial({ kind, baseUrl }: Account): boolean {
  return baseUrl === kind.baseUrl.official;
}

/** What a lane may know of the account it leads to, and of the credential under which it does: see `Kind.envelope`. */
export function laneUpstreamOf({ account, model }: Target, asking: Asking): LaneUpstream {
  const { envelope } = account.kind;
  const members = envelope && { envelope: envelope(asking) };
  return { model, official: isOfficial(account), quirks: quirksOf(account, model), ...members };
}

/** What an upstream takes as a limit of the output, each by the name that stands in `quirks.without` where it takes it not. */
const OUTPUT_LIMITS: Partial<Record<Protocol, readonly string[]>> = {
  chat: ["max_tokens", "max_completion_tokens"],
  responses: ["max_output_tokens"],
  gemini: ["maxOutputTokens"],
};

/** Whether the client's limit of the output reaches the model, as far as it is known what the upstream refuses. */
export function takesOutputLimit({ account, model, protocol, lane }: Target): boolean {
  const names = lane.translates ? OUTPUT_LIMITS[protocol] : undefined;
  return !names?.every((name) => quirksOf(account, model).without.includes(name));
}
