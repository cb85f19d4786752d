/** Who asks, and in which conversation, in words that tell an upstream nothing but whether it is the same again. */
import { createHash } from "node:crypto";

/** The same for the same text, and no way back to it: 32 hexadecimal digits. */
export function pseudonym(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A session as the key of a prompt cache: itself where it is short, as OpenAI wants it. */
export function cacheKey(session: string): string {
  return session.length <= 64 ? session : pseudonym(session);
}
