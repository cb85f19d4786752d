/** The whole way of a Responses client to an upstream that speaks Chat, and back. */

import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import { type ClientFormat, laneFor } from "../../../../src/protocols/translate/lane-for.ts";
import fc from "../../../fast-check.ts";
import { laneRequest, open } from "../requests.ts";
import { responsesViolations } from "../validators/responses.ts";
import { told } from "./asked.ts";

const encode = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const decode = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes)) as Json;

function opened(task: ClientFormat["task"], body: Json, stream = false) {
  const lane = laneFor({ protocol: "responses", envelope: null, usageUnasked: false, task }, "chat");
  if (!lane) throw new Error("no lane");
  return open(lane, laneRequest(body, { stream }));
}

const BODY = { model: "asked", input: [{ role: "user", content: "Hello" }] };

const said = (content: string, finish_reason = "stop") => ({
  ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "own" },
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason }],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
});

describe("a compaction by an upstream that has none", () => {
  test("is asked for as a text, and answered as OpenAI answers it", () => {
    const { body, endpoint, answer } = opened("compact", BODY);
    expect(endpoint?.path).toMatch(/chat\/completions$/);
    expect(JSON.stringify(decode(body()).messages)).toMatch(/"Hello.*summary/s);
    const whole = answer.whole(200, encode(said("They said hello.")));
    expect(whole.status).toBeUndefined();
    expect(decode(whole.body)).toMatchObject({
      ...{ id: "resp_1", object: "response.compaction", usage: { input_tokens: 9, total_tokens: 11 } },
      output: [{ role: "user" }, { type: "compaction", encrypted_content: expect.any(String) }],
    });
  });

  test("is an error in the client's words where the model writes none, and where the upstream refuses", () => {
    const { answer } = opened("compact", BODY);
    const none = answer.whole(200, encode(said("They", "length")));
    expect(none.status).toBe(502);
    expect(decode(none.body)).toMatchObject({ error: { code: "server_error", message: expect.any(String) } });
    const refused = answer.whole(
      400,
      encode({ error: { message: "This model's maximum context length is 8192 tokens" } }),
    );
    expect(decode(refused.body)).toMatchObject({ error: { code: "context_length_exceeded" } });
  });
});

describe("a stream from an upstream that speaks Chat", () => {
  const chunk = (delta: Json, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: "chatcmpl-1", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const call = (index: number, more: Json) => chunk({ tool_calls: [{ index, ...more }] });
  const TOOLS = [
    { type: "custom", name: "patch" },
    { type: "function", name: "read", parameters: {} },
  ];
  // Two calls that fill in turn, as Chat allows.
  const CHUNKS = [
    chunk({ role: "assistant", content: "Both." }),
    call(0, { id: "c0", type: "function", function: { name: "patch", arguments: "" } }),
    call(0, { function: { arguments: '{"input":"*** Be' } }),
    call(1, { id: "c1", type: "function", function: { name: "read", arguments: '{"a"' } }),
    call(0, { function: { arguments: 'gin"}' } }),
    call(1, { function: { arguments: ":1}" } }),
    chunk({}, "tool_calls"),
    'data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}\n\n',
    "data: [DONE]\n\n",
  ];

  /** What the client gets of these bytes, in pieces of the given sizes (repeated). */
  function passed(text: string, sizes: number[], broke = false): string {
    const stage = opened("answer", { ...BODY, tools: TOOLS }, true).answer.stage();
    const bytes = encode(text);
    const pieces: (Uint8Array | undefined)[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(stage?.push(bytes.subarray(at, at + size)));
      at += size;
    }
    pieces.push(stage?.end());
    if (broke) pieces.push(stage?.own?.broken("It broke off."));
    return pieces.map((piece) => new TextDecoder().decode(piece)).join("");
  }

  const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 });

  test("is a stream of the client's API, calls that fill in turn included, from any cut", () => {
    fc.assert(
      fc.property(sizes, (cuts) => {
        const text = passed(CHUNKS.join(""), cuts);
        expect(responsesViolations(text)).toEqual([]);
        expect(told(text).at(-1)).toMatchObject({
          type: "response.completed",
          response: {
            output: [
              { type: "message", content: [{ text: "Both." }] },
              { type: "custom_tool_call", call_id: "c0", name: "patch", input: "*** Begin" },
              { type: "function_call", call_id: "c1", name: "read", arguments: '{"a":1}' },
            ],
          },
        });
      }),
      { numRuns: 40 },
    );
  });

  test("that breaks off has an error for its end, and no response that would be complete", () => {
    for (let kept = 1; kept < CHUNKS.length - 2; kept++) {
      const text = passed(CHUNKS.slice(0, kept).join(""), [50], true);
      expect(responsesViolations(text)).toEqual([]);
      expect(
        told(text)
          .slice(-2)
          .map(({ type }) => type),
      ).toEqual(["error", "response.failed"]);
    }
  });
});
