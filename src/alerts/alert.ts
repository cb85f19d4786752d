/** What an operator is alerted to: the one list of types, and what each of them tells. Pure. */
import type { Allowance } from "../ground/allowance.ts";

/** The share of a model's, key's or account's input that came from caches, in percent; `before` null: it is new. */
export interface NamedShare {
  name: string;
  percent: number;
  before: number | null;
}

export interface KeyLimitParams {
  name: string;
  limit: Allowance["of"];
  percent: number;
  /** ISO 8601; null: it does not reset. */
  resets_at: string | null;
}

export interface BudgetParams {
  of: "day" | "month";
  percent: number;
  spent_usd: string;
  budget_usd: string;
  /** When the period ends, ISO 8601. */
  to: string;
}

/** The figures of one period beside those of the period before. */
export interface DigestParams {
  period: "day" | "week";
  from: string;
  to: string;
  requests: [now: number, before: number];
  errors: [now: number, before: number];
  cost_usd: [now: string, before: string];
  /** In percent; null if there was no input. */
  cache_percent: [now: number | null, before: number | null];
  top_keys: { name: string; requests: number; cost_usd: string }[];
  /** How many accounts are in each state. */
  accounts: Record<string, number>;
}

/** What each type tells: names, figures and times, but never a secret and nothing of a body. */
export interface AlertParams {
  sign_in_needed: { name: string; reason: string };
  sign_in_ends: { name: string; ends: string };
  account_disabled: { name: string; reason: string | null };
  account_limited: { name: string; reason: string | null; until: string | null };
  credential_unreadable: { name: string; position: number };
  key_limit_near: KeyLimitParams;
  key_limit_reached: KeyLimitParams;
  budget_near: BudgetParams;
  budget_reached: BudgetParams;
  model_unpriced: { model: string; requests: number };
  cache_share_fell: {
    percent: number;
    before: number;
    model: NamedShare | null;
    key: NamedShare | null;
    account: NamedShare | null;
  };
  allowance_near: { allowance: string; percent: number; used: number; limit: number; exhausted_at: string | null };
  allowance_used_up: { of: "objects" | "d1" };
  flush_failing: { name: string; failures: number; next_try: string };
  booking_refused: { name: string; request: string };
  storage_unwritable: { since: string };
  job_failed: { job: string };
  new_version: { version: string; current: string; url: string };
  digest: DigestParams;
}

export type AlertType = keyof AlertParams;

export interface TypeRules {
  /** `urgent`: something has stopped, or is about to; such an alert is also sent in quiet hours. */
  level: "urgent" | "warning" | "info";
  /** Whether it is repeated while it lasts. */
  reminds: boolean;
  /** Whether its end is told too. */
  recovers: boolean;
}

export const ALERTS: Record<AlertType, TypeRules> = {
  sign_in_needed: { level: "urgent", reminds: true, recovers: true },
  sign_in_ends: { level: "warning", reminds: false, recovers: false },
  account_disabled: { level: "urgent", reminds: true, recovers: true },
  account_limited: { level: "warning", reminds: false, recovers: true },
  credential_unreadable: { level: "urgent", reminds: false, recovers: false },
  key_limit_near: { level: "warning", reminds: false, recovers: false },
  key_limit_reached: { level: "warning", reminds: false, recovers: false },
  budget_near: { level: "warning", reminds: false, recovers: false },
  budget_reached: { level: "urgent", reminds: false, recovers: false },
  model_unpriced: { level: "warning", reminds: false, recovers: false },
  cache_share_fell: { level: "warning", reminds: false, recovers: false },
  allowance_near: { level: "urgent", reminds: false, recovers: false },
  allowance_used_up: { level: "urgent", reminds: false, recovers: false },
  flush_failing: { level: "urgent", reminds: true, recovers: true },
  booking_refused: { level: "warning", reminds: false, recovers: false },
  storage_unwritable: { level: "urgent", reminds: true, recovers: true },
  job_failed: { level: "warning", reminds: false, recovers: true },
  new_version: { level: "info", reminds: false, recovers: false },
  digest: { level: "info", reminds: false, recovers: false },
};

export const ALERT_TYPES = Object.keys(ALERTS) as [AlertType, ...AlertType[]];

/** `again`: it was told before and still lasts. */
export const PHASES = ["raised", "again", "recovered"] as const;
export type Phase = (typeof PHASES)[number];

/** A condition that lasts. It is told once for each `subject` until it is over. */
export type Condition = {
  [Type in AlertType]: {
    type: Type;
    subject: string;
    /** All parameters, without `name` if a record is named. */
    params: "name" extends keyof AlertParams[Type] ? Omit<AlertParams[Type], "name"> : AlertParams[Type];
    /** The record whose name is told. */
    named?: { table: "accounts" | "api_keys"; id: string };
    /** When it is over by itself, in milliseconds since the epoch; null: when somebody sees that it is. */
    endsAt: number | null;
    /** The used share of something that may come near its end. The operator sets from which percentage on it is told. */
    percent?: { of: "key" | "budget" | "allowance"; used: number };
  };
}[AlertType];

/** One alert, in the form in which it is sent. */
export type Alert = {
  [Type in AlertType]: {
    id: string;
    time: number;
    type: Type;
    subject: string;
    phase: Phase;
    params: AlertParams[Type];
  };
}[AlertType];
