/** The session that a client names in the body, in the members that Anthropic and OpenAI have for it (measured). */
import { object, parse, text } from "../ground/json.ts";
import type { Members } from "./members.ts";

export const SESSION_MEMBERS = ["metadata", "prompt_cache_key"];

/** Longer than `_session_` and any id that is kept. */
const LONGEST_ID = 200;

/** The session as it is written; null if there is none. */
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
  // Only the end is searched: on a long text of many beginnings the pattern would take minutes.
  return userId.slice(-LONGEST_ID).match(/_session_([\w-]+)$/)?.[1] ?? text(object(parse(userId))?.session_id);
}
