/**
 * Google signs parts of an answer, and wants each back on the part that had it. In the hub only thinking has a signature: a
 * block of thinking before the part, empty where the model has shown none, carries it, and says which kind of part it belongs
 * to. So a client that sorts its blocks (Chat has one list of calls) still brings each to its place. What Google's own tools were
 * asked and have answered comes back the same way, whole.
 */
import { array, isObject, parse } from "../../../ground/json.ts";
import { carriedFrom, carry } from "../carried.ts";
import type { Part } from "./wire.ts";

export type Signed = "call" | "text" | "thought";

export type Carried = { of: Signed; signature: string } | { of: "hosted"; parts: Part[] };

/** Google's documented value for a call that its models did not make, or whose signature was lost. */
export const UNSIGNED = "skip_thought_signature_validator";

const LETTERS = { call: "c", text: "t", thought: "h" } as const;
const HOSTED = "p";

export function carriedSignature(of: Signed, signature: string): string {
  return carry("gemini", `${LETTERS[of]}${signature}`);
}

/** Calls and answers of Google's own tools, as they came. */
export function carriedParts(parts: readonly Part[]): string {
  return carry("gemini", `${HOSTED}${JSON.stringify(parts)}`);
}

/** What the signature of a hub's block of thinking holds; null for one that is not Google's. */
export function carriedIn(signature: string): Carried | null {
  const payload = carriedFrom("gemini", signature);
  if (!payload) return null;
  const [letter, rest] = [payload[0], payload.slice(1)];
  if (letter === HOSTED) return { of: "hosted", parts: array(parse(rest)).filter(isObject).flatMap(hostedPart) };
  for (const of of ["call", "text", "thought"] as const) if (LETTERS[of] === letter) return { of, signature: rest };
  return null;
}

/** The members of a part that a tool of Google's has; none of another part, which a client could have put there. */
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
