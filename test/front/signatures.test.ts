/** A session that moves between providers: thinking that an account did not sign costs it nothing, and the client sees none of it. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { carry } from "../../src/protocols/translate/carried.ts";
import type { Behaviour } from "./fake-upstream.ts";
import { BOOKED, errorOf, streamOf } from "./messages.ts";
import { type Member, poolOf, stopAll } from "./pool.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let members: Member[] = [];
beforeAll(() => relay.start());
afterEach(() => stopAll(members));
afterAll(() => relay.stop());

const GOOD: Behaviour = { chunks: streamOf(["Hello"]) };
const REFUSED = "messages.1.content.0: Invalid `signature` in `thinking` block";

const thinking = (signature: string) => ({ type: "thinking", thinking: "Hm.", signature });
const conversation = (signature: string) => ({
  stream: true,
  thinking: { type: "adaptive" },
  messages: [
    { role: "user", content: "Hello" },
    { role: "assistant", content: [thinking(signature), { type: "text", text: "Hi." }] },
    { role: "user", content: "And now?" },
  ],
});

/** Refuses thinking, as an account does that did not sign it. */
const refusing = (body: string): Behaviour =>
  body.includes('"thinking":"Hm."')
    ? {
        status: 400,
        headers: { "content-type": "application/json" },
        chunks: [JSON.stringify(errorOf("invalid_request_error", REFUSED))],
      }
    : GOOD;

async function asked(signature: string) {
  members = await poolOf(relay, 2, (index) => ({ priority: 10 + index }));
  for (const { upstream } of members) upstream.behave(({ body }) => refusing(body.toString()));
  const key = await relay.makeKey();
  const response = await relay.messages(key.api_key, conversation(signature));
  const text = await response.text();
  const bodies = members.map(({ upstream }) => upstream.received.map(({ body }) => body.toString()));
  const [row] = await relay.rows(key.id, 1);
  return { status: response.status, text, bodies, row };
}

// krouter#17, maxx#532
test("a signature that is refused is left out on the same account, once, and the account is not to blame", async () => {
  const { status, text, bodies, row } = await asked("EqQBCkYIBxgCKkA");
  expect([status, text]).toEqual([200, GOOD.chunks.join("")]);
  expect(bodies.map((each) => each.length)).toEqual([2, 0]);
  expect(bodies[0]?.[1]).not.toContain("Hm.");
  expect(row).toMatchObject({ ...BOOKED, status: 200, outcome: "completed", account_id: members[0]?.id });
  const health = await relay.admin("GET", `/admin/accounts/${members[0]?.id}/health`);
  expect(health).toMatchObject({ status: "ok", temporary_states: [], last_errors: [] });
});

test("what another provider has signed does not go there at all", async () => {
  const { status, bodies } = await asked(carry("gemini", "CiQB"));
  expect(status).toBe(200);
  expect(bodies.map((each) => each.length)).toEqual([1, 0]);
  expect(bodies[0]?.[0]).not.toContain("Hm.");
});
