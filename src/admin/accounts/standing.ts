/**
 * The state of an account in the API's words, derived from its record and from what its Keeper knows. Pure.
 */
import { type Cooldown, isActive } from "../../pool/cooldown.ts";
import { type AccountHealth, isUsable, type TemporaryState, temporaryStates, usableFrom } from "../../pool/health.ts";
import { describeCondition } from "../../providers/faults/descriptions.ts";
import { kindOf } from "../../providers/kinds.ts";
import { type ProviderQuota, shownAt } from "../../providers/quota/windows.ts";
import type { accounts } from "../../store/schema.ts";
import { isoTime } from "../api/values.ts";
import type { AccountStandingView, AccountStatus, ProviderQuotaView, TemporaryStateView } from "./schema.ts";

/** A key of an account: the id under which its health is stored, and how the API shows it. */
export interface ShownKey {
  id: string;
  /** Its place in `api_keys`, from 0. */
  position: number;
  hint: string;
}

type Row = Pick<typeof accounts.$inferSelect, "schedulable" | "expiresAt" | "platform" | "kind">;

/** What is known of an account besides its record. */
export interface Known {
  health: AccountHealth | undefined;
  /** The keys that the account has now. Nothing that is stored about others matters any more. */
  keys: readonly ShownKey[];
  /** When it last answered, in milliseconds since the epoch; null: never. */
  answeredAt: number | null;
}

interface Status {
  status: AccountStatus;
  condition: string | null;
  until: number | null;
}

export function standingOf(row: Row, known: Known, now: number): AccountStandingView {
  const { health, keys, answeredAt } = known;
  const states = health ? temporaryStates(health, now) : [];
  const current = states.filter(({ key }) => key === null || keys.some(({ id }) => id === key));
  const { status, condition, until } = statusOf(row, known, now);
  const { lastError = null, lastTest = null } = health ?? {};
  return {
    status,
    status_condition: condition,
    status_reason: condition === null ? null : describeCondition(condition),
    status_until: until === null ? null : isoTime(until),
    last_error: lastError && {
      time: isoTime(lastError.at),
      status: lastError.status,
      condition: lastError.condition,
      reason: describeCondition(lastError.condition),
    },
    last_test: lastTest && {
      time: isoTime(lastTest.at),
      ok: lastTest.ok,
      condition: lastTest.condition,
      reason: lastTest.condition === null ? null : describeCondition(lastTest.condition),
    },
    last_answered_at: answeredAt === null ? null : isoTime(answeredAt),
    temporary_states: current.map((state) => viewOf(state, keys)),
    provider_quota: health?.quota ? quotaView(health.quota, now) : null,
  };
}

function statusOf(row: Row, { health, keys, answeredAt }: Known, now: number): Status {
  const { schedulable, expiresAt } = row;
  if (!schedulable) return plainly("paused");
  if (expiresAt !== null && now >= expiresAt) return plainly("expired");
  const seen = answeredAt !== null || Boolean(health?.lastTest ?? health?.lastError);
  const usable = plainly(seen ? "ok" : "untested");
  const ids = keys.map(({ id }) => id);
  // The account was restored from a backup without its sign-in.
  if (ids.length === 0 && kindOf(row.platform, row.kind)?.oauth) {
    return { status: "sign_in_needed", condition: "reauth_required", until: null };
  }
  if (!health) return usable;
  const closed = health.disabled ?? closedKeys(health, ids);
  if (closed !== null) {
    const signIn = needsSignIn(row, closed);
    return { status: signIn ? "sign_in_needed" : "disabled", condition: closed, until: null };
  }
  // A probe that somebody else makes is over in a moment.
  const settled = { ...health, probing: false };
  if (ids.length === 0 || isUsable(settled, null, now, ids) !== "no") return usable;
  const cooldown = cooldownOf(health, ids, now);
  return {
    status: cooldown?.known ? "limited" : "cooling_down",
    condition: cooldown?.condition ?? null,
    until: usableFrom(settled, null, now, ids),
  };
}

function plainly(status: AccountStatus): Status {
  return { status, condition: null, until: null };
}

/** Why none of the keys will serve again by itself; null if one will. */
function closedKeys(health: AccountHealth, ids: readonly string[]): string | null {
  const reasons = ids.map((id) => (Object.hasOwn(health.keys, id) ? (health.keys[id]?.disabled ?? null) : null));
  return reasons.every((reason) => reason !== null) ? (reasons[0] ?? null) : null;
}

/** What keeps the account out of use: its own cooldown, else that of the key which is back first. */
function cooldownOf(health: AccountHealth, ids: readonly string[], now: number): Cooldown | null {
  if (isActive(health.parked, now)) return health.parked;
  const ofKeys = ids.flatMap((id) => (Object.hasOwn(health.keys, id) ? (health.keys[id]?.parked ?? []) : []));
  return ofKeys.filter((cooldown) => isActive(cooldown, now)).sort((a, b) => a.until - b.until)[0] ?? null;
}

/** What ends a sign-in, or refuses its token, needs a person who signs in again. */
function needsSignIn({ platform, kind }: Row, condition: string): boolean {
  return (
    condition.startsWith("reauth_required") || (condition === "key_refused" && Boolean(kindOf(platform, kind)?.oauth))
  );
}

function viewOf(state: TemporaryState, keys: readonly ShownKey[]): TemporaryStateView {
  const key = keys.find(({ id }) => id === state.key);
  return {
    scope: state.scope,
    key: key ? { position: key.position, hint: `…${key.hint}` } : null,
    family: state.family,
    condition: state.condition,
    reason: describeCondition(state.condition),
    until: state.until === null ? null : isoTime(state.until),
  };
}

function quotaView({ windows, deciding, asked }: ProviderQuota, now: number): ProviderQuotaView {
  return {
    windows: windows.map((window) => {
      const { resetsAt, readAt, ...said } = shownAt(window, now);
      return { ...said, resets_at: resetsAt === null ? null : isoTime(resetsAt), read_at: isoTime(readAt) };
    }),
    deciding,
    asked_at: asked && isoTime(asked.at),
    error: asked?.error ?? null,
  };
}
