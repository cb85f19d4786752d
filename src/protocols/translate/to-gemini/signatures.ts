/**
 * Google signs parts of an answer, and wants each signature back on the part that had it. In the hub only thinking has a signature. A
 * block of thinking before the part carries it, empty if the model showed no thinking, and says to which kind of part it belongs. So
 * even a client that reorders its blocks (Chat has one list of calls) brings each back to its place. What Google's own tools were
 * asked, and what they answered, comes back in the same way, whole.
 */
import { array, isObject, parse } from "../../../ground/json.ts";
import { carriedFrom, carry } from "../carried.ts";
import type { Part } from "./wire.ts";

export type Signed = "call" | "text" | "thought";

export type Carried = { of: Signed; signature: string } | { of: "hosted"; parts: Part[] };

/** Google's documented value for a call that its models did not make, or whose signature was lost. */
export const UNSIGNED = "skip_thought_signature_validator";

/**
 * What precedes a payload; no signature has a colon. The signature of a call has no prefix, as in Google's own endpoint for Chat, so
 * that clients of that endpoint are understood (from-chat/reasoning.ts).
 */
const KINDS = { text: "text:", thought: "thought:", call: "" } as const;
const HOSTED = "parts:";

export function carriedSignature(of: Signed, signature: string): string {
  return carry("gemini", `${KINDS[of]}${signature}`);
}

/** Calls and answers of Google's own tools, unchanged. */
export function carriedParts(parts: readonly Part[]): string {
  return carry("gemini", `${HOSTED}${JSON.stringify(parts)}`);
}

/** What the signature of a hub's block of thinking holds; null if it is not Google's. */
export function carriedIn(signature: string): Carried | null {
  const payload = carriedFrom("gemini", signature);
  if (!payload) return null;
  if (payload.startsWith(HOSTED)) {
    const parts = array(parse(payload.slice(HOSTED.length)));
    return { of: "hosted", parts: parts.filter(isObject).flatMap(hostedPart) };
  }
  const of = payload.startsWith(KINDS.text) ? "text" : payload.startsWith(KINDS.thought) ? "thought" : "call";
  return { of, signature: payload.slice(KINDS[of].length) };
}

/** The members of a part of Google's own tools; none for any other part, which a client could have put there. */
export function hostedPart({ toolCall, toolResponse, thoughtSignature }: Record<string, unknown>): Part[] {
  if (!isObject(toolCall) && !isObject(toolResponse)) return [];
  return [
    {
      ...(isObject(toolCall) && { toolCall }),
      ...(isObject(toolResponse) && { toolResponse }),
      ...(typeof thoughtSignature === "string" && { thoughtSignature }),
    },
  ];
}
