/** Why an answer ended. */
import type { StopReason } from "../hub.ts";

const REASONS: Readonly<Record<string, StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  function_call: "tool_use",
  content_filter: "refusal",
  // GLM has this reason.
  sensitive: "refusal",
  model_context_window_exceeded: "model_context_window_exceeded",
  // Mistral has this reason.
  model_length: "model_context_window_exceeded",
};

export interface Finish {
  /** The upstream's reason; null if it gives none. */
  reason: string | null;
  hasCalls: boolean;
  hasRefused: boolean;
}

/** Several services say `stop` although there are calls to carry out. */
export function stopReasonOf({ reason, hasCalls, hasRefused }: Finish): StopReason {
  const known = reason !== null && Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
  const stop = known ?? "end_turn";
  if (stop !== "end_turn" && stop !== "tool_use") return stop;
  if (hasCalls) return "tool_use";
  // Without a call a client has nothing to carry out.
  return hasRefused ? "refusal" : "end_turn";
}
