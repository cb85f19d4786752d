import { describe, expect, test } from "vitest";
import { usageOf } from "../../../../src/protocols/openai.ts";
import { eventsOf } from "../../../../src/protocols/translate/compose.ts";
import { chatUsage } from "../../../../src/protocols/translate/from-chat/usage.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent, Json, StopReason } from "../../../../src/protocols/translate/hub.ts";
import { carriedSignature } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import fc from "../../../fast-check.ts";
import { answers, failingStreams, streams } from "../arbitraries.ts";
import { chatViolations } from "../validators/chat.ts";
import { conversationOf, read, text } from "./reading.ts";

const USAGE = { ...NO_USAGE, input: 10, cacheWrite5m: 20, cacheWrite1h: 5, cacheRead: 40, output: 8, reasoning: 3 };
const use = (id: string, name = "look", input: Json = {}): HubAnswerBlock => ({ type: "tool_use", id, name, input });
const thinking = (words: string, signature = ""): HubAnswerBlock => ({ type: "thinking", thinking: words, signature });

function answerOf(content: HubAnswerBlock[], stopReason: StopReason = "end_turn"): HubAnswer {
  return { id: "msg_1", content, stopReason, stopSequence: null, usage: USAGE };
}

interface Choice {
  message: Json & { content: string | null };
  finish_reason: string;
}

function choiceOf(answer: HubAnswer, body: Json = {}): Choice {
  return (read(body).answer.whole(answer).choices as [Choice])[0];
}

const messageOf = (content: HubAnswerBlock[], body: Json = {}) => choiceOf(answerOf(content), body).message;

/** The chunks of a stream, and what is no chunk as it stands. */
function chunksOf(events: readonly HubEvent[], body: Json = {}): (Json | string)[] {
  const stream = read(body).answer.stream();
  const frames = events
    .map((event) => stream.write(event))
    .join("")
    .split("\n\n");
  return frames.filter(Boolean).map((frame) => {
    expect(frame.startsWith("data: ")).toBe(true);
    return frame === "data: [DONE]" ? "[DONE]" : (JSON.parse(frame.slice("data: ".length)) as Json);
  });
}

const deltasOf = (content: HubAnswerBlock[], body: Json = {}) =>
  chunksOf(eventsOf(answerOf(content)), body).flatMap((chunk) =>
    typeof chunk === "string" ? [] : (chunk.choices as { delta: Json }[]).map(({ delta }) => delta),
  );

describe("a whole answer", () => {
  test("is a chat.completion of the model that was asked for", () => {
    expect(read({}).answer.whole(answerOf([text("hi")]))).toEqual({
      id: "chatcmpl-msg_1",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "asked",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "hi", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 75,
        completion_tokens: 8,
        total_tokens: 83,
        prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 25 },
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    });
  });

  test("has an id also where the upstream has given none, and one that is Chat's own stays", () => {
    const idOf = (id: string) => read({}).answer.whole({ ...answerOf([]), id }).id;
    expect([idOf(""), idOf("chatcmpl-9")]).toEqual(["chatcmpl-req_1", "chatcmpl-9"]);
  });

  test("has all that was said as one text, and none where there are calls alone", () => {
    expect(messageOf([text("a"), use("c1"), text("b")]).content).toBe("ab");
    expect(messageOf([use("c1")]).content).toBeNull();
    expect(messageOf([]).content).toBe("");
  });

  test("has calls with their arguments as a text", () => {
    expect(messageOf([use("c1", "look", { a: 1 }), use("c2")]).tool_calls).toEqual([
      { id: "c1", type: "function", function: { name: "look", arguments: '{"a":1}' } },
      { id: "c2", type: "function", function: { name: "look", arguments: "{}" } },
    ]);
  });

  test("has no call with an id that OpenAI would refuse when the client goes on there", () => {
    const [call] = messageOf([use(`toolu_${"x".repeat(60)}`)]).tool_calls as [{ id: string }];
    expect(call.id.length).toBeLessThanOrEqual(40);
  });

  test("has the call of a client that speaks of functions where that looks for it", () => {
    const body = { functions: [{ name: "look" }] };
    const choice = choiceOf(answerOf([use("c1", "look", { a: 1 })], "tool_use"), body);
    expect(choice.message).toEqual({
      ...{ role: "assistant", content: null, refusal: null },
      function_call: { name: "look", arguments: '{"a":1}' },
    });
    expect(choice.finish_reason).toBe("function_call");
  });

  test.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["pause_turn", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "content_filter"],
    // No call that a client could run.
    ["tool_use", "stop"],
  ] as const)("that ended by %s finishes with %s", (stopReason, finish) => {
    expect(choiceOf(answerOf([text("a")], stopReason)).finish_reason).toBe(finish);
  });

  test.each([
    ["tool_use", "tool_calls"],
    ["end_turn", "tool_calls"],
    ["max_tokens", "length"],
  ] as const)("with a call that ended by %s finishes with %s", (stopReason, finish) => {
    expect(choiceOf(answerOf([use("c1")], stopReason)).finish_reason).toBe(finish);
  });

  test("cites pages by the text that they stand for", () => {
    const citation = { type: "web_search_result_location", url: "https://a.example", title: "A", cited_text: "x" };
    const cited = { ...text("It is so."), citations: [citation, { type: "char_location", document_title: "d" }] };
    const url_citation = { url: "https://a.example", title: "A", start_index: 4, end_index: 13 };
    expect(messageOf([text("Yes."), cited]).annotations).toEqual([{ type: "url_citation", url_citation }]);
  });
});

