/** Which events are alerts: the one table. Pure. Events that are not in it only go to the log. */
import type { RelayEvent } from "../events.ts";
import { DAY_MS } from "../ground/durations.ts";
import type { Condition } from "./alert.ts";

type Named = RelayEvent["event"];
/** Events that say the same of different things are one member of the union. It is found by any of its names. */
type EventOf<Name extends Named, Member extends RelayEvent = RelayEvent> = Member extends RelayEvent
  ? Name extends Member["event"]
    ? Member
    : never
  : never;
type Reading = { [Name in Named]?: (event: EventOf<Name>, now: number) => Condition | null };

/** After this many failures a flush has failed for more than a minute, and the next tries are further and further apart. */
const FLUSHES_FAILED = 5;
/** A condition whose end nobody sees is told again the day after. */
const FOR_A_DAY = DAY_MS;

const account = (id: string) => ({ table: "accounts", id }) as const;
const key = (id: string) => ({ table: "api_keys", id }) as const;

const READINGS: Reading = {
  sign_in_needed: ({ account: id, reason }) => {
    return { type: "sign_in_needed", subject: id, params: { reason }, named: account(id), endsAt: null };
  },
  sign_in_ends_soon: ({ account: id, ends }) => ({
    ...{ type: "sign_in_ends", subject: `${id}/${ends}`, params: { ends } },
    ...{ named: account(id), endsAt: Date.parse(ends) },
  }),
  account_disabled: ({ account: id, condition }) => ({
    ...{ type: "account_disabled", subject: id, params: { reason: condition }, named: account(id), endsAt: null },
  }),
  account_limited: ({ account: id, condition, until }) => ({
    ...{ type: "account_limited", subject: id, params: { reason: condition, until }, named: account(id), endsAt: null },
  }),
  credential_unreadable: ({ account: id, position }, now) => ({
    ...{ type: "credential_unreadable", subject: `${id}/${position}`, params: { position } },
    ...{ named: account(id), endsAt: now + FOR_A_DAY },
  }),
  key_limit_near: (event, now) => ({ type: "key_limit_near", ...limitOf(event, now) }),
  key_limit_reached: (event, now) => ({ type: "key_limit_reached", ...limitOf(event, now) }),
  budget_near: (event) => ({ type: "budget_near", ...budgetOf(event) }),
  budget_reached: (event) => ({ type: "budget_reached", ...budgetOf(event) }),
  model_unpriced: ({ model, requests }) => {
    return { type: "model_unpriced", subject: model, params: { model, requests }, endsAt: null };
  },
  cache_share_fell: ({ percent, before, model, key: ofKey, account: ofAccount }) => {
    const params = { percent, before, model, key: ofKey, account: ofAccount };
    return { type: "cache_share_fell", subject: "relay", params, endsAt: null };
  },
  allowance_near: ({ allowance, used, limit, day, exhausted_at }) => {
    const percent = Math.floor((100 * used) / limit);
    const params = { allowance, percent, used, limit, exhausted_at };
    const of = { of: "allowance", used: percent } as const;
    const endsAt = Date.parse(day) + DAY_MS;
    return { type: "allowance_near", subject: `${allowance}/${day}`, params, endsAt, percent: of };
  },
  allowance_used_up: ({ of }, now) => {
    const tomorrow = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
    return { type: "allowance_used_up", subject: `${of}/${tomorrow}`, params: { of }, endsAt: tomorrow };
  },
  ledger_flush_failed: ({ key: id, failures, next_try }) => {
    if (failures < FLUSHES_FAILED) return null;
    return { type: "flush_failing", subject: id, params: { failures, next_try }, named: key(id), endsAt: null };
  },
  ledger_entry_refused: ({ key: id, request }, now) => ({
    ...{ type: "booking_refused", subject: id, params: { request }, named: key(id), endsAt: now + FOR_A_DAY },
  }),
  storage_unwritable: ({ since }) => ({ type: "storage_unwritable", subject: "d1", params: { since }, endsAt: null }),
  job_failed: ({ job }) => ({ type: "job_failed", subject: job, params: { job }, endsAt: null }),
  new_version: ({ version, current, url }) => {
    return { type: "new_version", subject: version, params: { version, current, url }, endsAt: null };
  },
};

/** The alert that an event stands for; null: none. `now` in milliseconds since the epoch. */
export function conditionOf(event: RelayEvent, now: number): Condition | null {
  const reading = READINGS[event.event] as ((event: RelayEvent, now: number) => Condition | null) | undefined;
  return reading?.(event, now) ?? null;
}

type LimitEvent = EventOf<"key_limit_near" | "key_limit_reached">;

/** Each limit of a key is told once in each of its periods. */
function limitOf({ key: id, limit, percent, resets_at }: LimitEvent, now: number) {
  const resetAt = resets_at === null ? null : Date.parse(resets_at);
  return {
    subject: `${id}/${limit}/${resets_at ?? ""}`,
    params: { limit, percent, resets_at },
    named: key(id),
    // A limit that never resets may be raised, and come near its end again.
    endsAt: resetAt ?? now + 30 * DAY_MS,
    percent: { of: "key", used: percent } as const,
  };
}

type BudgetEvent = EventOf<"budget_near" | "budget_reached">;

function budgetOf({ of, from, to, spent_usd, budget_usd, percent }: BudgetEvent) {
  return {
    subject: `${of}/${from}`,
    params: { of, percent, spent_usd, budget_usd, to },
    endsAt: Date.parse(to),
    percent: { of: "budget", used: percent } as const,
  };
}
