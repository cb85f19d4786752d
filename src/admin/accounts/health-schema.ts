/** How an account is doing, at the API's edge. */

/**
 * - `ok`: may be used, though single keys or model families may have stepped aside.
 * - `limited`: has stepped aside as a whole, or with every key, for a time.
 * - `disabled`: a reset, or a request that succeeds, has to bring it back.
 * - `unschedulable`, `expired`: the operator's own `schedulable: false`, or `expires_at`.
 */
export type AccountStatus = "ok" | "limited" | "disabled" | "unschedulable" | "expired";

/** Something of the account that has stepped aside: the account, one key, or one model family at one key. */
export interface TemporaryStateView {
  scope: "account" | "key" | "family";
  /** Which of `api_keys`, counted from 0. */
  key: { position: number; hint: string } | null;
  family: string | null;
  /** The fault table's name for it, and the same in plain words. */
  condition: string;
  reason: string;
  /** Null: until a reset, or a request that succeeds. */
  until: string | null;
}

/** What every view of an account says about how it is doing. */
export interface AccountStandingView {
  status: AccountStatus;
  temporary_states: TemporaryStateView[];
}

export interface AccountErrorView {
  time: string;
  /** What the upstream answered; 0 where it did not. */
  status: number;
  class: "request" | "credential" | "upstream";
  condition: string;
  reason: string;
  until: string | null;
}

export interface AccountHealthView extends AccountStandingView {
  account_id: string;
  /** Requests under way, and what today's have cost; null where the account has no limit and nobody counts. */
  in_flight: number | null;
  today_cost_usd: string | null;
  /** When the day of the quota ends; null without a quota. */
  quota_resets_at: string | null;
  /** Share of the provider's tightest window that is used up, 0 to 1, as the last answers said. */
  headroom: { used: number; status: "allowed" | "warning" | "rejected" | null; resets_at: string } | null;
  /** The next request is a trial: it goes alone, and the account is used in full once it succeeds. */
  probing: boolean;
  /** Newest first, at most 50. */
  last_errors: AccountErrorView[];
}

export interface LimitedAccountView extends TemporaryStateView {
  account_id: string;
  account_name: string;
}
