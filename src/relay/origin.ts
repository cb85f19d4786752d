/**
 * Whose request it is, as the client itself says: the session, the sub-agent within it, and the one that started that.
 * Anybody can write anything there, so it is shown and summed up, and nothing is decided by it.
 */
import type { Origin } from "../store/entry.ts";

/** The ids that clients use are UUIDs and the like. What is longer or has other characters is left out, not cut. */
const ID = /^[\w.:-]{1,64}$/;

/** `session`: the name that the client has for its session, from wherever it says so (session.ts). */
export function originOf(headers: Headers, session: string | null): Origin {
  const sessionId = idIn(session);
  // Codex calls an agent a thread, and the first thread of a session by the session's own id.
  const thread = idIn(headers.get("thread-id") ?? headers.get("thread_id"));
  return {
    sessionId,
    agentId: idIn(headers.get("x-claude-code-agent-id")) ?? (thread === sessionId ? null : thread),
    parentAgentId: idIn(headers.get("x-claude-code-parent-agent-id") ?? headers.get("x-codex-parent-thread-id")),
  };
}

function idIn(text: string | null): string | null {
  return text !== null && ID.test(text) ? text : null;
}
