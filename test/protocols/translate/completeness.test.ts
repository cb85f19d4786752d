/** Whether an answer is whole: the log has it from the meter of the upstream's format, the client from the reader of its events. */
import { describe, expect, test } from "vitest";
import type { AnswerReader, UpstreamHalf } from "../../../src/protocols/translate/halves.ts";
import type { HubRequest } from "../../../src/protocols/translate/hub.ts";
import { TO_CHAT } from "../../../src/protocols/translate/to-chat/half.ts";
import { TO_GEMINI } from "../../../src/protocols/translate/to-gemini/half.ts";
import { TO_MESSAGES } from "../../../src/protocols/translate/to-messages/half.ts";
import { TO_RESPONSES } from "../../../src/protocols/translate/to-responses/half.ts";
import { PROTOCOLS, type Protocol, WIRE } from "../../../src/protocols/wire.ts";
import { UPSTREAMS } from "../../front/formats.ts";
import { UPSTREAM } from "./requests.ts";

const HALVES: Record<Protocol, UpstreamHalf> = {
  anthropic: TO_MESSAGES,
  chat: TO_CHAT,
  responses: TO_RESPONSES,
  gemini: TO_GEMINI,
};

const HUB: HubRequest = {
  ...{ model: "m", system: [], tools: [], toolChoice: null, disableParallelToolUse: false, maxTokens: 100 },
  messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
  ...{ temperature: null, topP: null, topK: null, stopSequences: [], thinking: null, effort: null },
  ...{ showThinking: false, format: null, verbosity: null, user: null, session: null, stream: true },
};

function readerOf(protocol: Protocol): AnswerReader {
  const written = HALVES[protocol].write(HUB, UPSTREAM);
  if (!written.ok) throw new Error("refused");
  return written.value.answer;
}

/** What the log and the client say of the events of a stream: whether they are a whole answer. */
function wholeTo(protocol: Protocol, events: readonly string[]): { log: boolean; client: boolean } {
  const meter = WIRE[protocol].streamMeter();
  meter.feed(new TextEncoder().encode(events.join("")));
  const reader = readerOf(protocol).stream();
  const read = events.flatMap((event) => reader.read(/^data: (.*)$/m.exec(event)?.[1] ?? ""));
  const [last] = [...read, ...reader.end()].filter(({ type }) => type === "end" || type === "error");
  return { log: meter.end().complete, client: last?.type === "end" };
}

describe.each(PROTOCOLS)("a stream of %s", (protocol) => {
  const { stream, overloaded, behindReason } = UPSTREAMS[protocol];
  const events = stream(["Hello", " there"]);

  test("is whole to the log where it is to the client, wherever it is cut", () => {
    for (let length = 1; length <= events.length; length++) {
      const whole = length >= events.length - behindReason;
      expect(wholeTo(protocol, events.slice(0, length))).toEqual({ log: whole, client: whole });
    }
  });

  test("is whole to both where an error comes behind the reason of its end, and to neither where it comes before", () => {
    for (let length = 1; length <= events.length; length++) {
      const whole = length >= events.length - behindReason;
      const failed = [...events.slice(0, length), overloaded.event];
      expect(wholeTo(protocol, failed)).toEqual({ log: whole, client: whole });
    }
  });
});
