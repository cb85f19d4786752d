import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/gemini/usage.ts";
import { collected } from "../../../../src/protocols/translate/collect.ts";
import type { HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { carriedIn } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import fc from "../../../fast-check.ts";
import { bodyOf, GEMINI_3, hubRequest, user, write } from "./ask.ts";

const COUNTS = { promptTokenCount: 100, candidatesTokenCount: 7, totalTokenCount: 107 };

interface Chunk {
  parts?: Json[];
  finishReason?: string;
  [member: string]: unknown;
}

/** An event of Google's: one candidate, and the counts that each event has. */
function event({ parts, finishReason, groundingMetadata, ...others }: Chunk): Json {
  const candidate = {
    ...(parts && { content: { role: "model", parts } }),
    ...(finishReason && { finishReason }),
    ...(groundingMetadata !== undefined && { groundingMetadata }),
    index: 0,
  };
  return {
    candidates: [candidate],
    usageMetadata: COUNTS,
    modelVersion: "gemini-3.8-flash",
    responseId: "r1",
    ...others,
  };
}

function eventsOf(chunks: Json[], request: Parameters<typeof write>[0] = {}): HubEvent[] {
  const reader = write(request).answer.stream();
  return [...chunks.flatMap((chunk) => reader.read(JSON.stringify(chunk))), ...reader.end()];
}

function streamed(...chunks: Chunk[]): HubEvent[] {
  return eventsOf(chunks.map(event));
}

function wholeOf(...chunks: Chunk[]) {
  return collected(streamed(...chunks));
}

const USAGE = { ...NO_USAGE, input: 100, output: 7 };

describe("parts", () => {
  test("a stream of text is one block, and ends with the usage of its last event", () => {
    expect(
      streamed(
        { parts: [{ text: "Hel" }] },
        { parts: [{ text: "lo" }] },
        { parts: [{ text: "" }], finishReason: "STOP" },
      ),
    ).toEqual([
      { type: "start", id: "r1", usage: USAGE },
      { type: "open", block: { type: "text", text: "" } },
      { type: "delta", text: "Hel" },
      { type: "delta", text: "lo" },
      { type: "close" },
      { type: "end", stopReason: "end_turn", stopSequence: null, usage: USAGE },
    ]);
  });

  test("thoughts, text and calls keep their order, one block at a time", () => {
    const answer = wholeOf(
      { parts: [{ text: "hm", thought: true }] },
      { parts: [{ text: "I look." }, { functionCall: { id: "c1", name: "look", args: { at: 1 } } }] },
      { parts: [{ functionCall: { id: "c2", name: "look" } }, { text: "Done." }], finishReason: "STOP" },
    );
    expect(answer).toMatchObject({
      content: [
        { type: "thinking", thinking: "hm", signature: "" },
        { type: "text", text: "I look." },
        { type: "tool_use", id: "c1", name: "look", input: { at: 1 } },
        { type: "tool_use", id: "c2", name: "look", input: {} },
        { type: "text", text: "Done." },
      ],
      stopReason: "tool_use",
    });
  });

  test("the arguments of a call come whole, in one piece", () => {
    const events = streamed({ parts: [{ functionCall: { name: "look", args: { at: 1 } } }], finishReason: "STOP" });
    expect(events.filter(({ type }) => type === "delta")).toEqual([{ type: "delta", text: '{"at":1}' }]);
  });

  // CLIProxyAPI and new-api count from one in each turn
  test("a call without an id gets one of its answer's own, the same each time, and short enough for Chat", () => {
    const calls = [{ functionCall: { name: "a" } }, { functionCall: { name: "b" } }];
    const ids = (responseId: string | undefined, tokens = 100) => {
      const usageMetadata = { ...COUNTS, promptTokenCount: tokens };
      const answer = collected(eventsOf([event({ parts: calls, finishReason: "STOP", responseId, usageMetadata })]));
      return answer && "content" in answer
        ? answer.content.map((block) => (block.type === "tool_use" ? block.id : ""))
        : [];
    };
    expect(ids("x1-Y_2")).toEqual(["call_x1-Y_2_0", "call_x1-Y_2_1"]);
    expect(ids("x1-Y_2")).toEqual(ids("x1-Y_2"));
    const all = [...ids("x1-Y_2"), ...ids("other"), ...ids(undefined), ...ids(undefined, 200), ...ids("r".repeat(99))];
    expect(new Set(all).size).toBe(10);
    for (const id of all) expect(id).toMatch(/^[\w-]{1,40}$/);
  });

  test("a tool has the name that the client has given it", () => {
    const tools = [{ type: "function", name: "7-up!", input_schema: {} }] as const;
    const body = JSON.stringify(bodyOf({ tools: [...tools] }));
    const name = body.match(/"name":"(_7-up__\w+)"/)?.[1];
    const events = eventsOf([event({ parts: [{ functionCall: { name } }], finishReason: "STOP" })], {
      tools: [...tools],
    });
    expect(events).toContainEqual({ type: "open", block: expect.objectContaining({ name: "7-up!" }) });
  });

  test("code that Google ran is shown, and a picture that has no place is told", () => {
    const answer = wholeOf({
      parts: [
        { executableCode: { language: "PYTHON", code: "print(1)" } },
        { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } },
        { inlineData: { mimeType: "image/png", data: "iVBO" } },
      ],
      finishReason: "STOP",
    });
    const text = "\n```python\nprint(1)\n```\n\n```\n1\n```\n[Left out here: image/png that the model has made.]";
    expect(answer).toMatchObject({ content: [{ type: "text", text }] });
  });

  test("only the first candidate counts, and what is no part of an answer does no harm", () => {
    const strange = {
      candidates: [
        { content: { parts: [null, 7, {}, { functionCall: {} }, { text: 3 }] } },
        { content: { parts: [{ text: "b" }] } },
      ],
    };
    expect(collected(eventsOf([strange, {}, event({ parts: [{ text: "a" }], finishReason: "STOP" })]))).toMatchObject({
      content: [{ type: "text", text: "a" }],
    });
    expect(write({}).answer.stream().read("no json")).toEqual([]);
  });
});

