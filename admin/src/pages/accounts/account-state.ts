/** The state of an account, as the relay reports it, in words. Pure. */
import type { Formats } from "../../locale/format.ts";
import type { Tone } from "../../parts/badge.tsx";
import type { Account } from "./accounts.ts";
import { conditionText } from "./conditions.ts";
import { words } from "./words.ts";

export interface AccountState {
  text: string;
  tone: Tone;
  /** The reason in the relay's words; undefined if there is nothing to explain. */
  why: string | undefined;
  /** When it ends by itself, ISO 8601. */
  until?: string;
}

export function accountState(
  {
    status,
    status_condition: condition,
    status_reason: reason,
    status_until: until,
    temporary_states,
  }: Pick<Account, "status" | "status_condition" | "status_reason" | "status_until" | "temporary_states">,
  format: Formats,
): AccountState {
  const text = words.states[status];
  const [single] = temporary_states;
  return {
    text: until === null ? text : words.stateUntil(text, format.date(until)),
    tone: TONES[status],
    ...(until !== null && { until }),
    // For an account that is in use, this is about single keys or model families.
    why: conditionText(condition, reason) ?? (single && conditionText(single.condition, single.reason)) ?? undefined,
  };
}

const TONES: Record<Account["status"], Tone> = {
  ok: "ok",
  untested: "off",
  limited: "warn",
  cooling_down: "warn",
  sign_in_needed: "bad",
  disabled: "bad",
  paused: "off",
  expired: "bad",
};
