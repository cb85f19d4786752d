import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import { FROM_RESPONSES } from "../../../../src/protocols/translate/from-responses/half.ts";
import type { HubBlock, HubMessage, HubRequest, HubToolResult, Json } from "../../../../src/protocols/translate/hub.ts";
import { laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import fc from "../../../fast-check.ts";
import { requests } from "../arbitraries.ts";
import { ASKED, laneRequest, open } from "../requests.ts";
import { bodyFor } from "./ask.ts";
import { call, reasoning, response } from "./events.ts";

/** The request as OpenAI's own client would have written it, read again. */
function back(hub: HubRequest): HubRequest {
  const body = bodyFor(hub, { model: "own-model" });
  const read = FROM_RESPONSES.read(body, { ...ASKED, stream: hub.stream });
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value.hub;
}

/** Thinking that was OpenAI's, which alone goes back to it. */
function signed(block: HubBlock): HubBlock {
  if (block.type !== "thinking") return block;
  const item = { id: "rs_1", encrypted_content: Buffer.from(block.thinking).toString("base64") };
  return { ...block, signature: carry("openai", JSON.stringify(item)) };
}

/** What of a conversation has to be the same again: a failed call says so in words, and OpenAI's reasoning is not to be read. */
function essence(messages: HubMessage[]): unknown[] {
  const parts = messages.flatMap(({ role, content }) =>
    content.flatMap((block) => partOf(block).map((part) => ({ role, part }))),
  );
  return parts;
}

function partOf(block: HubBlock): unknown[] {
  switch (block.type) {
    case "thinking":
      return block.thinking === "" ? [] : [{ thinking: block.thinking }];
    case "redacted_thinking":
      return [];
    case "tool_result":
      return [{ result: block.tool_use_id, content: saidOf(block) }];
    case "text":
      return [{ text: block.text }];
    case "web_search_tool_result":
      return [{ found: Array.isArray(block.content) ? block.content.map(({ url }) => url) : [] }];
    case "server_tool_use":
      return [{ searched: block.input.query }];
    default:
      return [block];
  }
}

function saidOf({ content, is_error }: HubToolResult): unknown {
  const texts = content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const images = content.filter(({ type }) => type === "image");
  if (images.length > 0) return [...(is_error ? ["Error"] : []), ...texts, images];
  const text = texts.join("\n");
  return [is_error ? (text === "" ? "Error" : `Error: ${text}`) : text, images].flat();
}

describe("a request put to OpenAI and read again", () => {
  test("has the same texts, calls, ids, pictures and thinking, over 30 turns", () => {
    fc.assert(
      fc.property(requests(30, { search: true }), (asked) => {
        const messages = asked.messages.map((message) => ({ ...message, content: message.content.map(signed) }));
        const hub: HubRequest = { ...asked, messages };
        const again = back(hub);
        expect(essence(again.messages)).toEqual(essence(messages));
        expect(again.tools).toMatchObject(hub.tools);
        expect(again.system.map(({ text }) => text).join("")).toBe(hub.system.map(({ text }) => text).join("\n\n"));
        expect([again.maxTokens, again.temperature, again.stream]).toEqual([
          hub.maxTokens,
          hub.temperature,
          hub.stream,
        ]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("reasoning of OpenAI's", () => {
  const output = [
    reasoning(["why"], "gAAA-one", "rs_1"),
    call('{"a":1}', 1),
    reasoning([], "gAAA-two", "rs_2"),
    call("{}", 2),
  ];
  const items = [
    { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "why" }], encrypted_content: "gAAA-one" },
    { type: "function_call", call_id: "call_1" },
    { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "gAAA-two" },
    { type: "function_call", call_id: "call_2" },
  ];

  /** The body that is sent after a turn of which the client has been given `output`, whole. */
  function nextTurn(protocol: "anthropic" | "chat", first: Json, echoed: (answer: Json) => Json): Json {
    const lane = laneFor({ protocol, envelope: null, usageUnasked: false, task: "answer" }, "responses");
    if (!lane) throw new Error(protocol);
    const bytes = new TextEncoder().encode(JSON.stringify(response(output)));
    const answered = open(lane, laneRequest(first), "gpt-5.2").answer.whole(200, bytes);
    const answer = JSON.parse(new TextDecoder().decode(answered.body));
    return JSON.parse(new TextDecoder().decode(open(lane, laneRequest(echoed(answer)), "gpt-5.2").body()));
  }

  test("comes back through a Messages client that echoes its answer, also where there was nothing to read", () => {
    const first = { model: "asked", max_tokens: 9000, thinking: { type: "adaptive" } };
    const user = { role: "user", content: "go" };
    const results = [1, 2].map((n) => ({ type: "tool_result", tool_use_id: `call_${n}`, content: "done" }));
    const body = nextTurn("anthropic", { ...first, messages: [user] }, ({ content }) => ({
      ...first,
      messages: [user, { role: "assistant", content }, { role: "user", content: results }],
    }));
    expect(body.input).toMatchObject([{ role: "user" }, ...items, {}, {}]);
  });

  test("comes back through a Chat client that echoes its message", () => {
    const first = { model: "asked", reasoning_effort: "low" };
    const user = { role: "user", content: "go" };
    const results = [1, 2].map((n) => ({ role: "tool", tool_call_id: `call_${n}`, content: "done" }));
    const body = nextTurn("chat", { ...first, messages: [user] }, ({ choices }) => ({
      ...first,
      messages: [user, (choices as { message: Json }[])[0]?.message, ...results],
    }));
    const encrypted = (body.input as Json[]).flatMap(({ encrypted_content }) => encrypted_content ?? []);
    expect(encrypted).toEqual(["gAAA-one", "gAAA-two"]);
  });
});
