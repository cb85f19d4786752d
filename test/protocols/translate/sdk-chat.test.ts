/** What OpenAI's own SDK makes of translated streams: its stream helper refuses what is none of its API's. */

import type { ChatCompletion, ChatCompletionTool } from "openai/resources/chat/completions";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../../../src/protocols/translate/compose.ts";
import { FROM_CHAT } from "../../../src/protocols/translate/from-chat/half.ts";
import type { AnswerWriter } from "../../../src/protocols/translate/halves.ts";
import type { HubAnswer, HubEvent, Json } from "../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";
import fc from "../../fast-check.ts";
import { streams } from "./arbitraries.ts";
import { ASKED } from "./requests.ts";
import { openaiAnsweredWith as clientOf } from "./sdk-openai.ts";

const BODY = { model: "asked", messages: [{ role: "user" as const, content: "hello" }] };
const ASKING = { ...BODY, stream_options: { include_usage: true } };

function writerFor(body: Json): AnswerWriter {
  const read = FROM_CHAT.read(body, ASKED);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return read.value.answer;
}

const CONTENTS = { search: true, interleaved: true, citations: true };
const cutsOfBytes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 });

function streamOf(events: readonly HubEvent[], body: Json = ASKING): string {
  const stream = writerFor(body).stream();
  return events.map((event) => `${stream.write(event)}${stream.ping()}`).join("");
}

function wholeOf(answer: HubAnswer, body: Json = ASKING): ChatCompletion {
  return JSON.parse(JSON.stringify(writerFor(body).whole(answer)));
}

/** The SDK's helper adds `parsed`, and keeps of a member that it does not know only what came last. */
function comparable(completion: ChatCompletion): unknown {
  const copy = JSON.parse(JSON.stringify(completion));
  delete copy.choices[0].message.reasoning_content;
  delete copy.choices[0].message.parsed;
  return copy;
}

describe("the SDK's stream helper", () => {
  test("ends with the same message as the whole answer, from any events in any cut", async () => {
    await fc.assert(
      fc.asyncProperty(streams(CONTENTS), cutsOfBytes, async ({ answer, events }, cuts) => {
        const client = clientOf(streamOf(events), cuts);
        const stream = client.chat.completions.stream(ASKING);
        let reasoning = "";
        stream.on("chunk", ({ choices: [choice] }) => {
          reasoning += (choice?.delta as Json | undefined)?.reasoning_content ?? "";
        });
        const whole = wholeOf(answer);
        const message = whole.choices[0]?.message as unknown as Json;
        expect(comparable(await stream.finalChatCompletion())).toEqual(comparable(whole));
        expect(reasoning).toBe(message.reasoning_content ?? "");
      }),
      { numRuns: 200 },
    );
  });

  test("has the input of a free-form tool as it streams", async () => {
    const tools: ChatCompletionTool[] = [{ type: "custom", custom: { name: "patch" } }];
    const content = ["*** Begin\n\\", ""].map((input, index) => ({
      type: "tool_use" as const,
      id: `call_${index}`,
      name: "patch",
      input: { input },
    }));
    const answer = { id: "m", content, stopReason: "tool_use" as const, stopSequence: null, usage: NO_USAGE };
    const asking = { ...ASKING, tools };
    const client = clientOf(streamOf(eventsOf(answer), { ...asking }), [7]);
    const final = await client.chat.completions.stream(asking).finalChatCompletion();
    expect(comparable(final)).toEqual(comparable(wholeOf(answer, { ...asking })));
    expect(final.choices[0]?.message.tool_calls).toEqual([
      { id: "call_0", type: "custom", custom: { name: "patch", input: "*** Begin\n\\" } },
      { id: "call_1", type: "custom", custom: { name: "patch", input: "" } },
    ]);
  });

  test("throws where the upstream's answer broke, or was an error", async () => {
    const begun: HubEvent[] = [
      { type: "start", id: "m", usage: null },
      { type: "open", block: { type: "text", text: "" } },
      { type: "delta", text: "Hel" },
    ];
    const error: HubEvent = { type: "error", error: { status: 529, category: "overloaded", message: "Too busy." } };
    const broken = `${streamOf(begun)}${writerFor(ASKING).stream().broken("It broke off.")}`;
    for (const [text, message] of [
      [streamOf([...begun, error]), "Too busy."],
      [broken, "It broke off."],
    ] as const) {
      const stream = clientOf(text, [20]).chat.completions.stream(ASKING);
      await expect(stream.finalChatCompletion()).rejects.toThrow(message);
    }
  });
});
