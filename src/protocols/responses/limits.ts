/** A key's limits in the headers that OpenAI's API has for windows and Codex reads. */
import { type Allowance, fullestOf, usedShare } from "../../ground/allowance.ts";
import type { Face } from "../../refusal.ts";
import { type HeaderValues, OPENAI_WINDOWS, seconds, windowHeaders } from "../limits.ts";

const DAY_MINUTES = 24 * 60;

export function used(allowances: readonly Allowance[], now: number): HeaderValues {
  const fullest = fullestOf(allowances);
  return fullest ? { ...codexWindow(fullest), ...windowHeaders(allowances, now, OPENAI_WINDOWS) } : {};
}

/** Codex warns of the share that is left, by the length of the window. */
function codexWindow(fullest: Allowance): HeaderValues {
  const minutes = { daily_cost: DAY_MINUTES, weekly_cost: 7 * DAY_MINUTES }[fullest.of as string];
  return {
    "x-codex-primary-used-percent": String(Math.min(99, Math.floor(usedShare(fullest) * 100))),
    ...(minutes !== undefined && { "x-codex-primary-window-minutes": String(minutes) }),
    ...(fullest.resetAt !== null && { "x-codex-primary-reset-at": seconds(fullest.resetAt) }),
  };
}

/** Codex shows no message of a usage limit, but this, in a sentence that it ends with when to come back. */
export function reached(face: Face): HeaderValues {
  return { "x-codex-promo-message": `${firstSentence(face.message)}: ask its operator for more` };
}

/** Without its full stop, and in what a header can hold: models are named by clients. */
function firstSentence(text: string): string {
  const [first = ""] = text.split(/\.(?: |$)/);
  return first.replace(/[^ -~]/g, "?");
}
