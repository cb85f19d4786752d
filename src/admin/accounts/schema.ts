/** The shape of an upstream account in the API. Secrets go in and never come out. */
import * as z from "zod/mini";
import { digits, textOf, trimmed } from "../../ground/shape.ts";
import { CREDENTIAL_FIELDS } from "../../providers/kinds.ts";
import type { QuotaSource } from "../../providers/quota/windows.ts";
import type { Platform } from "../../vocabulary.ts";
import { schemasOf, type View } from "../api/fields.ts";
import { idCursor, pageQuery, search } from "../api/paging.ts";
import { egressHeaderFields } from "./egress-fields.ts";
import { ACCOUNT_FIELDS } from "./fields.ts";

/** An account is in a few groups; D1 sets no limit. */
const MAX_GROUPS = 100;

const editable = {
  ...schemasOf(ACCOUNT_FIELDS),
  /** Default: the platform's official address. It is normalised and checked before it is stored. */
  base_url: z.optional(trimmed(1, 2_000)),
  /** The kind decides which of these an account takes, and what they become. */
  ...CREDENTIAL_FIELDS,
  /** What the account's gateway or binding requires. If given, these replace all former ones. */
  egress_headers: z.optional(egressHeaderFields),
  /** For accounts with a sign-in: that the provider's terms were read. */
  terms_acknowledged: z.optional(z.boolean()),
  /** If given: all of the groups that it is in. */
  group_ids: z.optional(z.array(textOf(1, 100)).check(z.maxLength(MAX_GROUPS))),
};

export const createAccountBody = z.strictObject({
  ...editable,
  name: ACCOUNT_FIELDS.name.schema,
  /** `src/providers/kinds.ts` has the valid pairs. */
  platform: textOf(0, 50),
  kind: textOf(0, 50),
});

/** What the request that finishes a sign-in may say about the new account. The provider tells the rest. */
export const signedInFields = {
  ...schemasOf(ACCOUNT_FIELDS),
  base_url: editable.base_url,
  egress_headers: editable.egress_headers,
  terms_acknowledged: editable.terms_acknowledged,
  group_ids: editable.group_ids,
};

export const updateAccountBody = z.strictObject(editable);

export const listAccountsQuery = z.extend(pageQuery, { cursor: idCursor("acc"), search });

export type CreateAccount = z.output<typeof createAccountBody>;
export type UpdateAccount = z.output<typeof updateAccountBody>;
export type ListAccounts = z.output<typeof listAccountsQuery>;

export interface AccountView extends View<typeof ACCOUNT_FIELDS>, AccountStandingView {
  id: string;
  platform: Platform;
  kind: string;
  base_url: string;
  /** The values are never shown. */
  egress_header_names: string[];
  /** In the order in which they are tried. */
  api_keys: { hint: string }[];
  /** When a sign-in ends that is not renewed; null for keys, and for a sign-in that renews itself. */
  sign_in_ends_at: string | null;
  /** The groups that it is in, oldest first. */
  group_ids: string[];
  /** What its upstream has refused, and is no longer sent. A change of `quirks` or `base_url`, or a reset, forgets it. */
  unsupported_parameters: { model: string; parameter: string; since: string }[];
  created_at: string;
  updated_at: string;
}

export interface DeletedView {
  id: string;
  deleted: true;
  bound_keys: number;
  /**
   * Whether its provider is asked to revoke its sign-in, or offers no way to; then it stays valid until its end. `withheld`: revoking it
   * might end the sign-in of another account. Null for keys.
   */
  sign_in_revocation: "requested" | "withheld" | "not_offered" | null;
}

/**
 * - `ok`: may be used, though single keys or model families may be in cooldown.
 * - `untested`: the same, but it has neither answered nor been tested, so nobody knows that it works.
 * - `limited`: in cooldown as a whole, or with every key, until a time that the provider named.
 * - `cooling_down`: the same until a time that the relay guesses, after faults.
 * - `sign_in_needed`: somebody has to sign in again.
 * - `disabled`: only a reset, or a request that succeeds, brings it back.
 * - `paused`, `expired`: the operator's own `schedulable: false`, or `expires_at`.
 */
export const ACCOUNT_STATUSES = [
  "ok",
  "untested",
  "limited",
  "cooling_down",
  "sign_in_needed",
  "disabled",
  "paused",
  "expired",
] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

/** A cooldown: of the account, of one key, or of one model family at one key. */
export interface TemporaryStateView {
  scope: "account" | "key" | "family";
  /** The key's place in `api_keys`, counted from 0. */
  key: { position: number; hint: string } | null;
  family: string | null;
  /** The fault table's name for it, and the same in plain words. */
  condition: string;
  reason: string;
  /** Null: until a reset, or a request that succeeds. */
  until: string | null;
}

/** One of the provider's own limits. */
export interface QuotaWindowView {
  /** The provider's name: `5h`, `7d`, `7d_opus`, `requests`, the name of a model. */
  name: string;
  /** The model family, or another part of the use, for which it holds; null: all use. */
  scope: string | null;
  /** The used share, 0 to 1, and 0 once it has started over. Null if the provider does not tell it. */
  used: number | null;
  status: "allowed" | "warning" | "rejected" | null;
  /** The provider's reason for closing it. */
  reason: string | null;
  resets_at: string | null;
  source: QuotaSource;
  read_at: string;
}

