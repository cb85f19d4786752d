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

/** What a request asks of the pool, as its client has put it, and the client's format. */
export interface TargetCriteria extends ClientFormat {
  /** The platforms whose accounts may serve it. */
  platforms: readonly Platform[];
  /**
   * The platforms of the request's path: their accounts are asked for any model, and the first of these platforms that has an
   * account serves. Accounts of other platforms are asked for models that they name, or that are their platform's own.
   */
  own: readonly [Platform, ...Platform[]];
  /** The kinds of accounts that may serve it; null: all. */
  kinds: readonly string[] | null;
  /** The model, as the client has named it; "" for a request that is about none. */
  model: string;
  /** The models that serve in its place, in order, if an alias says so. */
  chain?: readonly Step[];
  /** The recognised client; null: any. */
  client: string | null;
  /** Other models that may answer a part of it; null stands for one that the provider chooses. */
  otherModels: readonly (string | null)[];
}

/** One account that may serve a request. */
export interface Target {
  account: Account;
  /** The account's own name for the model, its mapping applied; "" for a request that is about none. */
  model: string;
  /** The models that the provider limits together with that one; null if its limits do not go by model. */
  family: string | null;
  /** The wire format of this upstream. The client's format is the route's, and may be another. */
  protocol: Protocol;
  /** What translates between the two. */
  lane: Lane;
  /** One of the account's own rules names the model, or its platform makes it. */
  claims: boolean;
  /** The name before the account's mapping, and (`step`) its place in the chain of an alias: without an alias the client's name, and 0. */
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
  /** Its operator has paused it. */
  | "paused"
  /** The path leads to other platforms, or to other kinds of accounts. */
  | "other_platform"
  | "other_kind"
  /** It is of another platform than the path's own, its rules do not name the model, and the model is not its platform's own. */
  | "model_not_named"
  /** Its own list of models lacks the model. */
  | "model_not_allowed"
  /** The list lacks a model that may answer a part of the request. */
  | "other_model_not_allowed"
  /** It is in none of the groups that the alias names. */
  | "not_in_alias_group"
  /** No lane leads to a format that it speaks. */
  | "no_lane"
  /** It was signed in to for other clients. */
  | "other_client";

/** What keeps the account from serving the request, for the first model of its chain; null if it is a target. */
export function unfitFor(account: Account, criteria: TargetCriteria): Unfit | null {
  const fits = chainOf(criteria).map((step, at) => fitOf(account, step, at, ownerOf(step.model), criteria));
  const [first = null] = fits;
  return fits.some((fit) => typeof fit !== "string") || typeof first !== "string" ? null : first;
}

function chainOf({ chain, model }: TargetCriteria): readonly Step[] {
  return chain ?? [{ model, group: null }];
}

/** The account as a target for one model of the chain, or why it is none. `owner`: the platform whose model it is by its name. */
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

/** How the account is asked: in the client's wire format if it speaks that, else in its first format that a lane leads to. */
function wayTo({ protocols, kind }: Account, client: ClientFormat): Pick<Target, "protocol" | "lane"> | null {
  for (const protocol of protocols.includes(client.protocol) ? [client.protocol] : protocols) {
    const lane = laneFor(client, protocol, kind.envelope !== undefined);
    if (lane) return { protocol, lane };
  }
  return null;
}

/**
 * Whether the account's sign-in was issued for the client, and the client's own format goes upstream: its bytes go as they are, without
 * what another upstream has signed in the same conversation. With `client` null any client will do.
 */
function servesClient({ kind }: Account, client: string | null, lane: Lane): boolean {
  return !kind.serves || client === null || (kind.serves.includes(client) && !lane.translates);
}

/** Why the account's own fields (platform, schedule, models) forbid it; null if they do not. */
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

/** What a lane may know of the account that it leads to, and of the credential that is used (see `Kind.envelope`). */
export function laneUpstreamOf({ account, model }: Target, asking: Asking): LaneUpstream {
  const { envelope } = account.kind;
  const members = envelope && { envelope: envelope(asking) };
  return { model, official: isOfficial(account), quirks: quirksOf(account, model), ...members };
}

/** The parameters that limit the output in each format. `quirks.without` has the name of one that an upstream does not take. */
const OUTPUT_LIMITS: Partial<Record<Protocol, readonly string[]>> = {
  chat: ["max_tokens", "max_completion_tokens"],
  responses: ["max_output_tokens"],
  gemini: ["maxOutputTokens"],
};

/** Whether the client's limit of the output reaches the model, as far as the relay knows what the upstream refuses. */
export function takesOutputLimit({ account, model, protocol, lane }: Target): boolean {
  const names = lane.translates ? OUTPUT_LIMITS[protocol] : undefined;
  return !names?.every((name) => quirksOf(account, model).without.includes(name));
}
