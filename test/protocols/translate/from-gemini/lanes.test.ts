/** Google's clients on upstreams of other formats: what comes back of their answers, and what the next request makes of it. */
import { GoogleGenAI } from "@google/genai";
import { describe, expect, test } from "vitest";
import type { Asked } from "../../../../src/protocols/translate/halves.ts";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import type { OpenLane } from "../../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import type { Protocol } from "../../../../src/protocols/wire.ts";
import fc from "../../../fast-check.ts";
import { streams } from "../arbitraries.ts";
import { answeredInPieces } from "../in-pieces.ts";
import { laneRequest, open } from "../requests.ts";
import { streamed, writer } from "./asked.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);

const THINKS = { thinkingConfig: { includeThoughts: true, thinkingLevel: "HIGH" }, maxOutputTokens: 4096 };
const TOOLS = [{ functionDeclarations: [{ name: "look", parametersJsonSchema: { type: "object" } }] }];
const HELLO = { role: "user", parts: [{ text: "hello" }] };

function laneTo(upstream: Protocol, contents: unknown[], asked: Partial<Asked> = {}): OpenLane {
  const lane = laneFor({ protocol: "gemini", envelope: null, usageUnasked: false, task: "answer" }, upstream);
  if (!lane) throw new Error(`no lane to ${upstream}`);
  return open(lane, laneRequest({ contents, tools: TOOLS, generationConfig: THINKS }, asked), "claude-opus-4-8");
}

/** A call with thinking before it, as each upstream answers. */
const ANSWERS: Record<string, Json> = {
  anthropic: {
    ...{ id: "msg_1", type: "message", role: "assistant", model: "m", stop_reason: "tool_use" },
    content: [
      { type: "thinking", thinking: "hm", signature: "EqoBCkYI+/==" },
      { type: "text", text: "I look." },
      { type: "redacted_thinking", data: "c2VhbGVk" },
      { type: "tool_use", id: "toolu_1", name: "look", input: { at: 1 } },
    ],
    usage: { input_tokens: 10, output_tokens: 5 },
  },
  responses: {
    ...{ id: "resp_1", object: "response", status: "completed", model: "m" },
    output: [
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }], encrypted_content: "gAAA" },
      {
        type: "function_call",
        id: "fc_1",
        call_id: "call_1",
        name: "look",
        arguments: '{"at":1}',
        status: "completed",
      },
    ],
    usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
  },
};

/** The contents of a next request, as Gemini CLI writes them: without thoughts, each signature where it was. */
function echoed(upstream: Protocol): { sent: Json; asked: Json } {
  const answer = JSON.parse(
    decode(laneTo(upstream, [HELLO]).answer.whole(200, encode(JSON.stringify(ANSWERS[upstream]))).body),
  );
  const { parts } = answer.candidates[0].content as { parts: Json[] };
  const [id] = parts.flatMap(({ functionCall }) => (functionCall ? [(functionCall as Json).id] : []));
  const model = { role: "model", parts: parts.filter(({ thought }) => !thought) };
  const result = { role: "user", parts: [{ functionResponse: { id, name: "look", response: { output: "seen" } } }] };
  return { sent: answer, asked: JSON.parse(decode(laneTo(upstream, [HELLO, model, result]).body())) };
}

describe("a tool loop with thinking", () => {
  test("on Anthropic brings back each block as it was, sealed ones too", () => {
    const { sent, asked } = echoed("anthropic");
    expect(sent).toMatchObject({ candidates: [{ finishReason: "STOP" }], usageMetadata: { totalTokenCount: 15 } });
    const [, assistant, results] = asked.messages as { content: Json[] }[];
    expect(assistant?.content).toMatchObject(ANSWERS.anthropic?.content as Json[]);
    expect(results?.content).toMatchObject([{ type: "tool_result", tool_use_id: "toolu_1" }]);
    expect(asked.thinking).toMatchObject({ type: "adaptive" });
  });

  test("on Responses brings back the encrypted reasoning, with its id", () => {
    const { asked } = echoed("responses");
    const input = asked.input as Json[];
    expect(input).toContainEqual(expect.objectContaining({ type: "reasoning", id: "rs_1", encrypted_content: "gAAA" }));
    expect(input).toContainEqual(expect.objectContaining({ type: "function_call", call_id: "call_1", name: "look" }));
    expect(input).toContainEqual(
      expect.objectContaining({ type: "function_call_output", call_id: "call_1", output: "seen" }),
    );
  });
});

describe("an upstream's error", () => {
  test.each(["anthropic", "chat", "responses"] as const)("of %s is one of Google's", (upstream) => {
    const lane = laneTo(upstream, [HELLO]);
    const { body, status } = lane.answer.whole(
      429,
      encode('{"type":"error","error":{"type":"rate_limit_error","message":"Slow down."}}'),
    );
    expect(status ?? 429).toBe(429);
    expect(JSON.parse(decode(body))).toMatchObject({
      error: { code: 429, message: "Slow down.", status: "RESOURCE_EXHAUSTED" },
    });
  });
});

/** Google's own SDK, whose every request is answered with these bytes, in pieces of the given sizes (repeated). */
function googleAnsweredWith(text: string, cuts: readonly number[]): GoogleGenAI {
  const fetch = answeredInPieces(text, cuts);
  return new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: "http://relay.example", fetch } });
}

describe("Google's SDK", () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 });

  test("gathers of a stream, in any cut and with pings between, what the whole answer says", async () => {
    await fc.assert(
      fc.asyncProperty(streams({ search: true }), cuts, async ({ events, answer }, sizes) => {
        const text = streamed(events).replaceAll("\n\n", `\n\n${writer().stream().ping()}`);
        const chat = googleAnsweredWith(text, sizes).chats.create({ model: "m" });
        let usage: unknown;
        for await (const chunk of await chat.sendMessageStream({ message: "hello" })) {
          usage = chunk.usageMetadata ?? usage;
        }
        // What the SDK sends with the next request.
        const parts = chat.getHistory(true).flatMap(({ role, parts: all }) => (role === "model" ? (all ?? []) : []));
        const texts = answer.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
        const made = answer.content.flatMap((block) => (block.type === "tool_use" ? [block] : []));
        expect(parts.flatMap(({ text: said, thought }) => (said && !thought ? [said] : [])).join("")).toBe(
          texts.join(""),
        );
        const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
        expect(calls).toEqual(made.map(({ id, name, input }) => ({ id, name, args: input })));
        expect(usage).toMatchObject(writer().whole(answer).usageMetadata as Json);
      }),
      { numRuns: 40 },
    );
  });

  test("throws where the stream broke off, with the status that it retries", async () => {
    const stream = writer().stream();
    const begun = stream.write({ type: "start", id: "r1", usage: null }) + stream.broken("It broke off.");
    const reading = async () => {
      for await (const _ of await googleAnsweredWith(begun, [10]).models.generateContentStream({
        model: "m",
        contents: "a",
      }));
    };
    await expect(reading()).rejects.toMatchObject({ status: 503 });
  });
});
