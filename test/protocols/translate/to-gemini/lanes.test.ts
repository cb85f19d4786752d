/** Clients of other formats on an upstream of Google's: what they see of its streams, and what comes back of them. */

import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/gemini/usage.ts";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import type { OpenLane } from "../../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import type { Protocol } from "../../../../src/protocols/wire.ts";
import fc from "../../../fast-check.ts";
import { laneRequest, open } from "../requests.ts";
import { chatViolations } from "../validators/chat.ts";
import { messagesViolations } from "../validators/messages.ts";
import { responsesViolations } from "../validators/responses.ts";

const MODEL = "gemini-3.8-flash";
const ASKING: Record<string, Json> = {
  anthropic: { model: "asked", max_tokens: 100, messages: [{ role: "user", content: "hello" }], stream: true },
  chat: {
    model: "asked",
    messages: [{ role: "user", content: "hello" }],
    stream: true,
    stream_options: { include_usage: true },
  },
  responses: { model: "asked", input: "hello", stream: true },
};
const VIOLATIONS: Record<string, (text: string) => string[]> = {
  anthropic: messagesViolations,
  chat: (text) => chatViolations(text, { usage: true }),
  responses: responsesViolations,
};
const CLIENTS = ["anthropic", "chat", "responses"] as const;

function laneOf(protocol: Protocol, body: Json, stream = body.stream === true): OpenLane {
  const lane = laneFor({ protocol, envelope: null, usageUnasked: false, task: "answer" }, "gemini");
  if (!lane) throw new Error(`no lane from ${protocol}`);
  return open(lane, laneRequest(body, { stream }), MODEL);
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);

/** What the client is sent of the upstream's bytes, which come in pieces of the given sizes. */
function sent(lane: OpenLane, stream: string, sizes: readonly number[]): { text: string; finished: boolean } {
  const stage = lane.answer.stage();
  if (!stage?.own) throw new Error("no translation");
  const bytes = encode(stream);
  const decoder = new TextDecoder();
  let text = "";
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    text += decoder.decode(stage.push(bytes.subarray(at, at + size)), { stream: true });
    at += size;
  }
  text += decoder.decode(stage.end());
  const finished = stage.own.finished();
  return { text: finished ? text : text + decode(stage.own.broken("It broke off.")), finished };
}

const base64 = fc.base64String({ minLength: 4, maxLength: 40 });
const part: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ text: fc.string({ unit: "grapheme" }) }),
  fc.record({ text: fc.string(), thought: fc.constant(true) }),
  fc.record({ text: fc.string(), thoughtSignature: base64 }),
  fc.record({
    functionCall: fc.record({
      name: fc.constantFrom("look", "constructor"),
      args: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
  }),
  fc.record({
    functionCall: fc.record({ id: fc.uuid(), name: fc.constant("look") }),
    thoughtSignature: base64,
  }),
  fc.record({ inlineData: fc.record({ mimeType: fc.constant("image/png"), data: base64 }) }),
  fc.record({ toolCall: fc.record({ id: fc.uuid(), toolType: fc.constant("GOOGLE_SEARCH_WEB") }) }),
);
const grounding = fc.constant({
  webSearchQueries: ["q"],
  groundingChunks: [{ web: { uri: "https://a.test", title: "A" } }],
  groundingSupports: [{ segment: { text: "said" }, groundingChunkIndices: [0] }],
});
const chunk = fc.record(
  {
    candidates: fc.array(
      fc.record(
        {
          content: fc.record({ role: fc.constant("model"), parts: fc.array(part, { maxLength: 3 }) }),
          finishReason: fc.constantFrom("FINISH_REASON_UNSPECIFIED", "STOP"),
          groundingMetadata: grounding,
        },
        { requiredKeys: ["content"] },
      ),
      { maxLength: 1 },
    ),
    usageMetadata: fc.record({
      promptTokenCount: fc.nat(9_999),
      candidatesTokenCount: fc.nat(999),
      thoughtsTokenCount: fc.nat(999),
    }),
    responseId: fc.constant("r-1"),
  },
  { requiredKeys: ["candidates"] },
);
const last = fc.oneof(
  fc.constantFrom("STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_FUNCTION_CALL").map((finishReason) => ({
    candidates: [{ content: { parts: [{ text: "" }] }, finishReason }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5 },
  })),
  fc.constant({ error: { code: 503, message: "Overloaded.", status: "UNAVAILABLE" } }),
  fc.constant({ promptFeedback: { blockReason: "SAFETY" } }),
  fc.constant({ candidates: [{ content: { parts: [{ text: "and then" }] } }] }),
);
const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });

