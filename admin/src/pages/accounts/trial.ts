/** What is known about an account that was tested before it is saved. Pure. */
import type { CheckProgress } from "./check-stream.ts";

/** `changed`: the form has changed since. */
export type TrialState = "untried" | "changed" | "worked" | "failed";

/** `ended`: the check has reached its end. */
export function trialOf(
  progress: CheckProgress | null,
  { ended, changed }: { ended: boolean; changed: boolean },
): TrialState {
  if (progress === null || !ended || progress.results.length === 0) return "untried";
  if (changed) return "changed";
  return progress.results.every(({ ok }) => ok) ? "worked" : "failed";
}
