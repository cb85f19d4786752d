/**
 * What happens to a key, an account or the relay itself that its operator may want to know. All of it is one union, and
 * `record` is the one place where an event leaves the code: as a line of the log, in JSON, and to whoever makes alerts of it.
 *
 * An event names things by their ids. It never holds a secret, a key, a token or anything of a request's or an answer's
 * body.
 */
import { env } from "cloudflare:workers";
import type { Allowance } from "./ground/allowance.ts";

/** Of a model, a key or an account: which share of its input came from caches, in percent; null: it is new. */
export interface ShareFell {
  id: string;
  name: string;
  percent: number;
  before: number | null;
}

export type RelayEvent =
  // The relay.
  | { event: "weak_secret"; problem: string }
  | { event: "accounts_unreadable"; error: unknown }
  | { event: "prices_unreadable"; error: unknown }
  /** Keys that were imported or restored cannot be told from forged ones. */
  | { event: "foreign_keys_unreadable"; error: unknown }
  | { event: "price_feed_refused"; reasons: string[] }
  /** A cached value could not be read again in time, so the old one serves on. */
  | { event: "stale_value_kept"; value: string; error: unknown }
  | { event: "job_failed"; job: string; error: unknown }
  /** D1 takes nothing that is written. `since`: ISO 8601. */
  | { event: "storage_unwritable"; since: string }
  /** Of one of the free plan's daily allowances much is used; at this rate it ends then. */
  | {
      event: "allowance_near";
      allowance: string;
      used: number;
      limit: number;
      day: string;
      exhausted_at: string | null;
    }
  /** What the whole relay may cost a day or a month, as its operator has set it; `from`: where the period began. */
  | {
      event: "budget_near" | "budget_reached";
      of: "day" | "month";
      from: string;
      to: string;
      spent_usd: string;
      budget_usd: string;
      percent: number;
    }
  /** Requests were charged at a stand-in price. */
  | { event: "model_unpriced"; model: string; requests: number }
  /** Fewer of the input's tokens come from caches than before, in percent; and whose share has fallen most. */
  | {
      event: "cache_share_fell";
      percent: number;
      before: number;
      model: ShareFell | null;
      key: ShareFell | null;
      account: ShareFell | null;
    }
  | { event: "new_version"; version: string; current: string; url: string }
  | { event: "release_feed_unread"; why: string }
  | { event: "alert_not_kept"; alert: string; error: unknown }
  /** `why`: in our own words, or the channel's, without its address. */
  | { event: "alert_not_delivered"; alert: string; channel: string; attempt: number; why: string }
  /** A day's allowance of Cloudflare's free plan: until 00:00 UTC it answers errors. */
  | { event: "allowance_used_up"; of: "objects" | "d1" }
  | { event: "admin_failed"; path: string; error: unknown }
  | { event: "access_keys_unavailable"; error: unknown }
  | { event: "access_keys_kept"; error: unknown }
  // A request.
  /** Each one that was admitted, as it is booked; money in nano-dollars, times in milliseconds. */
  | ({ event: "request_ended"; key: string } & EndedRequest)
  | { event: "request_failed"; request: string; error: unknown }
  /** By the key's own rule. An operator writes such a rule from this line; a user agent is not a secret, unless it holds a key. */
  | { event: "client_refused"; request: string; client: string; user_agent: string }
  | { event: "lease_not_given_back"; request: string; error: unknown }
  | { event: "lease_not_renewed"; request: string; error: unknown }
  | { event: "lease_lapsed"; request: string }
  | { event: "settlement_failed"; requests: string[]; attempt: number; attempts: number; error: unknown }
  | { event: "background_responses_seen"; running: number; booked: number; lost: number; unknown: number }
  | { event: "background_response_not_kept"; request: string; error: unknown }
  | { event: "background_response_not_told"; request: string; error: unknown }
  // A key.
  | { event: "gate_unreachable"; key: string; error: unknown }
  | { event: "ledger_flush_failed"; key: string; failures: number; next_try: string; error: unknown }
  | { event: "ledger_flushed_again"; key: string }
  /** One of a key's limits is used to so many percent. */
  | {
      event: "key_limit_near" | "key_limit_reached";
      key: string;
      limit: Allowance["of"];
      percent: number;
      resets_at: string | null;
    }
  | { event: "ledger_entry_refused"; key: string; request: string; error: unknown }
  /** Somebody looked at figures that lack what the gate has not flushed. */
  | { event: "usage_read_unflushed"; key: string; error: unknown }
  /** Its holder has seen its limits without its name. */
  | { event: "key_name_unread"; key: string; error: unknown }
  | { event: "correction_waits"; key: string; error: unknown }
  // An account.
  /** None of its keys will be used for a while. */
  | { event: "account_limited"; account: string; condition: string | null; until: string | null }
  /** Nothing but its operator brings it back. */
  | { event: "account_disabled"; account: string; condition: string | null }
  | { event: "account_recovered"; account: string }
  /** Left out of the pool: another version of the relay has made it. */
  | { event: "account_of_unknown_kind"; account: string; kind: string }
  | { event: "credential_unreadable"; account: string; position: number; error: unknown }
  /** `error` is a word for it: neither the key nor what it has signed. */
  | { event: "access_token_not_issued"; account: string; error: string }
  | { event: "request_not_prepared"; account: string; error: string }
  | { event: "keeper_unreachable"; account: string; error: unknown }
  /** Known to this isolate alone. */
  | { event: "account_fault_untold"; account: string; error: unknown }
  | { event: "account_recovery_untold"; account: string; error: unknown }
  | { event: "account_test_untold"; account: string; error: unknown }
  /** What an upstream has refused is asked for again, and refused again, until it can be written down. */
  | { event: "model_gap_unwritten"; account: string; error: unknown }
  | { event: "account_lease_not_given_back"; account: string; error: unknown }
  | { event: "account_lease_not_renewed"; account: string; error: unknown }
  | { event: "account_health_not_written"; account: string | null; next_try: string; error: unknown }
  /** Nothing renews its sign-in any more. */
  | { event: "sign_in_needed"; account: string; reason: string }
  | { event: "sign_in_ends_soon"; account: string; ends: string }
  /** `status`: what the provider's authorization server answered; 0 where it did not. */
  | { event: "token_not_renewed"; account: string; status: number; next_try: string }
  /** Isolates that have no token ask the account's Keeper. */
  | { event: "token_not_published"; account: string; error: unknown }
  /** Its account was deleted, or somebody has signed in again, and the provider has taken it back. */
  | { event: "sign_in_revoked"; account: string }
  /** It was not taken back, and may be good until its end. `status`: what the provider has refused it with; 0: it did not answer. */
  | { event: "sign_in_not_revoked"; account: string; status: number }
  | { event: "sign_in_not_forgotten"; account: string; error: unknown }
  /** The provider says that the project is gone in which requests are made, and names no other. */
  | { event: "project_not_found"; account: string; why: string }
  /** Isolates use the old one until they read the account's token again. */
  | { event: "project_untold"; account: string; error: unknown }
  | { event: "account_test_broke"; error: unknown }
  | {
      event: "scheduled_test_failed";
      account: string;
      key: { position: number; hint: string };
      condition: string | null;
      status: number | null;
    }
  | { event: "scheduled_tests_done"; tested: number; failed: number };

