/** Names for the user and the conversation that tell an upstream only whether they are the same as before. */
import { createHash } from "node:crypto";
import { object, parse, text } from "../../ground/json.ts";

/** 32 hexadecimal digits, always the same for the same text. The text cannot be computed from them. */
export function pseudonym(said: string): string {
  return createHash("sha256").update(said).digest("hex").slice(0, 32);
}

/** The {@link pseudonym} of the user whom a client names, without the session. */
export function userPseudonym(user: string): string {
  return pseudonym(personIn(user));
}

/** Claude Code names the session together with the user, in two forms (measured). It differs in each conversation. */
function personIn(user: string): string {
  const claim = user.startsWith("{") ? object(parse(user)) : undefined;
  const claimed = [claim?.device_id, claim?.account_uuid].map(text).filter((each) => each !== null);
  if (claimed.length > 0) return claimed.join(" ");
  const session = user.lastIndexOf("_session_");
  return session > 0 ? user.slice(0, session) : user;
}

/** A session as the key of a prompt cache: the session itself if it is short enough for OpenAI. */
export function cacheKey(session: string): string {
  return session.length <= 64 ? session : pseudonym(session);
}
