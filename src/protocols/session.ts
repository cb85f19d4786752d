/** The session that clients name in a body, in the members that Anthropic and OpenAI have for it (measured). */
import { object, parse, text } from "../ground/json.ts";
import type { Members } from "./members.ts";

export const SESSION_MEMBERS = ["metadata", "prompt_cache_key"];

/** Longer than `_session_` and any id that is kept. */
const LONGEST_ID = 200;

/** As it is written; null where there is none. */
export function sessionIn(members: Members): string | null {
  return sessionInMetadata(members.value("metadata")) ?? text(members.value("prompt_cache_key"));
}

/**
 * `metadata.user_id` in both of Claude Code's forms: a JSON string with a `session_id`, and (until 2.0)
 * `user_<hash>_account_<id>_session_<uuid>`.
 */
function sessionInMetadata(metadata: unknown): string | null {
  const userId = text(object(metadata)?.user_id);
  if (!userId) return null;
  // From the end, and not far: from the beginning a long text of beginnings takes a pattern minutes.
  return userId.slice(-LONGEST_ID).match(/_session_([\w-]+)$/)?.[1] ?? text(object(parse(userId))?.session_id);
}
