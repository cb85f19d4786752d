/**
 * Which conversation a request belongs to, from what clients are known to send (measured). Used only to keep a
 * conversation on the account whose prompt cache it has filled, so a wrong guess costs a cache miss and no more.
 */
import type { Members } from "../protocols/members.ts";
import type { Peek } from "../protocols/peek.ts";
import { firstElement, type Span } from "../protocols/scan.ts";

/** Claude Code; Codex (hyphen since 0.169, underscore before: different headers); others by convention. */
const SESSION_HEADERS = ["x-claude-code-session-id", "session-id", "session_id", "conversation_id", "x-session-id"];

/** Only the tail of an id is kept: it is stored with every request, and ids are random at their end. */
export const SESSION_TAIL = 16;
/** How much of the system text and of the first message is hashed: a prompt that is the same for longer is that of the same application. */
const HASHED_BYTES = 4_096;

type SessionFormat = Pick<Peek, "sessionIn" | "INSTRUCTIONS" | "CONVERSATION">;

/** A short id of the session; null if nothing tells of one. `members` are the body's. */
export function sessionOf(headers: Headers, format: SessionFormat, members: Members): string | null {
  return namedSession(headers, format, members)?.slice(-SESSION_TAIL) ?? openingOf(format, members);
}

/** The client's own name for the session, uncut; null if it says none. */
export function namedSession(
  headers: Headers,
  { sessionIn }: Pick<Peek, "sessionIn">,
  members: Members,
): string | null {
  return SESSION_HEADERS.map((name) => headers.get(name)).find(Boolean) ?? sessionIn(members);
}

/** For clients that name no session: a hash of the system text and the first message, which later turns repeat. */
function openingOf({ INSTRUCTIONS, CONVERSATION }: SessionFormat, { bytes, spans }: Members): string | null {
  const system = INSTRUCTIONS.map((name) => spans.get(name)).find(Boolean);
  const conversation = CONVERSATION.map((name) => spans.get(name)).find(Boolean);
  const first = conversation && firstElement(bytes, conversation);
  if (!first) return null;
  return hash([system, first].filter((span) => span !== undefined).map((span) => head(bytes, span)));
}

function head(bytes: Uint8Array, span: Span): Uint8Array {
  return bytes.subarray(span.start, Math.min(span.end, span.start + HASHED_BYTES));
}

/** FNV-1a over two lanes: 64 bits, no crypto, a few microseconds. */
function hash(parts: Uint8Array[]): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (const part of parts) {
    for (const byte of part) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte, 0x85ebca6b);
    }
  }
  return ((low >>> 0).toString(16) + (high >>> 0).toString(16)).padStart(16, "0");
}
