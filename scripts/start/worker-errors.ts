/**
 * Finds the errors in the output of `wrangler dev`. Everything goes to the log file; a person sees only these: an exception of the Worker,
 * its console.error, and a build that fails after an edit. Pure, line by line.
 */
import { withoutColours } from "./run.ts";

/** Whether the previous line belonged to an error. */
export interface ErrorState {
  inside: boolean;
}

const BEGINS = /^(✘ \[ERROR\] |\[wrangler:error\] )/;

/** The text to show for `line`, or null. After its first line, the lines of an error are indented or empty. */
export function errorIn(state: ErrorState, line: string): { state: ErrorState; show: string | null } {
  const plain = withoutColours(line);
  if (BEGINS.test(plain)) return { state: { inside: true }, show: plain.replace(BEGINS, "Worker error: ") };
  const inside = state.inside && /^(\s|$)/.test(plain);
  return { state: { inside }, show: inside && plain.trim() ? plain : null };
}