describe("thinking", () => {
  test("is told in reasoning_content, and once more with its signature", () => {
    const message = messageOf([
      thinking("hm", "s1"),
      { type: "redacted_thinking", data: "d" },
      thinking("so"),
      text("a"),
    ]);
    expect(message.reasoning_content).toBe("hm\n\nso");
    expect(message.reasoning_details).toEqual([
      { type: "reasoning.text", text: "hm", signature: "s1" },
      { type: "reasoning.encrypted", data: "d", format: "anthropic-claude-v1" },
      { type: "reasoning.text", text: "so" },
    ]);
  });

  // openclaw#92201
  test("that shows no text keeps its signature", () => {
    const message = messageOf([thinking("", "s1"), text("a")]);
    expect(message.reasoning_details).toEqual([{ type: "reasoning.text", text: "", signature: "s1" }]);
    expect(message).not.toHaveProperty("reasoning_content");
  });

  test("before a call is told apart from that before the text", () => {
    const details = messageOf([thinking("one", "s1"), text("a"), thinking("two", "s2"), use("c1")]).reasoning_details;
    expect((details as Json[]).map(({ id }) => id)).toEqual([undefined, "c1"]);
  });

  test("of Gemini's has its signature at the call too, as Google's own endpoint has it", () => {
    const calls = (signature: string) =>
      messageOf([thinking("", signature), use("c1"), use("c2")]).tool_calls as Json[];
    expect(calls(carriedSignature("call", "c2ln")).map(({ extra_content }) => extra_content)).toEqual([
      { google: { thought_signature: "c2ln" } },
      undefined,
    ]);
    expect(calls(carriedSignature("text", "c2ln"))[0]).not.toHaveProperty("extra_content");
    expect(calls("EqQB")[0]).not.toHaveProperty("extra_content");
  });

  test("and calls survive a client that echoes its message", () => {
    fc.assert(
      fc.property(answers({ interleaved: true }), (answer) => {
        const { message } = choiceOf(answer);
        const echoed = conversationOf([{ role: "user", content: "hi" }, message]).messages[1]?.content ?? [];
        const ofKind = (blocks: { type: string }[], ...kinds: string[]) =>
          blocks.filter(({ type }) => kinds.includes(type));
        expect(ofKind(echoed, "tool_use")).toEqual(ofKind(answer.content, "tool_use"));
        const thought = ["thinking", "redacted_thinking"];
        const key = (block: object) => JSON.stringify(block);
        expect(
          ofKind(echoed, ...thought)
            .map(key)
            .sort(),
        ).toEqual(
          ofKind(answer.content, ...thought)
            .map(key)
            .sort(),
        );
        // What stood right before a call stands there again.
        for (const [index, block] of answer.content.entries()) {
          const before = answer.content[index - 1];
          if (block.type !== "tool_use" || !before || !thought.includes(before.type)) continue;
          const at = echoed.findIndex((each) => each.type === "tool_use" && each.id === block.id);
          expect(echoed[at - 1]).toEqual(before);
        }
      }),
    );
  });
});

const CONTENTS = { search: true, interleaved: true, citations: true };

