/**
 * Which conversation a request belongs to, from what clients are known to send (measured). Used only to keep a
 * conversation on the account whose prompt cache it has filled, so a wrong guess costs a cache miss and no more.
 */
import { firstElement, parsedValue, type Span } from "../protocols/scan.ts";

/** Claude Code; Codex (hyphen since 0.169, underscore before: different headers); others by convention. */
const SESSION_HEADERS = ["x-claude-code-session-id", "session-id", "session_id", "conversation_id", "x-session-id"];

/** The instructions and the conversation, by their names in the four protocols. */
const INSTRUCTIONS = ["system", "instructions", "systemInstruction"];
const CONVERSATION = ["messages", "input", "contents"];

/** Members of the body that the session may be read from. */
export const SESSION_MEMBERS = ["metadata", "prompt_cache_key", ...INSTRUCTIONS, ...CONVERSATION];

/** Ids are random at their end, and are stored with every request: a tail tells them apart. */
export const SESSION_TAIL = 16;
/** How much of the opening words is hashed: a prompt that is the same for longer is the same application. */
const HASHED_BYTES = 4_096;

/** A short id of the session; null when nothing tells. `members` are the body's, as scanned. */
export function sessionOf(headers: Headers, body: Uint8Array, members: ReadonlyMap<string, Span>): string | null {
  return namedSession(headers, body, members)?.slice(-SESSION_TAIL) ?? openingOf(body, members);
}

/** The name that the client itself has for the session, as it is; null where it has none. */
export function namedSession(headers: Headers, body: Uint8Array, members: ReadonlyMap<string, Span>): string | null {
  return (
    SESSION_HEADERS.map((name) => headers.get(name)).find(Boolean) ??
    sessionInMetadata(parsedValue(body, members.get("metadata"))) ??
    text(parsedValue(body, members.get("prompt_cache_key")))
  );
}

/**
 * `metadata.user_id` in both of Claude Code's forms: a JSON string with a `session_id`, and (until 2.0)
 * `user_<hash>_account_<id>_session_<uuid>`.
 */
function sessionInMetadata(metadata: unknown): string | null {
  const userId = text(member(metadata, "user_id"));
  if (!userId) return null;
  const old = userId.match(/_session_([\w-]+)$/)?.[1];
  if (old) return old;
  try {
    return text(member(JSON.parse(userId), "session_id"));
  } catch {
    return null;
  }
}

/** For clients that name no session: a hash of the system text and the first message, which later turns repeat. */
function openingOf(body: Uint8Array, members: ReadonlyMap<string, Span>): string | null {
  const system = INSTRUCTIONS.map((name) => members.get(name)).find(Boolean);
  const conversation = CONVERSATION.map((name) => members.get(name)).find(Boolean);
  const first = conversation && firstElement(body, conversation);
  if (!first) return null;
  return hash([system, first].filter((span) => span !== undefined).map((span) => head(body, span)));
}

function head(body: Uint8Array, span: Span): Uint8Array {
  return body.subarray(span.start, Math.min(span.end, span.start + HASHED_BYTES));
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

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
