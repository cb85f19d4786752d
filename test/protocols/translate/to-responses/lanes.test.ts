import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import type { AnswerLane } from "../../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import type { Protocol } from "../../../../src/protocols/wire.ts";
import fc from "../../../fast-check.ts";
import { laneRequest, open } from "../requests.ts";
import { chatViolations } from "../validators/chat.ts";
import { geminiViolations } from "../validators/gemini.ts";
import { messagesViolations } from "../validators/messages.ts";
import { responsesViolations } from "../validators/responses.ts";
import { call, type Event, message, outputs, response, sseOf, streamOf } from "./events.ts";

interface Client {
  protocol: Protocol;
  body: Json;
  violations: (text: string) => string[];
}

const tools = [{ name: "run", input_schema: { type: "object", properties: {} } }];

/** Clients of each format that have a half, thinking and streaming. */
const CLIENTS: Client[] = [
  {
    protocol: "anthropic",
    body: { max_tokens: 9000, messages: [{ role: "user", content: "hi" }], thinking: { type: "adaptive" }, tools },
    violations: messagesViolations,
  },
  {
    protocol: "chat",
    body: {
      messages: [{ role: "user", content: "hi" }],
      stream_options: { include_usage: true },
      reasoning_effort: "low",
      tools: [{ type: "function", function: { name: "run", parameters: { type: "object", properties: {} } } }],
    },
    violations: (text: string) => chatViolations(text),
  },
  {
    protocol: "gemini",
    body: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
    violations: geminiViolations,
  },
].filter(({ protocol }) => laneTo(protocol as Protocol) !== null) as Client[];

function laneTo(protocol: Protocol) {
  return laneFor({ protocol, envelope: null, usageUnasked: false, task: "answer" }, "responses");
}

function answerFor({ protocol, body }: Client): AnswerLane {
  const lane = laneTo(protocol);
  if (!lane) throw new Error(protocol);
  return open(lane, laneRequest({ model: "asked", ...body, stream: true }, { stream: true }), "gpt-5.2").answer;
}

/** What the client gets of a stream that is cut into pieces of these sizes, and of its end or its break. */
function passed(answer: AnswerLane, sse: string, sizes: readonly number[]): string {
  const stage = answer.stage();
  const bytes = new TextEncoder().encode(sse);
  const decoder = new TextDecoder();
  let text = "";
  const take = (piece: Uint8Array | undefined) => {
    text += decoder.decode(piece, { stream: true });
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    take(stage?.push(bytes.subarray(at, at + size)));
    at += size;
  }
  take(stage?.end());
  if (!stage?.own?.finished()) take(stage?.own?.broken("The upstream broke off its answer."));
  return text;
}

const encoder = new TextEncoder();
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });

describe.each(CLIENTS)("a stream of Responses for a client of $protocol", (client) => {
  const answer = answerFor(client);

  test("keeps the client's rules, whatever it says and wherever it is cut", () => {
    fc.assert(
      fc.property(outputs, sizes, (items, cuts) => {
        expect(client.violations(passed(answer, sseOf(streamOf(items)), cuts))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("keeps them where it breaks off at any byte, and says an error", () => {
    fc.assert(
      fc.property(outputs, sizes, fc.double({ min: 0, max: 1, noNaN: true }), (items, cuts, share) => {
        const whole = sseOf(streamOf(items));
        const last = whole.lastIndexOf("event: ");
        const text = passed(answer, whole.slice(0, Math.floor(share * last)), cuts);
        expect(client.violations(text)).toEqual([]);
        expect(text).toContain("error");
      }),
      { numRuns: 60 },
    );
  });

  test("keeps them where it fails, is cut at its limit, or comes in its last event alone", () => {
    const items = [message("hello"), call('{"a":1}')];
    const failed: Event = {
      type: "response.failed",
      response: response([], { status: "failed", error: { code: "server_error", message: "broke" } }),
    };
    const incomplete: Event = {
      type: "response.incomplete",
      response: response(items, { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }),
    };
    for (const events of [streamOf(items, failed), streamOf(items, incomplete), streamOf(items).slice(-1)]) {
      expect(client.violations(passed(answer, sseOf(events), [50]))).toEqual([]);
    }
  });
});

test("a stop sequence of a client's ends its answer, and what was written behind it is paid for", () => {
  const lane = laneTo("anthropic");
  if (!lane) throw new Error("no lane");
  const body = {
    model: "asked",
    max_tokens: 100,
    messages: [{ role: "user", content: "hi" }],
    stop_sequences: ["STOP"],
  };
  const items = [message("before STOP after"), call("{}")];
  const { answer } = open(lane, laneRequest({ ...body, stream: true }, { stream: true }), "gpt-5.2");
  const text = passed(answer, sseOf(streamOf(items)), [33]);
  expect(messagesViolations(text)).toEqual([]);
  expect(text).toContain('"stop_reason":"stop_sequence","stop_sequence":"STOP"');
  expect(text).toContain('"output_tokens":20');
  expect(text).not.toContain("after");
  const whole = open(lane, laneRequest(body), "gpt-5.2").answer.whole(
    200,
    encoder.encode(JSON.stringify(response(items))),
  );
  expect(JSON.parse(new TextDecoder().decode(whole.body))).toMatchObject({
    ...{ content: [{ type: "text", text: "before " }], stop_reason: "stop_sequence", stop_sequence: "STOP" },
  });
});

test("the streams that these tests are made of are such as OpenAI's", () => {
  fc.assert(
    fc.property(outputs, (items) => {
      expect(responsesViolations(sseOf(streamOf(items)))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
