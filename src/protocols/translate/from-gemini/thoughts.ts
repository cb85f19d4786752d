/**
 * Thinking that its provider wants back, as a `thoughtSignature`. For Google's clients that is a string of bytes, which they send back
 * with the part that had it. They keep no thoughts beside it, so it holds the whole block, text and signature.
 */
import { array, parse } from "../../../ground/json.ts";
import { CARRIED_PREFIX_BASE64, carriedFrom, carry, type Origin } from "../carried.ts";
import type { HubRedactedThinking, HubThinking } from "../hub.ts";

export type Thought = HubThinking | HubRedactedThinking;

const ORIGINS: readonly Origin[] = ["gemini", "openai", "anthropic"];

/** Signed thoughts as one signature, in base64. */
export function signatureOf(thoughts: readonly Thought[]): string {
  const written = thoughts.map((thought) =>
    thought.type === "thinking" ? [thought.thinking, thought.signature] : [thought.data],
  );
  return Buffer.from(carry(originOf(thoughts), JSON.stringify(written))).toString("base64");
}

/** The origin of the thoughts: that of the first signature. */
function originOf([first]: readonly Thought[]): Origin {
  const signature = first?.type === "thinking" ? first.signature : "";
  return ORIGINS.find((origin) => carriedFrom(origin, signature) !== null) ?? "anthropic";
}

/** The thoughts that `signatureOf` was given. */
export function thoughtsIn(signature: string): Thought[] {
  const carried = Buffer.from(signature, "base64").toString();
  const payload = ORIGINS.map((origin) => carriedFrom(origin, carried)).find((each) => each !== null);
  return array(parse(payload ?? "")).flatMap((written): Thought[] => {
    const [text, signed] = array(written);
    if (typeof text !== "string") return [];
    if (signed === undefined) return [{ type: "redacted_thinking", data: text }];
    return typeof signed === "string" ? [{ type: "thinking", thinking: text, signature: signed }] : [];
  });
}

/** Whether the relay has made a signature. */
export function isRelays(signature: string): boolean {
  return signature.startsWith(CARRIED_PREFIX_BASE64);
}
