/** A key's limits, in the headers that OpenAI's API uses for its windows and that Codex reads. */
import { type Allowance, fullestOf, usedShare } from "../../ground/allowance.ts";
import type { Face } from "../../refusal.ts";
import { type HeaderValues, OPENAI_WINDOWS, seconds, windowHeaders } from "../limits.ts";

const DAY_MINUTES = 24 * 60;

export function used(allowances: readonly Allowance[], now: number): HeaderValues {
  const fullest = fullestOf(allowances);
  return fullest ? { ...codexWindow(fullest), ...windowHeaders(allowances, now, OPENAI_WINDOWS) } : {};
}

/** Codex warns of the share that is left, and names the window by its length. */
function codexWindow(fullest: Allowance): HeaderValues {
  const minutes = { daily_cost: DAY_MINUTES, weekly_cost: 7 * DAY_MINUTES }[fullest.of as string];
  return {
    "x-codex-primary-used-percent": String(Math.min(99, Math.floor(usedShare(fullest) * 100))),
    ...(minutes !== undefined && { "x-codex-primary-window-minutes": String(minutes) }),
    ...(fullest.resetAt !== null && { "x-codex-primary-reset-at": seconds(fullest.resetAt) }),
  };
}

/** At a usage limit Codex shows no message except this one, and adds to the sentence when to come back. */
export function reached(face: Face): HeaderValues {
  return { "x-codex-promo-message": `${firstSentence(face.message)}: ask its operator for more` };
}

/** The first sentence without its full stop, in characters that a header can hold: clients choose the names of models in it. */
function firstSentence(text: string): string {
  const [first = ""] = text.split(/\.(?: |$)/);
  return first.replace(/[^ -~]/g, "?");
}
