/**
 * OpenAI's SDK on upstreams of every other format, through whole lanes: what those answer is written by the halves of their own
 * clients, which the validators hold to the formats' rules.
 */

import type { ChatCompletion } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../../../src/protocols/translate/compose.ts";
import { FROM_MESSAGES } from "../../../src/protocols/translate/from-messages/half.ts";
import { FROM_RESPONSES } from "../../../src/protocols/translate/from-responses/half.ts";
import type { AnswerWriter, ClientHalf } from "../../../src/protocols/translate/halves.ts";
import type { HubAnswer, HubEvent, Json } from "../../../src/protocols/translate/hub.ts";
import type { OpenLane } from "../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../src/protocols/translate/lane-for.ts";
import type { Protocol } from "../../../src/protocols/wire.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";
import fc from "../../fast-check.ts";
import { streams } from "./arbitraries.ts";
import { ASKED, laneRequest, open } from "./requests.ts";
import { openaiAnsweredWith } from "./sdk-openai.ts";
import { chatViolations } from "./validators/chat.ts";

const THINKING = {
  ...{ max_tokens: 4_000, thinking: { type: "enabled", budget_tokens: 1_024 } },
  messages: [{ role: "user", content: "hi" }],
};

/** Who writes as the upstream, and the least that it is asked. */
const UPSTREAMS: [Protocol, ClientHalf, Json][] = [
  ["anthropic", FROM_MESSAGES, THINKING],
  ["responses", FROM_RESPONSES, { input: "hi" }],
];

const TOOLS = ["Read", "Bash", "constructor", "mcp__server__a-tool", "t".repeat(64)];
const ASKING = {
  model: "asked",
  messages: [{ role: "user" as const, content: "hello" }],
  tools: TOOLS.map((name) => ({ type: "function" as const, function: { name, parameters: {} } })),
  stream_options: { include_usage: true },
};

function writerOf(half: ClientHalf, body: Json, stream: boolean): AnswerWriter {
  const read = half.read({ model: "own", ...body, stream }, { ...ASKED, stream });
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value.answer;
}

function laneTo(upstream: Protocol, stream: boolean): OpenLane {
  const lane = laneFor({ protocol: "chat", envelope: null, usageUnasked: false, task: "answer" }, upstream);
  if (!lane) throw new Error("no lane");
  return open(lane, laneRequest({ ...ASKING, stream }, { stream }));
}

/** What the client gets of the upstream's stream, which comes in pieces. */
function translated(upstream: Protocol, text: string, cuts: readonly number[]): string {
  const stage = laneTo(upstream, true).answer.stage();
  if (!stage) throw new Error("no stage");
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  let out = "";
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = cuts[turn % cuts.length] ?? 1;
    out += decoder.decode(stage.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return out + decoder.decode(stage.end());
}

function wholeThrough(upstream: Protocol, answer: Json): ChatCompletion {
  const body = new TextEncoder().encode(JSON.stringify(answer));
  return JSON.parse(new TextDecoder().decode(laneTo(upstream, false).answer.whole(200, body).body));
}

function comparable({ choices: [choice], usage }: ChatCompletion): unknown {
  const { reasoning_content: _, parsed: __, ...message } = (choice?.message ?? {}) as unknown as Json;
  return { message, finish: choice?.finish_reason, usage };
}

const cutsOfBytes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });

describe.each(UPSTREAMS)("on %s the SDK's stream helper", (upstream, half, body) => {
  const streamed = (events: readonly HubEvent[]) => {
    const writer = writerOf(half, body, true).stream();
    return events.map((event) => writer.write(event)).join("");
  };

  test("ends with the message of the whole answer, and the stream keeps every rule", async () => {
    await fc.assert(
      fc.asyncProperty(streams(), cutsOfBytes, async ({ answer, events }, cuts) => {
        const text = translated(upstream, streamed(events), cuts);
        expect(chatViolations(text)).toEqual([]);
        const final = await openaiAnsweredWith(text, [500]).chat.completions.stream(ASKING).finalChatCompletion();
        const whole = wholeThrough(upstream, writerOf(half, body, false).whole(answer));
        expect(comparable(final)).toEqual(comparable(whole));
        expect(said(final)).toEqual(saidIn(answer));
      }),
      { numRuns: 60 },
    );
  });
});

