/** Who asks and what belongs together, as OpenAI wants to be told: nothing in it says who somebody is. */
import { createHash } from "node:crypto";
import { object, parse, text } from "../../ground/json.ts";
import { fitted } from "./names.ts";

/** OpenAI's limit. */
const LONGEST_CACHE_KEY = 64;

/** `prompt_cache_key`: the same for each request of a conversation. */
export function cacheKeyOf(session: string): string {
  return fitted(session, LONGEST_CACHE_KEY);
}

/** `safety_identifier`: the same for each request of a user's, and no way back to what the client has said. */
export function safetyIdentifierOf(user: string): string {
  return createHash("sha256").update(personIn(user)).digest("hex");
}

/** Claude Code names the session beside the user, in two forms (clients.md); only the user is to be told apart. */
function personIn(user: string): string {
  const claim = user.startsWith("{") ? object(parse(user)) : undefined;
  const claimed = [claim?.device_id, claim?.account_uuid].map(text).filter((each) => each !== null);
  if (claimed.length > 0) return claimed.join(" ");
  const session = user.lastIndexOf("_session_");
  return session > 0 ? user.slice(0, session) : user;
}
