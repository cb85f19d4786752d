/**
 * Reasoning items and thinking. An item has one opaque string for what its provider wants back, `encrypted_content`. The signature of
 * any provider travels in it, and says whose it is (carried.ts).
 */
import { array, object } from "../../../ground/json.ts";
import { carriedFrom, carry, isCarried } from "../carried.ts";
import type { HubRedactedThinking, HubThinking, Json } from "../hub.ts";

/** Precedes the data of redacted thinking. No signature begins like this, because base64 has no colon. */
const REDACTED = "redacted:";

/** The `encrypted_content` for thinking; null if there is nothing to send back. */
export function encryptedFor(signature: string): string | null {
  if (signature === "") return null;
  return isCarried(signature) ? signature : carry("anthropic", signature);
}

export function encryptedForRedacted({ data }: HubRedactedThinking): string {
  return carry("anthropic", REDACTED + data);
}

/** The thinking in a reasoning item; null if nothing of it can be read. OpenAI's own is only for OpenAI. */
export function thinkingIn({
  summary,
  content,
  encrypted_content: encrypted,
}: Json): HubThinking | HubRedactedThinking | null {
  const signature = typeof encrypted === "string" ? signatureIn(encrypted) : "";
  if (signature.startsWith(REDACTED)) return { type: "redacted_thinking", data: signature.slice(REDACTED.length) };
  const thinking = textsIn(summary) || textsIn(content);
  return thinking === "" && signature === "" ? null : { type: "thinking", thinking, signature };
}

function signatureIn(encrypted: string): string {
  return carriedFrom("anthropic", encrypted) ?? (isCarried(encrypted) ? encrypted : "");
}

/** A summary that the relay has written has one part, which must come back unchanged. */
function textsIn(parts: unknown): string {
  const texts = array(parts).map((part) => object(part)?.text);
  return texts.filter((text) => typeof text === "string").join("\n\n");
}
