import { describe, expect, test } from "vitest";
import { accountOfSession, renewSession } from "../../src/gate/sessions.ts";
import { readMembers } from "../../src/protocols/members.ts";
import { WIRE } from "../../src/protocols/wire.ts";
import { sessionOf } from "../../src/relay/session.ts";

const UUID = "c1ef4dd4-def5-4ac2-ac39-1f3c30154169";
const TAIL = UUID.slice(-16);

function session(body: unknown, headers: Record<string, string> = {}, format = WIRE.anthropic): string | null {
  const members = readMembers(new TextEncoder().encode(JSON.stringify(body)), format.VOCABULARY);
  if (!members.ok) throw new Error(members.refusal.reason);
  return sessionOf(new Headers(headers), format, members.value);
}

describe("a session is told by", () => {
  test.each(["x-claude-code-session-id", "session-id", "session_id", "conversation_id"])("the header %s", (name) => {
    expect(session({ messages: [] }, { [name]: UUID })).toBe(TAIL);
  });

  test("both forms of metadata.user_id", () => {
    const json = JSON.stringify({ device_id: "ab".repeat(32), account_uuid: "", session_id: UUID });
    expect(session({ metadata: { user_id: json } })).toBe(TAIL);
    expect(session({ metadata: { user_id: `user_${"ab".repeat(32)}_account__session_${UUID}` } })).toBe(TAIL);
  });

  test("prompt_cache_key", () => {
    expect(session({ prompt_cache_key: UUID }, {}, WIRE.responses)).toBe(TAIL);
  });

  test("else the system text and the first message, which later turns repeat", () => {
    const first = { role: "user", content: "hello" };
    const turn1 = session({ system: "Be kind.", messages: [first] });
    const turn2 = session({ system: "Be kind.", messages: [first, { role: "assistant", content: "hi" }, first] });
    expect(turn1).toMatch(/^[0-9a-f]{16}$/);
    expect(turn2).toBe(turn1);
    expect(session({ system: "Be terse.", messages: [first] })).not.toBe(turn1);
    expect(session({ system: "Be kind.", messages: [{ role: "user", content: "other" }] })).not.toBe(turn1);
  });

  test.each([
    ["responses", { instructions: "Be kind.", input: [{ role: "user", content: "hello" }] }],
    ["chat", { messages: [{ role: "user", content: "hello" }] }],
    ["gemini", { system_instruction: { parts: [] }, contents: [{ role: "user", parts: [{ text: "hello" }] }] }],
  ] as const)("the opening words of %s", (protocol, body) => {
    expect(session(body, {}, WIRE[protocol])).toMatch(/^[0-9a-f]{16}$/);
  });

  test("nothing, where there is nothing", () => {
    expect(session({ model: "m" })).toBeNull();
    expect(session({ messages: [], metadata: { user_id: "not ours" } })).toBeNull();
  });
});

describe("sessions of a key", () => {
  test("are kept for an hour from their last use, and move with their account", () => {
    const first = renewSession([], "s", "a", 0);
    expect(accountOfSession(first, "s", 3_599_999)).toBe("a");
    expect(accountOfSession(first, "s", 3_600_000)).toBeNull();
    const moved = renewSession(first, "s", "b", 1_000_000);
    expect(accountOfSession(moved, "s", 4_000_000)).toBe("b");
    expect(moved).toHaveLength(1);
    expect(accountOfSession(moved, null, 0)).toBeNull();
  });

  test("are bounded: the one unused for longest is forgotten", () => {
    let sessions = renewSession([], "first", "a", 0);
    for (let index = 0; index < 64; index++) sessions = renewSession(sessions, `s${index}`, "a", 1);
    expect(sessions).toHaveLength(64);
    expect(accountOfSession(sessions, "first", 2)).toBeNull();
  });
});
