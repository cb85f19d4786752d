/**
 * What other relays are known to get wrong, one claim for each, held for every pair of two formats through its whole lane. What an
 * upstream answers is written by the half of its own clients. The files beside this one say the same in detail for each half.
 */
import { describe, expect, test } from "vitest";
import type { AnswerWriter } from "../../../src/protocols/translate/halves.ts";
import type { HubAnswer, HubEvent, Json } from "../../../src/protocols/translate/hub.ts";
import type { OpenLane, Stage } from "../../../src/protocols/translate/lane.ts";
import { laneFor, type Task } from "../../../src/protocols/translate/lane-for.ts";
import { NO_QUIRKS } from "../../../src/protocols/translate/quirks.ts";
import { PROTOCOLS, type Protocol } from "../../../src/protocols/wire.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";
import { CLIENTS, PAGES, PICTURE, SCHEMA } from "./clients.ts";
import { ASKED, laneRequest, UPSTREAM } from "./requests.ts";

const MODELS: Record<Protocol, string> = {
  anthropic: "claude-opus-4-6",
  chat: "gpt-5.5",
  responses: "gpt-5.5",
  gemini: "gemini-3-pro-preview",
};

const PAIRS = PROTOCOLS.flatMap((from) =>
  PROTOCOLS.filter((to) => to !== from).map((to): [Protocol, Protocol] => [from, to]),
);

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function opened(from: Protocol, to: Protocol, more: Json = {}, stream = false, task: Task = "answer"): OpenLane {
  const lane = laneFor({ protocol: from, envelope: null, usageUnasked: false, task }, to);
  if (!lane) throw new Error("there is no lane");
  const body = { model: "asked", stream, ...CLIENTS[from].plain, ...more };
  // As api.openai.com has it: of a service that is not known to take files, a document is refused (to-chat/messages.test.ts).
  const quirks = { ...NO_QUIRKS, files: true };
  const result = lane.open(laneRequest(body, { stream }), { ...UPSTREAM, model: MODELS[to], quirks });
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

function sent(from: Protocol, to: Protocol, more: Json): { body: Json; dropped: readonly string[] } {
  const { body, answer } = opened(from, to, more);
  return { body: JSON.parse(decode(body())), dropped: answer.dropped };
}

function writerAs(upstream: Protocol, stream: boolean): AnswerWriter {
  const { half, plain } = CLIENTS[upstream];
  const read = half.read({ model: "own", stream, ...plain }, { ...ASKED, stream });
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value.answer;
}

/** The upstream's stream, an event of the hub a piece. */
function streamOf(upstream: Protocol, events: readonly HubEvent[]): string[] {
  const writer = writerAs(upstream, true).stream();
  return events.map((event) => writer.write(event));
}

function stageOf(from: Protocol, to: Protocol): Stage & { own: NonNullable<Stage["own"]> } {
  const stage = opened(from, to, {}, true).answer.stage();
  if (!stage?.own) throw new Error("nothing is translated");
  return stage as Stage & { own: NonNullable<Stage["own"]> };
}

const USAGE = { ...NO_USAGE, input: 6, cacheRead: 4, output: 5 };
const CALL = { type: "tool_use", name: "look", input: {} } as const;
const SAID: HubEvent[] = [
  { type: "start", id: "answer_1", usage: USAGE },
  { type: "open", block: { type: "thinking", thinking: "", signature: "" } },
  { type: "delta", text: "Let me see." },
  { type: "close" },
  { type: "open", block: { type: "text", text: "" } },
  { type: "delta", text: "I look." },
  { type: "close" },
  { type: "open", block: { ...CALL, id: "call_1" } },
  { type: "delta", text: '{"at":' },
  { type: "delta", text: '"first"}' },
  { type: "close" },
  { type: "open", block: { ...CALL, id: "call_2" } },
  { type: "delta", text: '{"at":"second"}' },
  { type: "close" },
  { type: "end", stopReason: "tool_use", stopSequence: null, usage: USAGE },
];
const ANSWER: HubAnswer = {
  id: "answer_1",
  content: [{ type: "text", text: "Hi" }],
  ...{ stopReason: "end_turn", stopSequence: null, usage: USAGE },
};

/** Every text in a body that has `word` in it. */
function textsWith(word: string, value: unknown): string[] {
  if (typeof value === "string") return value.includes(word) ? [value] : [];
  return value && typeof value === "object" ? Object.values(value).flatMap((each) => textsWith(word, each)) : [];
}

describe.each(PAIRS)("a client of %s on an upstream of %s", (from, to) => {
  const client = CLIENTS[from];

  // litellm#32357; CCR#1397: thinking in front of calls harms no arguments; CCR#645, CCR#160, CCR#5: also Gemini's
  test("gets one well-formed stream of thinking, text and two calls, each with its own arguments", () => {
    const stage = stageOf(from, to);
    const text =
      streamOf(to, SAID)
        .map((piece) => decode(stage.push(encode(piece))))
        .join("") + decode(stage.end());
    expect(client.violations(text)).toEqual([]);
    for (const word of ["Let me see.", "I look.", "first", "second"]) expect(text).toContain(word);
    expect(text.indexOf("first")).toBeLessThan(text.indexOf("second"));
    expect(stage.own.finished()).toBe(true);
  });

  // litellm#25321
  test("sees arguments as they arrive where both formats stream them, and whole where one does not", () => {
    const stage = stageOf(from, to);
    const begun = SAID.findIndex((event) => event.type === "delta" && event.text.startsWith("{")) + 1;
    const pieces = streamOf(to, SAID);
    const before = pieces
      .slice(0, begun)
      .map((piece) => decode(stage.push(encode(piece))))
      .join("");
    const streams = from !== "gemini" && to !== "gemini";
    expect(/\{\\?"at/.test(before)).toBe(streams);
    const behind = pieces
      .slice(begun)
      .map((piece) => decode(stage.push(encode(piece))))
      .join("");
    expect(behind).toContain("first");
  });

  // litellm#32159
  test("sees an error, and no end, where the stream is cut", () => {
    const stage = stageOf(from, to);
    const cut = streamOf(to, SAID.slice(0, 6)).join("");
    const text = decode(stage.push(encode(cut))) + decode(stage.end());
    expect(stage.own.finished()).toBe(false);
    const broken = decode(stage.own.broken("It broke off."));
    expect(broken).toContain("error");
    expect(client.violations(text + broken)).toEqual([]);
  });

  // litellm#37322
  test("can be pinged before there is anything to say", () => {
    const stage = stageOf(from, to);
    const ping = decode(stage.own.ping());
    expect(ping).not.toBe("");
    const text =
      streamOf(to, SAID)
        .map((piece) => decode(stage.push(encode(piece))))
        .join("") + decode(stage.end());
    expect(client.violations(ping + text)).toEqual([]);
  });

  // maka#5277, litellm#25476: not as JSON in a text
  test("has a picture in a tool's result seen as a picture", () => {
    const texts = textsWith(PICTURE, sent(from, to, client.picture).body);
    expect(texts.map((text) => text.replace("data:image/png;base64,", ""))).toEqual([PICTURE]);
  });

  test("has its document read as one", () => {
    const texts = textsWith(PAGES, sent(from, to, client.document).body);
    expect(texts.map((text) => text.replace("data:application/pdf;base64,", ""))).toEqual([PAGES]);
  });

  test("may forbid calls", () => {
    const { body } = sent(from, to, client.forbidden);
    const written: Record<Protocol, Json> = {
      anthropic: { tool_choice: { type: "none" } },
      chat: { tool_choice: "none" },
      responses: { tool_choice: "none" },
      gemini: { toolConfig: { functionCallingConfig: { mode: "NONE" } } },
    };
    expect(body).toMatchObject(written[to]);
  });

  // Gemini's clients have no word for it.
  if (client.single) {
    const { single } = client;
    test("may have calls one at a time, or is told that it may not", () => {
      const { body, dropped } = sent(from, to, single);
      const written: Record<Protocol, Json> = {
        anthropic: { tool_choice: { type: "auto", disable_parallel_tool_use: true } },
        chat: { parallel_tool_calls: false },
        responses: { parallel_tool_calls: false },
        gemini: {},
      };
      expect(body).toMatchObject(written[to]);
      expect(dropped.some((name) => name.includes("parallel"))).toBe(to === "gemini");
    });
  }

  test("has its search run by the provider, or is told that it is not", () => {
    const { body, dropped } = sent(from, to, client.search);
    const written: Record<Protocol, Json> = {
      anthropic: { tools: [{ name: "web_search" }] },
      chat: {},
      responses: { tools: [{ type: "web_search" }] },
      gemini: { tools: [{ googleSearch: {} }] },
    };
    expect(body).toMatchObject(written[to]);
    expect(dropped.some((name) => name.includes("search"))).toBe(to === "chat");
  });

  // genkit#5412, future-agi#1122, crewAI#6838; new-api's InputTokens; Portkey's PR#1754: the total is the sum; litellm#28161
  test("counts what the cache gave, once", () => {
    const whole = writerAs(to, false).whole(ANSWER);
    const { body } = opened(from, to).answer.whole(200, encode(JSON.stringify(whole)));
    const written: Record<Protocol, Json> = {
      anthropic: { usage: { input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 5 } },
      chat: {
        usage: {
          ...{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
          prompt_tokens_details: { cached_tokens: 4 },
        },
      },
      responses: {
        usage: {
          ...{ input_tokens: 10, output_tokens: 5, total_tokens: 15 },
          input_tokens_details: { cached_tokens: 4 },
        },
      },
      gemini: {
        usageMetadata: {
          ...{ promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
          cachedContentTokenCount: 4,
        },
      },
    };
    expect(JSON.parse(decode(body))).toMatchObject(written[from]);
  });
});

describe("a client of Messages", () => {
  const others = PROTOCOLS.filter((protocol) => protocol !== "anthropic");

  test.each(others)("has its changing billing line kept from the prompt of an upstream of %s", (to) => {
    const line = "x-anthropic-billing-header: cc_version=2.1.0; cc_entrypoint=cli; cch=0a1b2;";
    const system = [
      { type: "text", text: line },
      { type: "text", text: "Be brief." },
    ];
    const { body } = sent("anthropic", to, { system });
    expect(textsWith("billing-header", body)).toEqual([]);
    expect(textsWith("Be brief.", body)).toHaveLength(1);
  });

  // cc-switch#3260: the path exists; 9router#2337, CLIProxyAPI#679: not the text alone; CLIProxyAPI#4103: nothing of the relay's own
  test("has instructions and tools counted by Google's counter, and nothing that it has not said", () => {
    const more = { system: "Be brief.", tools: [{ name: "look", input_schema: SCHEMA }] };
    const body = JSON.parse(decode(opened("anthropic", "gemini", more, false, "count").body()));
    expect(textsWith("", body.generateContentRequest?.systemInstruction)).toEqual(["Be brief."]);
    expect(textsWith("", body.generateContentRequest?.contents)).toEqual(["user", "hello"]);
    expect(textsWith("look", body)).toHaveLength(1);
  });
});

// Bifrost's own list has it, and litellm#15307.
test.each(PROTOCOLS.filter((from) => from !== "chat"))(
  "a client of %s gets calls whose arguments a Chat upstream tells in turn one behind the other",
  (from) => {
    const call = (index: number, fields: object) => ({ tool_calls: [{ index, ...fields }] });
    const named = (id: string) => ({ id, type: "function", function: { name: "look", arguments: '{"at":' } });
    const args = (text: string) => ({ function: { arguments: text } });
    const deltas = [
      call(0, named("call_1")),
      call(1, named("call_2")),
      call(0, args('"first"}')),
      call(1, args('"second"}')),
    ];
    const chunks = deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] }));
    const end = { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] };
    const stage = stageOf(from, "chat");
    const data = [...chunks, end].map((chunk) => `data: ${JSON.stringify({ id: "c", ...chunk })}\n\n`);
    const text = decode(stage.push(encode(`${data.join("")}data: [DONE]\n\n`))) + decode(stage.end());
    expect(CLIENTS[from].violations(text)).toEqual([]);
    expect(text.indexOf("first")).toBeLessThan(text.indexOf("call_2"));
  },
);
