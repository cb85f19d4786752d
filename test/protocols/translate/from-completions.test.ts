import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { eventsOf } from "../../../src/protocols/translate/compose.ts";
import { FROM_COMPLETIONS } from "../../../src/protocols/translate/from-completions.ts";
import type { HubAnswer, HubEvent, Json, StopReason } from "../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";
import fc from "../../fast-check.ts";
import { streams } from "./arbitraries.ts";
import { ASKED } from "./requests.ts";

function read(body: Json) {
  const result = FROM_COMPLETIONS.read({ model: "asked", prompt: "Once upon", ...body }, ASKED);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

function refusedFor(body: Json): string | null {
  const result = FROM_COMPLETIONS.read({ model: "asked", ...body }, ASKED);
  return !result.ok && result.refusal.reason === "member_refused" ? result.refusal.member : null;
}

const said = (text: string, stopReason: StopReason = "end_turn"): HubAnswer => ({
  ...{ id: "msg_1", content: [{ type: "text", text }], stopReason, stopSequence: null },
  usage: { ...NO_USAGE, input: 3, cacheRead: 4, output: 5 },
});

function streamOf(events: readonly HubEvent[], body: Json = {}): string {
  const stream = read(body).answer.stream();
  return events.map((event) => stream.write(event)).join("");
}

describe("a prompt", () => {
  test.each([["Once upon"], [["Once upon"]]])("%j is what the user says", (prompt) => {
    expect(read({ prompt }).hub).toMatchObject({
      ...{ model: "asked", system: [], tools: [], showThinking: false },
      messages: [{ role: "user", content: [{ type: "text", text: "Once upon" }] }],
    });
  });

  test("comes with its sampling and limits", () => {
    const body = { max_tokens: 5, temperature: 0.2, top_p: 0.9, stop: ["\n"], user: "u" };
    expect(read(body).hub).toMatchObject({
      ...{ maxTokens: 5, temperature: 0.2, topP: 0.9, stopSequences: ["\n"], user: "u" },
    });
    expect(read(body).dropped).toEqual([]);
  });

  test("comes without what chat models have no way to do, and that is named", () => {
    const none = { logprobs: null, echo: false, suffix: null, best_of: 1, n: 1, presence_penalty: 0 };
    expect(read({ ...none, logprobs: 3, seed: 7, logit_bias: { 5: 1 } }).dropped).toEqual([
      "logprobs",
      "seed",
      "logit_bias",
    ]);
    expect(read(none).dropped).toEqual([]);
  });

  test.each([
    ["prompt", {}],
    ["prompt", { prompt: "" }],
    ["prompt", { prompt: ["a", "b"] }],
    ["prompt", { prompt: [1, 2, 3] }],
    ["prompt", { prompt: [[1, 2, 3]] }],
    ["suffix", { prompt: "a", suffix: "z" }],
    ["echo", { prompt: "a", echo: true }],
    ["n", { prompt: "a", n: 2 }],
    ["best_of", { prompt: "a", best_of: 3 }],
    ["max_tokens", { prompt: "a", max_tokens: -1 }],
  ])("is refused where it asks for another answer than a chat model's: %s in %j", (member, body) => {
    expect(refusedFor(body)).toBe(member);
  });
});

describe("an answer", () => {
  test("is a text_completion of the model that was asked for", () => {
    expect(read({}).answer.whole(said(" a time"))).toEqual({
      id: "cmpl-msg_1",
      object: "text_completion",
      created: 1_700_000_000,
      model: "asked",
      choices: [{ text: " a time", index: 0, logprobs: null, finish_reason: "stop" }],
      usage: {
        ...{ prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test("streams as texts, then the reason to finish, the usage where it was asked for, and [DONE]", () => {
    const text = streamOf(eventsOf(said("hi", "max_tokens")), { stream_options: { include_usage: true } });
    const frames = text.split("\n\n").slice(0, -1);
    expect(frames.pop()).toBe("data: [DONE]");
    const chunks = frames.map((frame) => JSON.parse(frame.slice("data: ".length)));
    expect(
      chunks.map(({ choices: [choice], usage }) => [choice?.text, choice?.finish_reason, usage?.total_tokens]),
    ).toEqual([
      ["hi", null, undefined],
      ["", "length", undefined],
      [undefined, undefined, 12],
    ]);
    expect(streamOf(eventsOf(said("hi")))).not.toContain("usage");
  });

  test("streamed to the SDK is the text of the whole answer, whatever else the model has said", async () => {
    await fc.assert(
      fc.asyncProperty(streams({ search: true }), async ({ answer, events }) => {
        const stream = streamOf(events);
        const fetch = async () => new Response(stream, { headers: { "content-type": "text/event-stream" } });
        const client = new OpenAI({ apiKey: "none", baseURL: "http://relay.example/v1", fetch, maxRetries: 0 });
        const [choice] = read({}).answer.whole(answer).choices as [{ text: string; finish_reason: string }];
        let text = "";
        let finish = "";
        for await (const chunk of await client.completions.create({ model: "asked", prompt: "a", stream: true })) {
          text += chunk.choices[0]?.text ?? "";
          finish += chunk.choices[0]?.finish_reason ?? "";
        }
        expect([text, finish]).toEqual([choice.text, choice.finish_reason]);
      }),
      { numRuns: 50 },
    );
  });

  test("that fails says the error, and one that breaks off too", () => {
    const error: HubEvent = { type: "error", error: { status: 400, category: "invalid_request", message: "No." } };
    expect(streamOf([{ type: "start", id: "m", usage: null }, error])).toBe(
      'data: {"error":{"message":"No.","param":null,"type":"invalid_request_error","code":null}}\n\n',
    );
    expect(read({}).answer.stream().broken("It broke off.")).toContain('"message":"It broke off."');
    expect(read({}).answer.stream().ping()).toBe(": ping\n\n");
  });
});
