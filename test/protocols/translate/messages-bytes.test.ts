import { describe, expect, test } from "vitest";
import { scanTopLevel } from "../../../src/protocols/scan.ts";
import { carry } from "../../../src/protocols/translate/carried.ts";
import type { Json } from "../../../src/protocols/translate/hub.ts";
import type { LaneRequest } from "../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { MESSAGES_BYTES } from "../../../src/protocols/translate/messages-bytes.ts";
import { read } from "./from-messages/asked.ts";
import { laneRequest, open } from "./requests.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** A request of these bytes, as the relay makes it; `parsed` counts how often it is taken apart. */
function requestOf(text: string, parsed: string[] = []): LaneRequest {
  const body = encode(text);
  const scan = scanTopLevel(body, new Set(["model"]));
  const modelAt = (scan.ok && scan.members.get("model")) || null;
  const json = () => {
    parsed.push(text);
    return JSON.parse(text);
  };
  return { ...laneRequest(JSON.parse(text)), body, modelAt, json };
}

const request = (messages: Json[], more: Json = {}) => requestOf(JSON.stringify({ model: "asked", messages, ...more }));
const bodyOf = (bytes: Uint8Array | undefined) => JSON.parse(decode(bytes));
const sent = (messages: Json[], more: Json = {}) => bodyOf(open(MESSAGES_BYTES, request(messages, more)).body());

const thinking = (signature: string): Json => ({ type: "thinking", thinking: "Hm.", signature });
const OWN = thinking("EqQBCkYIBxgCKkA");
const FOREIGN = thinking(carry("gemini", "CiQB"));
const TEXT = { type: "text", text: "edge-relay. is a relay" };
const CALL = { type: "tool_use", id: "toolu_1", name: "a", input: {} };
const USER = { role: "user", content: "Hello" };
const RESULT = { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "done" }] };
const assistant = (...content: Json[]) => ({ role: "assistant", content });

const REFUSED = JSON.stringify({
  type: "error",
  error: { type: "invalid_request_error", message: "messages.1.content.0: Invalid `signature` in `thinking` block" },
});

test("a Messages client is served by a Messages upstream on this lane, its counts too", () => {
  const client = { protocol: "anthropic", envelope: null, usageUnasked: false } as const;
  expect(laneFor({ ...client, task: "answer" }, "anthropic")).toBe(MESSAGES_BYTES);
  expect(laneFor({ ...client, task: "count" }, "anthropic")).toBe(MESSAGES_BYTES);
});

