/** What an operator is alerted to: the one list of types, and what each has to say. Pure. */
import type { Allowance } from "../ground/allowance.ts";

/** Of a model, a key or an account: which share of its input came from caches, in percent; `before` null: it is new. */
export interface NamedShare {
  name: string;
  percent: number;
  before: number | null;
}

export interface KeyLimitParams {
  name: string;
  limit: Allowance["of"];
  percent: number;
  /** ISO 8601; null: it does not come back. */
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

/** One period's figures beside those of the period before. */
export interface DigestParams {
  period: "day" | "week";
  from: string;
  to: string;
  requests: [now: number, before: number];
  errors: [now: number, before: number];
  cost_usd: [now: string, before: string];
  /** In percent; null without any input. */
  cache_percent: [now: number | null, before: number | null];
  top_keys: { name: string; requests: number; cost_usd: string }[];
  /** How many accounts are in each state. */
  accounts: Record<string, number>;
}

/** What each type has to say: names, figures and times, never a secret and nothing of a body. */
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
  /** `urgent`: something stands still, or is about to; it may pass in quiet hours. */
  level: "urgent" | "warning" | "info";
  /** It is said again while it lasts. */
  reminds: boolean;
  /** Its end is said too. */
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

/** `again`: it was said before and still is the case. */
export const PHASES = ["raised", "again", "recovered"] as const;
export type Phase = (typeof PHASES)[number];

/** What is the case. It is told once for each `subject`, until that is over. */
export type Condition = {
  [Type in AlertType]: {
    type: Type;
    subject: string;
    /** All but `name`, where a record is named. */
    params: "name" extends keyof AlertParams[Type] ? Omit<AlertParams[Type], "name"> : AlertParams[Type];
    /** The record whose name is told. */
    named?: { table: "accounts" | "api_keys"; id: string };
    /** When it is over by itself, milliseconds since the epoch; null: when somebody sees that it is. */
    endsAt: number | null;
    /** How much is used of what is near its end: the operator says from when on that is told. */
    percent?: { of: "key" | "budget" | "allowance"; used: number };
  };
}[AlertType];

/** One alert, as it is told. */
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
