/** Who asks, and in which conversation, in words that tell an upstream nothing but whether it is the same again. */
import { createHash } from "node:crypto";
import { object, parse, text } from "../../ground/json.ts";

/** The same for the same text, and no way back to it: 32 hexadecimal digits. */
export function pseudonym(said: string): string {
  return createHash("sha256").update(said).digest("hex").slice(0, 32);
}

/** The user whom a client names, in whichever session: {@link pseudonym} of no more than that. */
export function userPseudonym(user: string): string {
  return pseudonym(personIn(user));
}

/** Claude Code names the session beside the user, in two forms (measured); it is another in each conversation. */
function personIn(user: string): string {
  const claim = user.startsWith("{") ? object(parse(user)) : undefined;
  const claimed = [claim?.device_id, claim?.account_uuid].map(text).filter((each) => each !== null);
  if (claimed.length > 0) return claimed.join(" ");
  const session = user.lastIndexOf("_session_");
  return session > 0 ? user.slice(0, session) : user;
}

/** A session as the key of a prompt cache: itself where it is short, as OpenAI wants it. */
export function cacheKey(session: string): string {
  return session.length <= 64 ? session : pseudonym(session);
}
