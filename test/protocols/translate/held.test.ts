/** What an answer keeps of its request for as long as it streams is little, whatever the request has. */
import { expect, test } from "vitest";
import type { Json } from "../../../src/protocols/translate/hub.ts";
import { laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { laneRequest, open, UPSTREAM } from "./requests.ts";

const client = (protocol: "anthropic" | "chat" | "responses") =>
  ({ protocol, envelope: null, usageUnasked: false, task: "answer" }) as const;
const toChat = (protocol: "anthropic" | "responses") => laneFor(client(protocol), "chat") ?? expect.unreachable();
const toMessages = laneFor(client("chat"), "anthropic") ?? expect.unreachable();

const LONG = "n".repeat(1_000_000);
const ASKS = { messages: [{ role: "user", content: "Hi" }] };

test.each<[string, Json]>([
  ["a member", { ...ASKS, [LONG]: 1 }],
  ["members", { ...ASKS, ...Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`member_${at}`, 1])) }],
  ["a kind of tool", { ...ASKS, tools: [{ type: LONG }] }],
  [
    "calls whose arguments are none",
    {
      messages: [
        ...ASKS.messages,
        { role: "assistant", tool_calls: Array(9_000).fill({ function: { name: "f", arguments: "[" } }) },
      ],
    },
  ],
])("the names of %s that are dropped are cut, and no more than some dozens are kept", (_, body) => {
  const { dropped } = open(toMessages, laneRequest(body)).answer;
  expect(dropped).not.toEqual([]);
  expect(dropped.join().length).toBeLessThan(6_000);
});

test.each([
  [toChat("anthropic"), { ...ASKS, max_tokens: 1, tools: [{ name: LONG, input_schema: { type: "object" } }] }],
  [toChat("responses"), { input: "Hi", tools: [{ type: "function", name: LONG }] }],
  [toMessages, { ...ASKS, tools: [{ type: "custom", custom: { name: LONG } }] }],
])("a tool whose name is longer than any provider's is refused", (lane, body) => {
  expect(lane.open(laneRequest(body), UPSTREAM)).toMatchObject({
    ok: false,
    refusal: { reason: "member_refused", member: "tools" },
  });
});