describe.each(CLIENTS)("a client of %s", (protocol) => {
  const asking = ASKING[protocol] as Json;

  test("gets a well-formed stream of whatever Google sends, in any cut, and its end where the meter sees one", () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), last, sizes, (chunks, end, cut) => {
        const stream = [...chunks, end].map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`).join("");
        const { text, finished } = sent(laneOf(protocol, asking), stream, cut);
        expect(VIOLATIONS[protocol]?.(text)).toEqual([]);
        const meter = streamMeter();
        meter.feed(encode(stream));
        const { complete } = meter.end();
        const fault = JSON.stringify(end).includes("MALFORMED");
        expect(finished).toBe(complete && !fault);
      }),
    );
  });
});

const ANSWER = {
  candidates: [
    {
      content: {
        role: "model",
        parts: [
          { text: "Let me see.", thought: true },
          { text: "I look." },
          { functionCall: { id: "f1", name: "look", args: { at: 1 } }, thoughtSignature: "c2lnMQ==" },
          { functionCall: { id: "f2", name: "look", args: {} } },
        ],
      },
      finishReason: "STOP",
    },
  ],
  usageMetadata: {
    promptTokenCount: 100,
    cachedContentTokenCount: 60,
    candidatesTokenCount: 7,
    thoughtsTokenCount: 20,
  },
  responseId: "r-1",
};

/** The client's answer to a whole one of Google's. */
function answered(protocol: Protocol, asking = ASKING[protocol]): Json {
  const lane = laneOf(protocol, asking as Json, false);
  return JSON.parse(decode(lane.answer.whole(200, encode(JSON.stringify(ANSWER))).body));
}

function modelTurn(protocol: Protocol, body: Json): unknown {
  const { contents } = JSON.parse(decode(laneOf(protocol, body, false).body()));
  return contents[1]?.parts;
}

const CALLS = [
  { functionCall: { id: "f1", name: "look", args: { at: 1 } }, thoughtSignature: "c2lnMQ==" },
  { functionCall: { id: "f2", name: "look", args: {} } },
];

describe("a turn that the client sends back", () => {
  const fromMessages = (asking: Json) => {
    const { content } = answered("anthropic", asking);
    const results = ["f1", "f2"].map((id) => ({ type: "tool_result", tool_use_id: id, content: "seen" }));
    const [hello] = [{ role: "user", content: "hello" }];
    return modelTurn("anthropic", {
      ...asking,
      messages: [hello, { role: "assistant", content }, { role: "user", content: results }],
    });
  };

  test("has its texts, calls and signatures for Google as they were, from Messages", () => {
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const parts = fromMessages({ ...ASKING.anthropic, max_tokens: 4096, thinking });
    // Google wants no thoughts back that it has not signed.
    expect(parts).toEqual([{ text: "I look." }, ...CALLS]);
  });

  test("has its calls with their signatures where the client is shown no thinking", () => {
    expect(fromMessages(ASKING.anthropic as Json)).toEqual([{ text: "I look." }, ...CALLS]);
  });

  test("has its calls with their signatures, from Chat", () => {
    const { choices } = answered("chat") as { choices: { message: Json }[] };
    const message = choices[0]?.message;
    const results = ["f1", "f2"].map((id) => ({ role: "tool", tool_call_id: id, content: "seen" }));
    const messages = [{ role: "user", content: "hello" }, message, ...results];
    expect(modelTurn("chat", { ...ASKING.chat, messages })).toEqual(
      expect.arrayContaining([{ text: "I look." }, ...CALLS]),
    );
  });

  test("has its calls with their signatures, from Responses", () => {
    const { output } = answered("responses") as { output: Json[] };
    const results = ["f1", "f2"].map((call_id) => ({ type: "function_call_output", call_id, output: "seen" }));
    const input = [{ role: "user", content: "hello" }, ...output, ...results];
    expect(modelTurn("responses", { ...ASKING.responses, input })).toEqual(
      expect.arrayContaining([{ text: "I look." }, ...CALLS]),
    );
  });
});

test("no token is counted twice, for the client or for the bill", () => {
  expect(answered("anthropic").usage).toMatchObject({
    input_tokens: 40,
    cache_read_input_tokens: 60,
    output_tokens: 27,
  });
  expect(answered("chat").usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 27, total_tokens: 127 });
  expect(answered("responses").usage).toMatchObject({ input_tokens: 100, output_tokens: 27, total_tokens: 127 });
});

test("the request of a conversation is the same each time, to the byte: Google's cache finds its prefix", () => {
  const body = {
    ...ASKING.anthropic,
    tools: [{ name: "look", input_schema: { type: "object" } }],
    system: "Be brief.",
  };
  const one = decode(laneOf("anthropic", body).body());
  expect(decode(laneOf("anthropic", structuredClone(body)).body())).toBe(one);
});
