/** What is known of an account that was tried before it is saved. Pure. */
import type { CheckProgress } from "./check-stream.ts";

/** `changed`: something else is in the form now. */
export type TrialState = "untried" | "changed" | "worked" | "failed";

/** `ended`: the check has come to its end. */
export function trialOf(
  progress: CheckProgress | null,
  { ended, changed }: { ended: boolean; changed: boolean },
): TrialState {
  if (progress === null || !ended || progress.results.length === 0) return "untried";
  if (changed) return "changed";
  return progress.results.every(({ ok }) => ok) ? "worked" : "failed";
}