describe("a stream", () => {
  test("keeps every rule of the format, with usage and without, whole and failing", () => {
    const textOf = (events: readonly HubEvent[], body: Json) => {
      const stream = read(body).answer.stream();
      return events.map((event) => stream.write(event) + stream.ping()).join("");
    };
    const asking = { stream_options: { include_usage: true } };
    fc.assert(
      fc.property(streams(CONTENTS), failingStreams(CONTENTS), ({ events }, failing) => {
        expect(chatViolations(textOf(events, asking))).toEqual([]);
        expect(chatViolations(textOf(events, {}), { usage: false })).toEqual([]);
        expect(chatViolations(textOf(failing, asking))).toEqual([]);
      }),
    );
  });

  test("is the role, deltas, a reason to finish, the usage where it was asked for, and [DONE]", () => {
    const head = { id: "chatcmpl-msg_1", created: 1_700_000_000, model: "asked", object: "chat.completion.chunk" };
    const chunk = (delta: Json, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    const chunks = [chunk({ role: "assistant", content: null }), chunk({ content: "hi" }), chunk({}, "stop")];
    const events = eventsOf(answerOf([text("hi")]));
    expect(chunksOf(events)).toEqual([...chunks, "[DONE]"]);
    expect(chunksOf(events, { stream_options: { include_usage: true } })).toEqual([
      ...chunks.map((each) => ({ ...each, usage: null })),
      { ...head, choices: [], usage: chatUsage(USAGE) },
      "[DONE]",
    ]);
  });

  // any-llm#970
  test("counts its calls from 0, whatever stands between them", () => {
    const calls = deltasOf([text("a"), use("c1"), thinking("hm"), use("c2", "see", { a: 1 })]).flatMap(
      (delta) => delta.tool_calls ?? [],
    );
    expect(calls).toEqual([
      { index: 0, id: "c1", type: "function", function: { name: "look", arguments: "" } },
      { index: 0, function: { arguments: "{}" } },
      { index: 1, id: "c2", type: "function", function: { name: "see", arguments: "" } },
      { index: 1, function: { arguments: '{"a":1}' } },
    ]);
  });

  test("gives arguments to a call for which none have come", () => {
    const events: HubEvent[] = [
      { type: "start", id: "m", usage: null },
      { type: "open", block: use("c1") },
      { type: "delta", text: "" },
      { type: "close" },
    ];
    expect(chunksOf(events).at(-1)).toMatchObject({
      choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: "{}" } }] } }],
    });
  });

  test("passes a piece of arguments on as it comes", () => {
    const [start, open] = eventsOf(answerOf([use("c1")])) as [HubEvent, HubEvent];
    const pieces = ['{"a', '":"', 'b"}'].map((piece): HubEvent => ({ type: "delta", text: piece }));
    const chunks = chunksOf([start, open, ...pieces, { type: "close" }]);
    expect(chunks.slice(2)).toMatchObject(
      ['{"a', '":"', 'b"}'].map((piece) => {
        return { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: piece } }] } }] };
      }),
    );
  });

  test("has the call of a client that speaks of functions in the old form", () => {
    const deltas = deltasOf([use("c1", "look", { a: 1 }), use("c2")], { functions: [{ name: "look" }] });
    expect(deltas.flatMap((delta) => delta.function_call ?? [])).toEqual([
      { name: "look", arguments: "" },
      { arguments: '{"a":1}' },
    ]);
  });

  test("tells what is a list once, before it finishes: clients keep the last of it, or join all", () => {
    fc.assert(
      fc.property(streams(CONTENTS), ({ events }) => {
        const chunks = chunksOf(events);
        for (const name of ["reasoning_details", "annotations"]) {
          const told = chunks.filter((chunk) => JSON.stringify(chunk).includes(`"${name}":[`));
          expect(told.length).toBeLessThanOrEqual(1);
        }
        expect(chunks.at(-1)).toBe("[DONE]");
      }),
    );
  });

  test("that fails says the error, and no end", () => {
    const error: HubEvent = { type: "error", error: { status: 429, category: "rate_limit", message: "Slow down." } };
    const chunks = chunksOf([{ type: "start", id: "m", usage: null }, error]);
    expect(chunks.at(-1)).toEqual({
      error: { message: "Slow down.", param: null, type: "rate_limit_error", code: "rate_limit_exceeded" },
    });
  });

  test("that breaks off says an error, and a silent one is kept open by a comment", () => {
    const stream = read({}).answer.stream();
    expect(stream.ping()).toBe(": ping\n\n");
    expect(stream.broken("It broke off.")).toBe(
      'data: {"error":{"message":"It broke off.","type":"server_error","param":null,"code":"server_error"}}\n\n',
    );
  });
});

// ogx#6415, praxis#387, bifrost#3451, llmgateway#3435
test("no token of the usage is counted twice: what is written is read as the same", () => {
  const tokens = fc.nat(1_000_000);
  const usage = fc.record({
    input: tokens,
    cacheWrite5m: tokens,
    cacheRead: tokens,
    output: tokens,
    reasoning: tokens,
  });
  fc.assert(
    fc.property(usage, (counts) => {
      const known = { ...NO_USAGE, ...counts, output: counts.output + counts.reasoning };
      const written = chatUsage(known);
      expect(written.total_tokens).toBe(written.prompt_tokens + written.completion_tokens);
      // An answer without tokens has no usage to be read.
      if (written.prompt_tokens > 0) expect(usageOf(written)).toEqual(known);
    }),
  );
});