describe("the client's own bytes to Anthropic", () => {
  test("go as they are, never taken apart, and their answer comes natively", () => {
    const parsed: string[] = [];
    const own = requestOf(JSON.stringify({ model: "asked", messages: [USER, assistant(OWN, CALL), RESULT] }), parsed);
    const { body, answer, endpoint } = open(MESSAGES_BYTES, own, "asked");
    expect(body()).toBe(own.body);
    expect([answer.stage(), endpoint, parsed]).toEqual([null, null, []]);
    expect(decode(open(MESSAGES_BYTES, own, "own").body())).toBe(decode(own.body).replace('"asked"', '"own"'));
  });

  test("go as they are where they only speak of the relay", () => {
    const own = request([USER, assistant(OWN, TEXT), USER]);
    expect(open(MESSAGES_BYTES, own, "asked").body()).toBe(own.body);
  });

  test("are left without thinking that another provider has signed, or none", () => {
    const unsigned = read({ thinking: { type: "adaptive" } }).answer.whole({
      ...{ id: "x", stopReason: "end_turn", stopSequence: null, usage: {} as never },
      content: [{ type: "thinking", thinking: "Hm.", signature: "" }],
    }).content as Json[];
    const redacted = { type: "redacted_thinking", data: carry("openai", "x") };
    const messages = [USER, assistant(FOREIGN, OWN, TEXT), USER, assistant(...unsigned, redacted, TEXT), USER];
    expect(sent(messages).messages).toEqual([USER, assistant(OWN, TEXT), USER, assistant(TEXT), USER]);
    expect(sent([USER, assistant(FOREIGN), USER]).messages).toEqual([USER, USER]);
  });

  test("tell what another provider has found in the web in words, and leave its citations out", () => {
    const mark = carry("relay", "");
    const search = (id: string) => ({ type: "server_tool_use", id, name: "web_search", input: { query: "q" } });
    const found = (id: string, encrypted_content: string) => ({
      type: "web_search_tool_result",
      tool_use_id: id,
      content: [{ type: "web_search_result", url: "https://a.example", title: "A", encrypted_content }],
    });
    const cited = (encrypted_index: string) => ({ type: "web_search_result_location", encrypted_index });
    const text = { type: "text", text: "x" };
    const own = [search("srvtoolu_1"), found("srvtoolu_1", "e"), { ...text, citations: [cited("i")] }];
    const other = [search("srvtoolu_2"), found("srvtoolu_2", mark), { ...text, citations: [cited(mark)] }];
    expect(sent([USER, assistant(...own, ...other), USER]).messages[1]).toEqual(
      assistant(...own, { type: "text", text: "Found by a web search:\nA: https://a.example" }, text),
    );
  });

  test("are the same around the conversation, numbers and spaces as they were, wherever the model stands", () => {
    const messages = JSON.stringify([USER, assistant(FOREIGN, TEXT), USER]);
    const left = JSON.stringify([USER, assistant(TEXT), USER]);
    const bodies = [
      `{ "top_p": 1.0, "model":"asked", "messages":MESSAGES}`,
      `{"messages": MESSAGES ,"top_p":1e0,  "model": "asked"}`,
    ];
    for (const text of bodies) {
      const { body } = open(MESSAGES_BYTES, requestOf(text.replace("MESSAGES", messages)), "own");
      expect(decode(body())).toBe(text.replace("MESSAGES", left).replace('"asked"', '"own"'));
    }
  });

  test("think no more in a request with a budget whose last call has lost its thinking", () => {
    const edits = [{ type: "clear_thinking_20251015", keep: "all" }, { type: "clear_tool_uses_20250919" }];
    const more = { thinking: { type: "enabled", budget_tokens: 2_048 }, context_management: { edits } };
    const lost = sent([USER, assistant(FOREIGN, CALL), RESULT], more);
    expect([lost.thinking, lost.context_management]).toEqual([{ type: "disabled" }, { edits: edits.slice(1) }]);
    const kept = sent([USER, assistant(FOREIGN, TEXT), USER, assistant(OWN, CALL), RESULT], more);
    expect([kept.thinking, kept.context_management]).toEqual([more.thinking, more.context_management]);
    const adaptive = { thinking: { type: "adaptive" } };
    expect(sent([USER, assistant(FOREIGN, CALL), RESULT], adaptive).thinking).toEqual(adaptive.thinking);
  });

  test("go as they are where the body is too large to be taken apart", () => {
    const large = { ...request([USER, assistant(FOREIGN, TEXT)]), json: () => null };
    expect(open(MESSAGES_BYTES, large, "asked").body()).toBe(large.body);
  });
});

describe("a request that Anthropic refuses for a signature", () => {
  // claude-code-hub#518, CLIProxyAPI#570, CLIProxyAPI#2172, bifrost#6342
  test("goes once more without any thinking, and no further", () => {
    const opened = open(
      MESSAGES_BYTES,
      request([USER, assistant(OWN, { type: "redacted_thinking", data: "d" }, TEXT), USER]),
    );
    const instead = opened.instead(REFUSED);
    expect(bodyOf(instead?.lane.body()).messages).toEqual([USER, assistant(TEXT), USER]);
    expect(instead?.lacks).toBeNull();
    expect(instead?.lane.answer.stage()).toBeNull();
    expect(instead?.lane.instead(REFUSED)).toBeNull();
  });

  test("does not, where it was refused for something else", () => {
    expect(open(MESSAGES_BYTES, request([USER])).instead('{"error":{"message":"prompt is too long"}}')).toBeNull();
  });
});