describe("signatures", () => {
  const signatures = (events: HubEvent[]) =>
    events.flatMap((each) => (each.type === "signature" ? [carriedIn(each.signature)] : []));

  test("the signature of a call is that of the thinking before it, or of an empty one", () => {
    const call = { functionCall: { id: "c", name: "look" }, thoughtSignature: "Y2FsbA==" };
    const bare = streamed({ parts: [{ text: "said" }, call], finishReason: "STOP" });
    expect(bare.map(({ type }) => type).join(" ")).toBe(
      "start open delta close open signature close open delta close end",
    );
    const thought = streamed({ parts: [{ text: "hm", thought: true }, call], finishReason: "STOP" });
    expect(thought.map(({ type }) => type).join(" ")).toBe("start open delta signature close open delta close end");
    for (const events of [bare, thought]) expect(signatures(events)).toEqual([{ of: "call", signature: "Y2FsbA==" }]);
  });

  test("the signature of an empty last part is kept", () => {
    const events = streamed(
      { parts: [{ text: "said" }] },
      { parts: [{ text: "", thoughtSignature: "ZW5k" }], finishReason: "STOP" },
    );
    expect(signatures(events)).toEqual([{ of: "text", signature: "ZW5k" }]);
    expect(collected(events)).toMatchObject({ content: [{ type: "text" }, { type: "thinking", thinking: "" }] });
  });

  test("every part comes back as it was, with its signature, when the client sends the answer back", () => {
    const part = fc.oneof(
      fc.record({ text: fc.string({ minLength: 1 }) }),
      fc.record({ text: fc.string({ minLength: 1 }), thoughtSignature: fc.base64String({ minLength: 4 }) }),
      fc.record({
        functionCall: fc.record({
          id: fc.uuid(),
          name: fc.constant("look"),
          args: fc.dictionary(fc.string(), fc.integer()),
        }),
        thoughtSignature: fc.base64String({ minLength: 4 }),
      }),
      fc.record({ toolCall: fc.record({ toolType: fc.constant("GOOGLE_SEARCH_WEB"), id: fc.uuid() }) }),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), (parts) => {
        const answer = wholeOf(...parts.map((each) => ({ parts: [each as Json] })), { finishReason: "STOP" });
        if (!answer || !("content" in answer)) throw new Error("no answer");
        const { contents } = bodyOf({ messages: [user("a"), { role: "assistant", content: answer.content }] }) as {
          contents: { parts: Json[] }[];
        };
        expect(joined(contents[1]?.parts ?? [])).toEqual(joined(parts));
      }),
    );
  });

  /** Neighbouring texts without a signature are one text, as a stream has them in pieces. */
  function joined(parts: Json[]): Json[] {
    const all: Json[] = [];
    const plain = (each: Json | undefined) => typeof each?.text === "string" && each.thoughtSignature === undefined;
    for (const part of parts) {
      const last = all.at(-1);
      if (plain(last) && plain(part)) all[all.length - 1] = { text: `${last?.text}${part.text}` };
      else all.push(part);
    }
    return all;
  }
});

