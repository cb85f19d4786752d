/** Clients of other formats on an upstream of Anthropic's: what they see of its streams, and what comes back of them. */

import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/anthropic/usage.ts";
import type { HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import type { OpenLane } from "../../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import type { Protocol } from "../../../../src/protocols/wire.ts";
import fc from "../../../fast-check.ts";
import { failingStreams, streams } from "../arbitraries.ts";
import { read } from "../from-messages/asked.ts";
import { laneRequest, open } from "../requests.ts";
import { chatViolations } from "../validators/chat.ts";
import { geminiViolations } from "../validators/gemini.ts";
import { responsesViolations } from "../validators/responses.ts";

interface Client {
  protocol: Protocol;
  /** Asks for thinking, in a conversation of one question. */
  body: Json;
  violations: (text: string) => string[];
}

const HELLO = { role: "user", content: "hello" };
const CLIENTS: Client[] = [
  {
    protocol: "chat",
    body: { messages: [HELLO], reasoning_effort: "high", stream_options: { include_usage: true } },
    violations: (text) => chatViolations(text),
  },
  { protocol: "responses", body: { input: "hello", reasoning: { effort: "high" } }, violations: responsesViolations },
  {
    protocol: "gemini",
    body: {
      contents: [{ role: "user", parts: [{ text: "hello" }] }],
      generationConfig: { thinkingConfig: { includeThoughts: true } },
    },
    violations: geminiViolations,
  },
];

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);

function laneOf({ protocol, body }: Client, stream: boolean, more: Json = {}): OpenLane {
  const lane = laneFor({ protocol, envelope: null, usageUnasked: false, task: "answer" }, "anthropic");
  if (!lane) throw new Error(`no lane from ${protocol}`);
  return open(lane, laneRequest({ model: "asked", stream, ...body, ...more }, { stream }), "claude-opus-4-6");
}

/** A stream of Anthropic's. */
function upstreamOf(events: readonly HubEvent[]): string {
  const stream = read({ thinking: { type: "adaptive" } }).answer.stream();
  return events.map((event) => stream.write(event)).join("");
}

/** What the client is sent of the upstream's bytes, which come in pieces of the given sizes. */
function sent(lane: OpenLane, stream: string, sizes: readonly number[]): { text: string; finished: boolean } {
  const stage = lane.answer.stage();
  if (!stage?.own) throw new Error("no translation");
  const bytes = encode(stream);
  let text = "";
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    text += decode(stage.push(bytes.subarray(at, at + size)));
    at += size;
  }
  text += decode(stage.end());
  const finished = stage.own.finished();
  return { text: finished ? text : text + decode(stage.own.broken("It broke off.")), finished };
}

const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
const said = fc.oneof(
  streams({ search: true }).map(({ events }) => events),
  failingStreams({ search: true }),
);

describe.each(CLIENTS)("a client of $protocol", (client) => {
  test("gets a well-formed stream of whatever Anthropic sends, in any cut, and its end where the meter sees one", () => {
    fc.assert(
      fc.property(said, sizes, fc.nat(), fc.boolean(), (events, cuts, at, isWhole) => {
        const whole = upstreamOf(events);
        const stream = isWhole ? whole : whole.slice(0, at % whole.length);
        const { text, finished } = sent(laneOf(client, true), stream, cuts);
        expect(client.violations(text)).toEqual([]);
        const meter = streamMeter();
        meter.feed(encode(stream));
        const { complete, errored } = meter.end();
        expect(finished).toBe(complete && !errored);
      }),
    );
  });
});

describe("a turn that the client sends back to Anthropic", () => {
  const THINKING = { type: "thinking", thinking: "Let me see.", signature: "c2lnbmVk" };
  const CALL = { type: "tool_use", id: "toolu_01", name: "look", input: { at: 1 } };
  const ANSWER = {
    ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-opus-4-6" },
    content: [THINKING, { type: "text", text: "I look." }, CALL],
    ...{ stop_reason: "tool_use", usage: { input_tokens: 9, output_tokens: 7 } },
  };

  const answered = (client: Client): Json => {
    const whole = laneOf(client, false).answer.whole(200, encode(JSON.stringify(ANSWER)));
    return JSON.parse(decode(whole.body));
  };
  const sentBack = (client: Client, more: Json) => JSON.parse(decode(laneOf(client, false, more).body())).messages[1];
  const [CHAT, RESPONSES, GEMINI] = CLIENTS as [Client, Client, Client];

  // litellm#29518
  test("has its thinking with its signature, its text and its call, from Chat", () => {
    const { choices } = answered(CHAT) as { choices: { message: Json }[] };
    const messages = [HELLO, choices[0]?.message, { role: "tool", tool_call_id: "toolu_01", content: "seen" }];
    expect(sentBack(CHAT, { messages })).toEqual({ role: "assistant", content: ANSWER.content });
  });

  test("has its thinking with its signature, its text and its call, from Responses", () => {
    const { output } = answered(RESPONSES) as { output: Json[] };
    const input = [HELLO, ...output, { type: "function_call_output", call_id: "toolu_01", output: "seen" }];
    expect(sentBack(RESPONSES, { input })).toEqual({ role: "assistant", content: ANSWER.content });
  });

  test("has its thinking with its signature, its text and its call, from Gemini", () => {
    const { candidates } = answered(GEMINI) as { candidates: { content: Json }[] };
    const seen = { functionResponse: { id: "toolu_01", name: "look", response: { output: "seen" } } };
    const contents = [GEMINI.body.contents, candidates[0]?.content, { role: "user", parts: [seen] }].flat();
    expect(sentBack(GEMINI, { contents })).toEqual({ role: "assistant", content: ANSWER.content });
  });

  test("is the same request each time, whose prefix the cache knows", () => {
    const { output } = answered(RESPONSES) as { output: Json[] };
    const input = [HELLO, ...output, { type: "function_call_output", call_id: "toolu_01", output: "seen" }];
    const body = () => decode(laneOf(RESPONSES, false, { input }).body());
    expect(body()).toBe(body());
  });
});