/** What the log says of a request: figures and ids. */
interface EndedRequest {
  request: string;
  account: string | null;
  model: string;
  served_model: string | null;
  client: string;
  status: number;
  outcome: string;
  input_tokens: number;
  output_tokens: number;
  cost_nanos: number;
  ttft_ms: number | null;
  duration_ms: number;
  tries: number;
}

type Level = "error" | "warn" | "info" | "debug";

/**
 * `error`: something is lost, or needs its operator. `warn`: it mends itself. `info`: it is as it should be. `debug`: the same, for
 * every request.
 */
const LEVELS: Record<RelayEvent["event"], Level> = {
  weak_secret: "error",
  accounts_unreadable: "error",
  prices_unreadable: "warn",
  foreign_keys_unreadable: "error",
  price_feed_refused: "warn",
  stale_value_kept: "warn",
  job_failed: "error",
  storage_unwritable: "error",
  allowance_near: "warn",
  budget_near: "warn",
  budget_reached: "warn",
  model_unpriced: "warn",
  cache_share_fell: "warn",
  new_version: "info",
  release_feed_unread: "warn",
  alert_not_kept: "warn",
  alert_not_delivered: "warn",
  allowance_used_up: "error",
  admin_failed: "error",
  access_keys_unavailable: "error",
  access_keys_kept: "warn",
  request_ended: "debug",
  request_failed: "error",
  client_refused: "info",
  lease_not_given_back: "warn",
  lease_not_renewed: "warn",
  lease_lapsed: "warn",
  settlement_failed: "warn",
  background_responses_seen: "info",
  background_response_not_kept: "error",
  background_response_not_told: "warn",
  gate_unreachable: "error",
  ledger_flush_failed: "warn",
  ledger_flushed_again: "info",
  key_limit_near: "info",
  key_limit_reached: "info",
  ledger_entry_refused: "error",
  usage_read_unflushed: "warn",
  key_name_unread: "warn",
  correction_waits: "warn",
  account_limited: "warn",
  account_disabled: "error",
  account_recovered: "info",
  account_of_unknown_kind: "error",
  credential_unreadable: "error",
  access_token_not_issued: "warn",
  request_not_prepared: "error",
  keeper_unreachable: "error",
  account_fault_untold: "warn",
  account_recovery_untold: "warn",
  account_test_untold: "warn",
  model_gap_unwritten: "warn",
  account_lease_not_given_back: "warn",
  account_lease_not_renewed: "warn",
  account_health_not_written: "warn",
  sign_in_needed: "error",
  sign_in_ends_soon: "warn",
  token_not_renewed: "warn",
  token_not_published: "warn",
  sign_in_revoked: "info",
  sign_in_not_revoked: "error",
  sign_in_not_forgotten: "warn",
  project_not_found: "error",
  project_untold: "warn",
  account_test_broke: "error",
  scheduled_test_failed: "warn",
  scheduled_tests_done: "info",
};

/** What `LOG_LEVEL` may be, and how much of the log it keeps. */
const RANKS: Record<string, number> = { none: 0, error: 1, warn: 2, info: 3, debug: 4 };

/** Who reads events beside the log. */
let listener: ((event: RelayEvent) => void) | undefined;

/** Has each event told to `reader` too, which never throws and takes no time. */
export function listen(reader: (event: RelayEvent) => void): void {
  listener = reader;
}

/** Writes an event to the log, and tells whoever listens. */
export function record(event: RelayEvent): void {
  log(event);
  listener?.(event);
}

/** Writes an event to the log alone, where `LOG_LEVEL` wants its level: `none`, `error`, `warn`, `info` (the default) or `debug`. */
export function log(event: RelayEvent): void {
  const level = LEVELS[event.event];
  if (!isRecorded(level)) return;
  console[level](JSON.stringify({ level, ...event }, asText));
}

/** Whether events of this level are written: what is costly to put together need not be. */
export function isRecorded(level: Level): boolean {
  return (RANKS[level] ?? 0) <= (RANKS[env.LOG_LEVEL] ?? RANKS.info ?? 0);
}

/** An error has no members of its own that JSON would show. */
function asText(_: string, value: unknown): unknown {
  return value instanceof Error ? String(value) : value;
}
