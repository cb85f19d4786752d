/** Anthropic's names for the windows of a subscription: `7d_opus` in headers is `seven_day_opus` in bodies and in other headers. */

const LENGTHS: readonly [word: string, length: string][] = [
  ["five_hour", "5h"],
  ["seven_day", "7d"],
];
/** Names are stored, so their length and characters are bounded. */
const PART = /^[a-z\d_]{1,40}$/;
/** The one scope that the two name differently. */
const OVERAGE_INCLUDED = "overage_included";

/** A window, and what it is for: a model family, or another part of the use. */
export interface ClaimedWindow {
  name: string;
  scope: string | null;
}

/** Null if the word names no window. */
export function claimedWindow(claim: string): ClaimedWindow | null {
  for (const [word, length] of LENGTHS) {
    if (claim === word) return { name: length, scope: null };
    if (!claim.startsWith(`${word}_`)) continue;
    const part = claim.slice(word.length + 1);
    if (!PART.test(part)) return null;
    const scope = part === OVERAGE_INCLUDED ? "oi" : part;
    return { name: `${length}_${scope}`, scope };
  }
  return claim === OVERAGE ? OVERAGE_WINDOW : null;
}

const OVERAGE = "overage";
/** Use beyond the subscription, which is paid separately. */
export const OVERAGE_WINDOW: ClaimedWindow = { name: OVERAGE, scope: OVERAGE };
