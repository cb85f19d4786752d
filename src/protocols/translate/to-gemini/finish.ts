/** Why an answer of Google's ended, and whether it has said anything. */
import { array, isObject, object, parse } from "../../../ground/json.ts";
import { answerOf } from "../../gemini/usage.ts";
import type { HubError, Json, StopReason } from "../hub.ts";

/** Reasons for which the provider withheld the answer. */
const REFUSALS = new Set([
  "SAFETY",
  "RECITATION",
  "LANGUAGE",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
]);

/** Mistakes of the model. Another try usually mends them. */
const FAULTS = new Set([
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "MALFORMED_RESPONSE",
]);
/** A fault of the request itself. */
const MISSING_SIGNATURE = "MISSING_THOUGHT_SIGNATURE";

/** `reason`: Google's own; null if the answer was whole without one. */
export function stopReasonOf(reason: string | null, called: boolean): StopReason {
  if (reason && REFUSALS.has(reason)) return "refusal";
  // The reason is STOP with calls too.
  if (called) return "tool_use";
  return reason === "MAX_TOKENS" || reason === "CONTINUATION" ? "max_tokens" : "end_turn";
}

/** The error that a reason stands for; null if it is a regular end. */
export function faultOf(reason: string | null, candidate: Json | undefined): HubError | null {
  if (!reason || !(FAULTS.has(reason) || reason === MISSING_SIGNATURE)) return null;
  const { finishMessage } = candidate ?? {};
  const words = typeof finishMessage === "string" && finishMessage !== "" ? `: ${finishMessage}` : ".";
  return { status: 502, category: "upstream", message: `The model ended its answer with ${reason}${words}` };
}

/** Null for no reason, and for the value that means none. */
export function reasonIn(candidate: Json | undefined): string | null {
  const reason = candidate?.finishReason;
  return typeof reason === "string" && reason !== "" && reason !== "FINISH_REASON_UNSPECIFIED" ? reason : null;
}

export function partsIn(candidate: Json | undefined): Json[] {
  return array(object(candidate?.content)?.parts).filter(isObject);
}

/** The first candidate. The relay never asks for more than one. */
export function candidateIn(answer: Json): Json | undefined {
  return object(array(answer.candidates)[0]);
}

/** Whether an answer, or its first event that is not empty, has ended without a word, by the model's fault or for no reason. */
export function isUseless(data: string): boolean {
  const event = object(parse(data));
  if (!event || event.error) return false;
  const answer = answerOf(event);
  const candidate = candidateIn(answer);
  const reason = reasonIn(candidate);
  if (reason === null || !partsIn(candidate).every(saysNothing)) return false;
  return reason === "STOP" || FAULTS.has(reason);
}

/** Thoughts without an answer do not count as an answer. */
function saysNothing(part: Json): boolean {
  if (part.thought === true) return true;
  return Object.entries(part).every(([name, value]) => name === "thoughtSignature" || value === "");
}