describe("what Google has searched", () => {
  const groundingMetadata = {
    webSearchQueries: ["edge relay", "relay edge"],
    groundingChunks: [
      { web: { uri: "https://a.test", title: "A" } },
      { maps: {} },
      { web: { uri: "https://b.test", domain: "b.test" } },
    ],
    groundingSupports: [{ segment: { text: "It is." }, groundingChunkIndices: [0, 2, 1, 9] }, null],
  };

  test("is a search with its results behind the text, and citations on the text", () => {
    const answer = wholeOf(
      { parts: [{ text: "It is." }] },
      { parts: [{ text: "" }], finishReason: "STOP", groundingMetadata },
    );
    const citation = { type: "web_search_result_location", cited_text: "It is.", encrypted_index: "" };
    const hit = { type: "web_search_result", encrypted_content: "" };
    expect(answer).toMatchObject({
      content: [
        {
          type: "text",
          text: "It is.",
          citations: [
            { ...citation, url: "https://a.test", title: "A" },
            { ...citation, url: "https://b.test", title: "b.test" },
          ],
        },
        { type: "server_tool_use", id: "srvtoolu_r1", name: "web_search", input: { query: "edge relay; relay edge" } },
        {
          type: "web_search_tool_result",
          tool_use_id: "srvtoolu_r1",
          content: [
            { ...hit, url: "https://a.test", title: "A" },
            { ...hit, url: "https://b.test", title: "b.test" },
          ],
        },
      ],
      // Two on the web, and one in maps.
      usage: { ...USAGE, webSearches: 3 },
      stopReason: "end_turn",
    });
  });

  test("keeps its citations where the text's own last part is an empty one with a signature", () => {
    const last = { parts: [{ text: "", thoughtSignature: "ZW5k" }], finishReason: "STOP", groundingMetadata };
    expect(wholeOf({ parts: [{ text: "It is." }] }, last)).toMatchObject({
      content: [{ type: "text", citations: [{}, {}] }, { type: "thinking" }, { type: "server_tool_use" }, {}],
    });
  });
});

