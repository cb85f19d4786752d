/**
 * What one provider wants back in the next request, carried through a format of another that has one opaque string for it: a
 * signature of thinking. The string says whose it is, so that it goes back to that provider and to no other: a foreign one is
 * dropped, and none is ever made up.
 */

/**
 * Who made it: Gemini's `thoughtSignature`, an encrypted item of OpenAI's reasoning, Anthropic's signature, what OpenRouter's providers
 * have signed; the relay, a summary that stands for a conversation (from-responses/compaction.ts).
 */
export type Origin = "gemini" | "openai" | "anthropic" | "chat" | "relay";

const PREFIX = "edge-relay.";
const LETTERS = { gemini: "g", openai: "o", anthropic: "a", chat: "c", relay: "r" } as const;

/** The payload as a string of the letters of base64url and dots. */
export function carry(origin: Origin, payload: string): string {
  return `${PREFIX}${LETTERS[origin]}.${Buffer.from(payload).toString("base64url")}`;
}

/** What `carry` was given, if that was of this origin; else null. */
export function carriedFrom(origin: Origin, signature: string): string | null {
  const head = `${PREFIX}${LETTERS[origin]}.`;
  return signature.startsWith(head) ? Buffer.from(signature.slice(head.length), "base64url").toString() : null;
}

/** Whether a signature is one that the relay has carried, and no provider's own. */
export function isCarried(signature: string): boolean {
  return signature.startsWith(PREFIX);
}

/** The bytes that stand in a body that has one. */
export const CARRIED_PREFIX = PREFIX;

/** The same in base64, as far as letters stand for whole bytes: Gemini's clients take a signature for bytes. */
export const CARRIED_PREFIX_BASE64 = Buffer.from(PREFIX.slice(0, 9)).toString("base64");
