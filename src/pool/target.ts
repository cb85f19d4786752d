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
  const chain = criteria.chain ?? [{ model: criteria.model, group: null }];
  return chain.flatMap(({ model, group }, step) => {
    const owner = ownerOf(model);
    return accounts.flatMap((account): Target[] => {
      if (group && !group.members.has(account.id)) return [];
      const claims = model === "" || owner === account.platform || namesModel(account, model);
      const way = mayServe(account, model, claims, criteria) ? wayTo(account, criteria) : null;
      if (!way || !servesClient(account, criteria.client, way.lane)) return [];
      return [{ ...targetOf(account, model, way.protocol, way.lane), claims, step }];
    });
  });
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

/** Whether the account's own fields allow it: platform, schedule, models. */
function mayServe(account: Account, model: string, claims: boolean, criteria: TargetCriteria): boolean {
  const { platforms, own, kinds, otherModels } = criteria;
  return (
    account.schedulable &&
    platforms.includes(account.platform) &&
    (kinds === null || kinds.includes(account.kind.name)) &&
    (claims || own.includes(account.platform)) &&
    (model === "" || servesModel(account, model)) &&
    otherModels.every((other) => other === null || servesModel(account, other))
  );
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
