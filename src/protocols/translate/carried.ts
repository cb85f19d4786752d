/**
 * Carries what one provider wants back in the next request, such as the signature of thinking, through another format that has one
 * opaque string for it. The string says which provider made it, so that it goes back to that provider and to no other. A foreign one
 * is dropped, and none is ever made up.
 */

/**
 * Who made it: `gemini` a `thoughtSignature`, `openai` an encrypted item of reasoning, `anthropic` a signature, `chat` what
 * OpenRouter's providers have signed, `relay` a summary that stands for a conversation (from-responses/compaction.ts).
 */
export type Origin = "gemini" | "openai" | "anthropic" | "chat" | "relay";

const PREFIX = "edge-relay.";
const LETTERS = { gemini: "g", openai: "o", anthropic: "a", chat: "c", relay: "r" } as const;

/** The payload as a string of base64url letters and dots. */
export function carry(origin: Origin, payload: string): string {
  return `${PREFIX}${LETTERS[origin]}.${Buffer.from(payload).toString("base64url")}`;
}

/** The payload that `carry` was given, if its origin was this one; else null. */
export function carriedFrom(origin: Origin, signature: string): string | null {
  const head = `${PREFIX}${LETTERS[origin]}.`;
  return signature.startsWith(head) ? Buffer.from(signature.slice(head.length), "base64url").toString() : null;
}

/** Whether the relay made a signature with `carry`, so that it is no provider's own. */
export function isCarried(signature: string): boolean {
  return signature.startsWith(PREFIX);
}

/** The bytes that appear in a body with such a signature. */
export const CARRIED_PREFIX = PREFIX;

/** The same in base64, up to the last letter that stands for whole bytes. Gemini's clients take a signature for bytes. */
export const CARRIED_PREFIX_BASE64 = Buffer.from(PREFIX.slice(0, 9)).toString("base64");
