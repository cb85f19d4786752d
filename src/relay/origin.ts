/**
 * Where a request comes from, as the client itself says: the session, the sub-agent within it, and the agent that started that.
 * Anybody can write anything there, so it is shown and summed up, and nothing is decided by it.
 */
import type { Origin } from "../store/entry.ts";

/** Clients use UUIDs and the like as ids. An id that is longer or has other characters is left out, not cut. */
const ID = /^[\w.:-]{1,64}$/;

/** `session`: the client's own name for its session, wherever it says it (session.ts). */
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
