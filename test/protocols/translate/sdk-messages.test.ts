/** What Anthropic's own SDK makes of translated streams. */
import Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import { describe, expect, test } from "vitest";
import type { AnswerWriter } from "../../../src/protocols/translate/halves.ts";
import type { HubEvent, Json } from "../../../src/protocols/translate/hub.ts";
import fc from "../../fast-check.ts";
import { failingStreams, streams } from "./arbitraries.ts";
import { read } from "./from-messages/asked.ts";
import { answeredInPieces } from "./in-pieces.ts";

const BODY: MessageCreateParamsNonStreaming = {
  ...{ model: "asked", max_tokens: 100, messages: [{ role: "user", content: "Hello" }] },
};
const ASKING = { ...BODY, thinking: { type: "adaptive" } } as const;

const CONTENTS = { search: true, interleaved: true };
const cutsOfBytes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });

/** The SDK, whose every request is answered with these bytes, in pieces of the given sizes (repeated). */
function clientOf(text: string, cuts: readonly number[]): Anthropic {
  const fetch = answeredInPieces(text, cuts);
  return new Anthropic({ apiKey: "none", baseURL: "http://relay.example", fetch, maxRetries: 0 });
}

function streamOf(writer: AnswerWriter, events: readonly HubEvent[]): string {
  const stream = writer.stream();
  return stream.ping() + events.map((event) => `${stream.write(event)}${stream.ping()}`).join("");
}

/** Of what the SDK adds to a message, and of what `message_delta` does not repeat, nothing is compared. */
function comparable(message: unknown): Json {
  const { usage, parsed_output: _, ...rest } = JSON.parse(JSON.stringify(message));
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage;
  return { ...rest, usage: { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } };
}

describe("the SDK's stream helper", () => {
  test.each([
    ["with thinking", ASKING],
    ["without", BODY],
  ])("ends with the same message as the whole answer, from any events in any cut: %s", async (_, asking) => {
    await fc.assert(
      fc.asyncProperty(streams(CONTENTS), cutsOfBytes, async ({ answer, events }, cuts) => {
        const { answer: writer } = read(asking as unknown as Json);
        const stream = clientOf(streamOf(writer, events), cuts).messages.stream(asking);
        expect(comparable(await stream.finalMessage())).toEqual(comparable(writer.whole(answer)));
      }),
      { numRuns: 150 },
    );
  });

  test("fails with the error's own words where a stream ends in one", async () => {
    await fc.assert(
      fc.asyncProperty(failingStreams(CONTENTS), cutsOfBytes, async (events, cuts) => {
        const { answer: writer } = read(ASKING as unknown as Json);
        const stream = clientOf(streamOf(writer, events), cuts).messages.stream(ASKING);
        await expect(stream.finalMessage()).rejects.toThrow("Overloaded");
      }),
      { numRuns: 50 },
    );
  });
});
