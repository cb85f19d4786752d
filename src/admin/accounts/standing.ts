/**
 * How an account is doing, out of its record and of what its Keeper has found out, in the API's words. Pure.
 */
import type { AccountHealth } from "../../pool/health.ts";
import { isUsable, type TemporaryState, temporaryStates } from "../../pool/health.ts";
import { describeCondition } from "../../providers/faults/descriptions.ts";
import { type ProviderQuota, usedAt } from "../../providers/quota/windows.ts";
import type { accounts } from "../../store/schema.ts";
import { isoTime } from "../api/values.ts";
import type { AccountStandingView, AccountStatus, ProviderQuotaView, TemporaryStateView } from "./schema.ts";

/** A key of an account: the id that its health is remembered under, and how the API shows it. */
export interface ShownKey {
  id: string;
  /** Its place in `api_keys`, from 0. */
  position: number;
  hint: string;
}

type Row = Pick<typeof accounts.$inferSelect, "schedulable" | "expiresAt">;

/** `keys`: those that the account has now. What is remembered of others concerns nobody any more. */
export function standingOf(
  row: Row,
  health: AccountHealth | undefined,
  keys: readonly ShownKey[],
  now: number,
): AccountStandingView {
  const states = health ? temporaryStates(health, now) : [];
  const current = states.filter(({ key }) => key === null || keys.some(({ id }) => id === key));
  return {
    status: statusOf(row, health, keys, now),
    temporary_states: current.map((state) => viewOf(state, keys)),
    provider_quota: health?.quota ? quotaView(health.quota, now) : null,
  };
}

function statusOf(
  { schedulable, expiresAt }: Row,
  health: AccountHealth | undefined,
  keys: readonly ShownKey[],
  now: number,
): AccountStatus {
  if (!schedulable) return "unschedulable";
  if (expiresAt !== null && now >= expiresAt) return "expired";
  if (!health) return "ok";
  const ids = keys.map(({ id }) => id);
  const closed = ids.length > 0 && ids.every((id) => Object.hasOwn(health.keys, id) && health.keys[id]?.disabled);
  if (health.disabled !== null || closed) return "disabled";
  // A probe that somebody else has under way is over in a moment.
  const settled = { ...health, probing: false };
  return isUsable(settled, null, now, ids) === "no" && ids.length > 0 ? "limited" : "ok";
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
    windows: windows.map((window) => ({
      ...{ name: window.name, scope: window.scope },
      used: window.used === null ? null : usedAt(window, now),
      ...{ status: window.status, reason: window.reason, source: window.source },
      resets_at: window.resetsAt === null ? null : isoTime(window.resetsAt),
      read_at: isoTime(window.readAt),
    })),
    deciding,
    asked_at: asked && isoTime(asked.at),
    error: asked?.error ?? null,
  };
}
