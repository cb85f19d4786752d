/** Whose request it was, from what the real clients send, to the log, its filters, its CSV and the cost of each session. */
import { describe, expect, test } from "vitest";
import { originOf } from "../../src/relay/origin.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { BOOKED, streamOf } from "../front/messages.ts";
import { book, entry } from "../store/rows.ts";
import { ask, behave, leasesFreed, makeAccount, makeKey, rows } from "./relay-in-process.ts";

const SESSION = "69efed04-7afb-4871-9654-818a3edb5d5e";
const AGENT = "a3606354-72e8-441a-9098-253f80a04c8c";

describe("what clients say", () => {
  const of = (headers: Record<string, string>, session: string | null = null) =>
    originOf(new Headers(headers), session);

  test("Claude Code: session, sub-agent and its parent", () => {
    const headers = { "x-claude-code-agent-id": AGENT, "x-claude-code-parent-agent-id": "main.1" };
    expect(of(headers, SESSION)).toEqual({ sessionId: SESSION, agentId: AGENT, parentAgentId: "main.1" });
  });

  test("Codex: the first thread of a session is the session's own, another is an agent", () => {
    expect(of({ "thread-id": SESSION }, SESSION)).toEqual({ sessionId: SESSION, agentId: null, parentAgentId: null });
    const other = { "thread-id": AGENT, "x-codex-parent-thread-id": SESSION };
    expect(of(other, SESSION)).toEqual({ sessionId: SESSION, agentId: AGENT, parentAgentId: SESSION });
  });

  test.each(["x".repeat(65), "a b", "a,b", "<script>", "é", ""])("an id like %j is left out", (id) => {
    expect(of({ "x-claude-code-agent-id": encodeURI(id) }, id).sessionId).toBeNull();
  });
});

describe("through the front door", () => {
  test("session and agent are in the row, the list finds them, and the CSV has them", async () => {
    await makeAccount();
    const { id, key } = await makeKey();
    behave({ chunks: streamOf(["Hello"]) });
    const told = { "x-claude-code-session-id": SESSION, "x-claude-code-agent-id": AGENT };
    await (await ask(key, { headers: told })).text();
    await (await ask(key)).text();
    await leasesFreed(id);
    await eventually(async () => expect(await rows(id)).toHaveLength(2));
    const all = await asAdmin("GET", `/admin/requests?key_id=${id}`);
    expect(all.body.items.map(({ session_id }) => session_id)).toEqual([null, SESSION]);
    for (const filter of [`session_id=${SESSION}`, `agent_id=${AGENT}`]) {
      const { body } = await asAdmin("GET", `/admin/requests?key_id=${id}&${filter}`);
      expect(body.items).toMatchObject([{ session_id: SESSION, agent_id: AGENT, parent_agent_id: null }]);
    }
    const { body } = await asAdmin("GET", `/admin/usage/sessions?key_id=${id}`);
    expect(body).toMatchObject({
      items: [{ key_id: id, session_id: SESSION, agent_id: AGENT, requests: 1, ...BOOKED }],
    });
    expect(body.items[0]?.cost_usd).not.toBe("0");
  });

  test("a session named in the body counts as well", async () => {
    await makeAccount();
    const { id, key } = await makeKey();
    behave({ chunks: streamOf(["Hello"]) });
    const metadata = { user_id: JSON.stringify({ device_id: "d", account_uuid: "", session_id: SESSION }) };
    await (await ask(key, { body: { metadata } })).text();
    await leasesFreed(id);
    await eventually(async () => expect(await rows(id)).toMatchObject([{ session_id: SESSION, agent_id: null }]));
  });
});

describe("the cost of sessions", () => {
  test("sums each session's agents up, dearest first, and reads a bounded part of the log", async () => {
    const time = 1_790_000_000_000;
    const origin = (agentId: string | null) => ({ sessionId: "s-1", agentId, parentAgentId: null });
    await book("k-sessions", [
      entry(time, { costNanos: 1_000_000_000, origin: origin(null) }),
      entry(time + 1, { costNanos: 2_000_000_000, origin: origin("agent") }),
      entry(time + 2, { costNanos: 3_000_000_000, origin: origin("agent") }),
      entry(time + 3, { costNanos: 4_000_000_000 }),
    ]);
    const { status, body } = await asAdmin("GET", "/admin/usage/sessions?key_id=k-sessions&session_id=s-1");
    expect(status).toBe(200);
    expect(body.next_cursor).toBeNull();
    expect(body.items).toMatchObject([
      { agent_id: "agent", requests: 2, cost_usd: "5", input_tokens: 200, first_at: new Date(time + 1).toISOString() },
      { agent_id: null, requests: 1, cost_usd: "1" },
    ]);
  });
});