describe("ends", () => {
  test.each([
    ["STOP", "end_turn"],
    ["MAX_TOKENS", "max_tokens"],
    ["SAFETY", "refusal"],
    ["RECITATION", "refusal"],
    ["PROHIBITED_CONTENT", "refusal"],
    ["SPII", "refusal"],
    ["BLOCKLIST", "refusal"],
    ["A_NEW_ONE", "end_turn"],
  ])("%s is %s", (finishReason, stopReason) => {
    expect(wholeOf({ parts: [{ text: "a" }], finishReason })).toMatchObject({ stopReason });
  });

  test("calls make it tool_use, whatever the reason says", () => {
    const parts = [{ functionCall: { name: "look" } }];
    expect(wholeOf({ parts, finishReason: "STOP" })).toMatchObject({ stopReason: "tool_use" });
    expect(wholeOf({ parts, finishReason: "MAX_TOKENS" })).toMatchObject({ stopReason: "tool_use" });
    expect(wholeOf({ parts, finishReason: "SAFETY" })).toMatchObject({ stopReason: "refusal" });
  });

  // hermes-agent#83886, vellum#43134
  test.each(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"])(
    "%s is an error behind what was said, and no end of a turn",
    (finishReason) => {
      const events = streamed(
        { parts: [{ text: "a" }] },
        { finishReason },
        { parts: [{ text: "b" }], finishReason: "STOP" },
      );
      expect(events.slice(-2)).toMatchObject([
        { type: "close" },
        { type: "error", error: { status: 502, category: "upstream" } },
      ]);
      expect(events.filter(({ type }) => type === "error" || type === "end")).toHaveLength(1);
      expect(write({}).answer.isUseless?.(JSON.stringify(event({ finishReason })))).toBe(true);
    },
  );

  test("an empty stop, also one of mere thoughts, is worth asking again; an answer, a refusal and an error are not", () => {
    const useless = (chunk: Json) => write({}).answer.isUseless?.(JSON.stringify(chunk));
    expect(useless(event({ finishReason: "STOP" }))).toBe(true);
    expect(useless(event({ parts: [{ text: "" }], finishReason: "STOP" }))).toBe(true);
    expect(useless(event({ parts: [{ text: "hm", thought: true }], finishReason: "STOP" }))).toBe(true);
    expect(useless({ response: event({ finishReason: "STOP" }) })).toBe(true);
    expect(useless(event({ parts: [{ text: "a" }], finishReason: "STOP" }))).toBe(false);
    expect(useless(event({ parts: [{ functionCall: { name: "a" } }], finishReason: "STOP" }))).toBe(false);
    expect(useless(event({ parts: [{ text: "a" }] }))).toBe(false);
    expect(useless(event({ finishReason: "SAFETY" }))).toBe(false);
    expect(useless(event({ finishReason: "MAX_TOKENS" }))).toBe(false);
    expect(useless({ error: { code: 500 } })).toBe(false);
    expect(useless({ promptFeedback: { blockReason: "SAFETY" } })).toBe(false);
  });

  test("a blocked prompt is a refusal", () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: COUNTS, responseId: "r1" };
    expect(collected(eventsOf([blocked]))).toMatchObject({ content: [], stopReason: "refusal", usage: { input: 100 } });
    expect(write({}).answer.whole(blocked)).toMatchObject({ stopReason: "refusal" });
  });

  test("an error within a stream is one for the client, and the last thing said", () => {
    const error = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } };
    const events = eventsOf([
      event({ parts: [{ text: "a" }] }),
      error,
      event({ parts: [{ text: "b" }], finishReason: "STOP" }),
    ]);
    expect(events.slice(3)).toEqual([
      { type: "close" },
      { type: "error", error: { status: 503, category: "overloaded", message: "The model is overloaded." } },
    ]);
  });

  test("text that follows a first reason to stop is not lost: some services give one with every event", () => {
    expect(
      wholeOf({ parts: [{ text: "a" }], finishReason: "STOP" }, { parts: [{ text: "b" }], finishReason: "STOP" }),
    ).toMatchObject({
      content: [{ type: "text", text: "ab" }],
    });
  });

  test("a stream ends for the client exactly where the meter calls it whole", () => {
    const streams: Json[][] = [
      [],
      [event({ parts: [{ text: "a" }] })],
      [event({ parts: [{ text: "a" }] }), event({ finishReason: "STOP" })],
      [event({ parts: [{ text: "a" }], finishReason: "FINISH_REASON_UNSPECIFIED" })],
      [event({ parts: [{ text: "a" }], finishReason: "MAX_TOKENS" })],
      [{ promptFeedback: { blockReason: "SAFETY" } }],
      [event({ parts: [{ functionCall: { name: "a" } }] })],
    ];
    for (const stream of streams) {
      const meter = streamMeter();
      for (const chunk of stream) meter.feed(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`));
      expect(eventsOf(stream).some(({ type }) => type === "end")).toBe(meter.end().complete);
    }
  });
});

describe("whole answers", () => {
  test("are read as their stream is", () => {
    const parts = [
      { text: "hm", thought: true },
      { functionCall: { name: "look", args: { at: 1 } }, thoughtSignature: "c2ln" },
    ];
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 20,
    };
    const answer = event({ parts, finishReason: "STOP", usageMetadata });
    expect(write({}).answer.whole(answer)).toEqual(collected(eventsOf([answer])));
    // ogx#6415, praxis#387, bifrost#3451: cached tokens are counted once; llmgateway#3435: and so are thoughts.
    expect(write({}).answer.whole(answer)).toMatchObject({
      usage: { ...NO_USAGE, input: 40, cacheRead: 60, output: 27, reasoning: 20 },
    });
  });

  test("have ended also where they do not say why; without a candidate there is no answer", () => {
    const answer = { candidates: [{ content: { parts: [{ text: "a" }] } }] };
    expect(write({}).answer.whole(answer)).toMatchObject({
      content: [{ text: "a" }],
      stopReason: "end_turn",
      usage: NO_USAGE,
    });
    expect(write({}).answer.whole({})).toMatchObject({ error: { status: 502 } });
  });
});

test("a request that streams goes to the path of a stream, with events", () => {
  expect(hubRequest({ stream: true }).stream).toBe(true);
  expect(write({ stream: true }, GEMINI_3).endpoint).toMatchObject({
    path: "/v1beta/models/{model}:streamGenerateContent",
    search: "?alt=sse",
  });
  expect(write({}).endpoint).toMatchObject({ path: "/v1beta/models/{model}:generateContent", search: "" });
});