export interface ProviderQuotaView {
  windows: QuotaWindowView[];
  /** The window that decides at present, if the provider names one. */
  deciding: string | null;
  /** When the provider was last asked separately, and what went wrong; null: never. */
  asked_at: string | null;
  error: string | null;
}

/** The last recorded fault of the account. */
export interface LastErrorView {
  time: string;
  /** The upstream's status; 0 if it did not answer. */
  status: number;
  condition: string;
  reason: string;
}

export interface LastTestView {
  time: string;
  ok: boolean;
  /** What was wrong with the first key that failed. */
  condition: string | null;
  reason: string | null;
}

/** What every view of an account says about its state. */
export interface AccountStandingView {
  status: AccountStatus;
  /** The fault table's name for what is wrong, and the same in plain words; null if nothing is, or the operator has paused it. */
  status_condition: string | null;
  status_reason: string | null;
  /** When it ends by itself, as far as that is known. */
  status_until: string | null;
  last_error: LastErrorView | null;
  last_test: LastTestView | null;
  /** The last whole answer, to within an hour. */
  last_answered_at: string | null;
  temporary_states: TemporaryStateView[];
  /** How much of its limits at the provider is used; null if nothing is known of any limit. */
  provider_quota: ProviderQuotaView | null;
}

export interface AccountErrorView {
  time: string;
  /** The upstream's status; 0 if it did not answer. */
  status: number;
  class: "request" | "credential" | "upstream";
  condition: string;
  reason: string;
  until: string | null;
}

export interface AccountHealthView extends AccountStandingView {
  account_id: string;
  /** Requests in flight, and the cost of today's; null if the account has no limit, because then nobody counts. */
  in_flight: number | null;
  today_cost_usd: string | null;
  /** When the day of the quota ends; null without a quota. */
  quota_resets_at: string | null;
  /** Of the windows in `provider_quota`, the one that leaves the least for a model without a window of its own. */
  headroom: (Pick<QuotaWindowView, "used" | "status" | "resets_at"> & { window: string }) | null;
  /** The next request is a trial: it goes alone, and the account is used in full once it succeeds. */
  probing: boolean;
  /** The provider's project in which requests are made; null if it has no projects, or none was found. */
  project: string | null;
  /** Newest first, at most 50. */
  last_errors: AccountErrorView[];
}

export interface LimitedAccountView extends TemporaryStateView {
  account_id: string;
  account_name: string;
}

/** For each reset a Keeper is asked. */
const MOST_AT_ONCE = 50;

export const bulkAccountsBody = z.strictObject({
  ids: z.array(textOf(1, 100)).check(z.minLength(1), z.maxLength(MOST_AT_ONCE)),
  action: z.enum(["pause", "resume", "reset"]),
});

export type BulkAccounts = z.output<typeof bulkAccountsBody>;

/** The result for one account. */
export interface AccountOutcome {
  id: string;
  error: { type: string; message: string } | null;
}

export interface AccountOutcomes {
  updated: number;
  failed: number;
  /** In the order of the request's ids, each once. */
  results: AccountOutcome[];
}

export const checkAccountBody = z.strictObject({
  /** The name that a client would use; the account's mapping applies. */
  model: z.optional(trimmed(1, 200)),
});

export const checkAccountQuery = z.strictObject({
  /** `false`: one JSON answer at the end, instead of events. */
  stream: z._default(z.enum(["true", "false"]), "true"),
  /** The key's place in `api_keys`, from 0; without it, all of them are checked in turn. */
  key: z.optional(digits(/^\d{1,3}$/, "must be the place of a key in api_keys, from 0")),
});

export const checkUnsavedQuery = z.pick(checkAccountQuery, { stream: true });

/** An account that is not saved: the fields of the account, and what to ask it for. */
export const unsavedAccountBody = z.extend(createAccountBody, {
  name: z._default(ACCOUNT_FIELDS.name.schema, "unsaved"),
});

export const checkUnsavedBody = z.extend(unsavedAccountBody, { model: checkAccountBody.shape.model });

export type CheckUnsavedAccount = z.output<typeof checkUnsavedBody>;

export interface AccountModelsView {
  /** Null: its upstream sent no list within some seconds, or may not be asked (subscriptions). */
  items: { id: string; name: string | null }[] | null;
}

export interface KeyCheckView {
  key: { position: number; hint: string };
  ok: boolean;
  /** The fault table's name for what is wrong, and whose fault it is. */
  condition: string | null;
  class: "request" | "credential" | "upstream" | null;
  diagnosis: string;
  /** The upstream's status; 0 if it did not answer. */
  status: number;
  until: string | null;
  upstream_message: string | null;
  model_reported: string | null;
  text: string;
  ttft_ms: number | null;
  total_ms: number;
  input_tokens: number;
  output_tokens: number;
}

/** The data of the last event, `done`. */
export interface CheckDoneView {
  /** Whether every key that was tested works. */
  ok: boolean;
  tested: number;
  /** How many keys there are beyond those that one call checks. */
  left_out: number;
}

export interface AccountCheckView extends CheckDoneView {
  /** Null for an account that is not saved. */
  account_id: string | null;
  model: string;
  results: KeyCheckView[];
}