/** The text, and the calls with their arguments. */
function said({ choices: [choice] }: ChatCompletion): unknown {
  const { content = null, tool_calls = [] } = choice?.message ?? {};
  const calls = tool_calls.map(
    (call) => call.type === "function" && [call.function.name, JSON.parse(call.function.arguments)],
  );
  return { text: content ?? "", calls };
}

function saidIn({ content }: HubAnswer): unknown {
  const text = content.map((block) => (block.type === "text" ? block.text : "")).join("");
  return { text, calls: content.flatMap((block) => (block.type === "tool_use" ? [[block.name, block.input]] : [])) };
}

describe("what a provider has signed comes back to it from a client that echoes the SDK's message", () => {
  const data = (event: object) => `data: ${JSON.stringify(event)}\n\n`;

  /** The body of the second turn: the first has been answered with `stream`, and its call with "done". */
  async function echoed(upstream: Protocol, stream: string): Promise<Json> {
    const text = translated(upstream, stream, [50]);
    const final = await openaiAnsweredWith(text, [500]).chat.completions.stream(ASKING).finalMessage();
    const call = { role: "tool", tool_call_id: final.tool_calls?.[0]?.id, content: "done" };
    const lane = laneFor({ protocol: "chat", envelope: null, usageUnasked: false, task: "answer" }, upstream);
    if (!lane) throw new Error("no lane");
    const body = { ...ASKING, reasoning_effort: "high", messages: [...ASKING.messages, final, call] };
    return JSON.parse(new TextDecoder().decode(open(lane, laneRequest(body), MODELS[upstream]).body()));
  }

  const MODELS: Partial<Record<Protocol, string>> = {
    anthropic: "claude-sonnet-4-5",
    responses: "gpt-5.5",
    gemini: "gemini-3-pro",
  };

  test("Anthropic's signature, with the thinking as it was", async () => {
    const thinking = { type: "thinking" as const, thinking: "hm,\nso", signature: "EqQBCg==" };
    const content = [thinking, { type: "tool_use" as const, id: "toolu_1", name: "Read", input: { a: 1 } }];
    const answer = { id: "msg_1", content, stopReason: "tool_use" as const, stopSequence: null, usage: NO_USAGE };
    const writer = writerOf(FROM_MESSAGES, THINKING, true).stream();
    const body = await echoed(
      "anthropic",
      eventsOf(answer)
        .map((event) => writer.write(event))
        .join(""),
    );
    expect((body.messages as Json[])[1]).toEqual({ role: "assistant", content });
  });

  test("OpenAI's encrypted reasoning, with its id", async () => {
    const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAA" };
    const call = {
      type: "function_call",
      id: "fc_1",
      call_id: "call_1",
      name: "Read",
      arguments: "{}",
      status: "completed",
    };
    const output = [reasoning, call];
    const response = { id: "resp_1", status: "completed", output, usage: { input_tokens: 1, output_tokens: 1 } };
    const events = [
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      ...output.flatMap((item, output_index) => [
        { type: "response.output_item.added", output_index, item: { ...item, arguments: "" } },
        { type: "response.output_item.done", output_index, item },
      ]),
      { type: "response.completed", response },
    ];
    const body = await echoed("responses", events.map(data).join(""));
    expect((body.input as Json[]).slice(1)).toMatchObject([
      { type: "reasoning", encrypted_content: "gAAA" },
      { type: "function_call", call_id: "call_1" },
      { type: "function_call_output", call_id: "call_1", output: "done" },
    ]);
  });

  test("Gemini's signature, at the call that had it", async () => {
    const parts = [
      { text: "hm", thought: true },
      { functionCall: { name: "Read", args: {} }, thoughtSignature: "c2ln" },
    ];
    const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };
    const answer = { candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }], usageMetadata };
    const body = await echoed("gemini", data(answer));
    const [, turn] = body.contents as { parts: Json[] }[];
    expect(turn?.parts.at(-1)).toMatchObject({ functionCall: { name: "Read" }, thoughtSignature: "c2ln" });
  });
});
