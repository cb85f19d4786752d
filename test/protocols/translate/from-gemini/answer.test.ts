import { describe, expect, test } from "vitest";
import { streamMeter } from "../../../../src/protocols/gemini/usage.ts";
import { eventsOf } from "../../../../src/protocols/translate/compose.ts";
import { thoughtsIn } from "../../../../src/protocols/translate/from-gemini/thoughts.ts";
import type { Asked } from "../../../../src/protocols/translate/halves.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../../src/vocabulary.ts";
import fc from "../../../fast-check.ts";
import { failingStreams, streams } from "../arbitraries.ts";
import { geminiArrayViolations, geminiViolations } from "../validators/gemini.ts";
import { streamed, writer } from "./asked.ts";

const CONTENTS = { search: true, interleaved: true, citations: true };
const USAGE = { ...NO_USAGE, input: 10, cacheRead: 60, cacheWrite5m: 20, cacheWrite1h: 10, output: 27, reasoning: 20 };

function answerOf(content: HubAnswerBlock[], others: Partial<HubAnswer> = {}): HubAnswer {
  return { id: "r1", content, stopReason: "end_turn", stopSequence: null, usage: USAGE, ...others };
}

function chunksOf(text: string): Json[] {
  return text.split("\n\n").flatMap((event) => (event.startsWith("data: ") ? [JSON.parse(event.slice(6))] : []));
}

function partsOf(chunks: readonly Json[]): Json[] {
  return chunks.flatMap(({ candidates }) => (candidates as { content: { parts: Json[] } }[])[0]?.content.parts ?? []);
}

function wholeParts(content: HubAnswerBlock[], includeThoughts = true): Json[] {
  return partsOf([writer({}, includeThoughts).whole(answerOf(content))]);
}

describe("a stream", () => {
  test("is one that any of Google's clients takes, as events and as an array, bare and in an envelope", () => {
    fc.assert(
      fc.property(streams(CONTENTS), ({ events }) => {
        expect(geminiViolations(streamed(events))).toEqual([]);
        expect(geminiArrayViolations(streamed(events, { asArray: true }))).toEqual([]);
        const inside = chunksOf(streamed(events, { enveloped: true })).map(({ response }) => response);
        expect(inside).toEqual(chunksOf(streamed(events)));
      }),
    );
  });

  test("says what the whole answer says", () => {
    fc.assert(
      fc.property(streams(CONTENTS), ({ answer, events }) => {
        const chunks = chunksOf(streamed(events));
        const whole = writer().whole(answer);
        expect(joined(partsOf(chunks))).toEqual(joined(partsOf([whole])));
        const last = chunks.at(-1);
        expect(last?.usageMetadata).toEqual(whole.usageMetadata);
        const ends = [last ?? {}, whole].map((each) => {
          const [candidate] = each.candidates as Json[];
          return { ...candidate, content: null };
        });
        expect(ends[0]).toEqual(ends[1]);
      }),
    );
  });

  /** Neighbouring texts as one, without those that are empty and carry nothing. */
  function joined(parts: Json[]): Json[] {
    const all: Json[] = [];
    for (const part of parts) {
      const last = all.at(-1);
      if (part.text === "" && part.thoughtSignature === undefined) continue;
      const same =
        last && typeof part.text === "string" && typeof last.text === "string" && last.thought === part.thought;
      if (same && part.thoughtSignature === undefined)
        all[all.length - 1] = { ...last, text: `${last.text}${part.text}` };
      else all.push(part);
    }
    return all;
  }

  test("that fails says so, and no end of a turn", () => {
    fc.assert(
      fc.property(failingStreams(CONTENTS), (events) => {
        const text = streamed(events);
        expect(geminiViolations(text)).toEqual([]);
        expect(text).not.toContain("finishReason");
        expect(geminiArrayViolations(streamed(events, { asArray: true }))).toEqual([]);
      }),
    );
  });

  test("that is broken off anywhere says so, also before its first chunk", () => {
    fc.assert(
      fc.property(streams(CONTENTS), fc.nat(), ({ events }, at) => {
        const begun = events.slice(0, at % events.length);
        const broken = (asked: Partial<Asked>) => {
          const stream = writer(asked).stream();
          return begun.map((event) => stream.write(event)).join("") + stream.ping() + stream.broken("It broke off.");
        };
        expect(geminiViolations(broken({}))).toEqual([]);
        expect(geminiArrayViolations(broken({ asArray: true }))).toEqual([]);
        expect(broken({})).toContain('"status":"UNAVAILABLE"');
      }),
    );
  });

  test("is whole to Google's own meter, with the same counts", () => {
    fc.assert(
      fc.property(streams(CONTENTS), fc.boolean(), ({ events, answer }, asArray) => {
        const meter = streamMeter();
        meter.feed(new TextEncoder().encode(streamed(events, { asArray })));
        const { complete, usage } = meter.end();
        expect(complete).toBe(true);
        const { input, cacheRead, cacheWrite5m, output, reasoning } = answer.usage;
        expect(usage).toMatchObject({ input: input + cacheWrite5m, cacheRead, output, reasoning });
      }),
    );
  });

  test("is kept open by a comment, and an array by white space", () => {
    expect(writer().stream().ping()).toBe(": ping\n\n");
    expect(writer({ asArray: true }).stream().ping().trim()).toBe("");
  });

  test("has the model and the id of the answer in each chunk", () => {
    const chunks = chunksOf(streamed(eventsOf(answerOf([{ type: "text", text: "a" }])), { model: "mine" }));
    for (const chunk of chunks) expect(chunk).toMatchObject({ modelVersion: "mine", responseId: "r1" });
    const [unnamed] = chunksOf(streamed(eventsOf(answerOf([{ type: "text", text: "a" }], { id: "" }))));
    expect(unnamed).toMatchObject({ responseId: "req_1" });
  });

  // new-api: each piece of the arguments as a call of its own
  test("has a call once, when its arguments are whole", () => {
    const events: HubEvent[] = [
      { type: "start", id: "r1", usage: null },
      { type: "open", block: { type: "tool_use", id: "c1", name: "look", input: {} } },
      ...['{"a', '":', "1}"].map((text): HubEvent => ({ type: "delta", text })),
    ];
    expect(streamed(events)).toBe("");
    const [part] = partsOf(chunksOf(streamed([...events, { type: "close" }])));
    expect(part).toEqual({ functionCall: { id: "c1", name: "look", args: { a: 1 } } });
    const broken = events.slice(0, 3);
    expect(partsOf(chunksOf(streamed([...broken, { type: "close" }])))).toMatchObject([{ functionCall: { args: {} } }]);
  });
});

describe("parts", () => {
  const thinking = { type: "thinking", thinking: "hm", signature: "EqoB" } as const;
  const call = { type: "tool_use", id: "c1", name: "look", input: { at: 1 } } as const;

  test("are thoughts, texts and calls in their order", () => {
    expect(wholeParts([{ ...thinking, signature: "" }, { type: "text", text: "I look." }, call])).toEqual([
      { text: "hm", thought: true },
      { text: "I look." },
      { functionCall: { id: "c1", name: "look", args: { at: 1 } } },
    ]);
  });

  test("are signed where thinking before them is, and the signature holds all of that", () => {
    const redacted = { type: "redacted_thinking", data: "x" } as const;
    const [, part] = wholeParts([thinking, redacted, call]);
    expect(thoughtsIn(String(part?.thoughtSignature))).toEqual([thinking, redacted]);
    const [text] = partsOf(chunksOf(streamed(eventsOf(answerOf([thinking, { type: "text", text: "a" }]))))).slice(1);
    expect(text).toMatchObject({ text: "a" });
    expect(thoughtsIn(String(text?.thoughtSignature))).toEqual([thinking]);
  });

  test("show no thoughts to whom they were not to be shown, and keep what is signed for the next request", () => {
    const [part, ...others] = wholeParts([thinking, call], false);
    expect(others).toEqual([]);
    expect(thoughtsIn(String(part?.thoughtSignature))).toEqual([thinking]);
    expect(streamed(eventsOf(answerOf([thinking, call])), {}, false)).not.toContain('"thought"');
  });

  test("are one that is empty where there is nothing else, signed where there is no other to sign", () => {
    expect(wholeParts([])).toEqual([{ text: "" }]);
    expect(wholeParts([{ type: "text", text: "a" }, thinking]).at(-1)).toMatchObject({
      text: "",
      thoughtSignature: expect.any(String),
    });
  });
});

describe("a search", () => {
  test("is Google's grounding, with passages by their bytes in all of the text", () => {
    const hit = { type: "web_search_result", encrypted_content: "" } as const;
    const citation = { type: "web_search_result_location", url: "https://b.test", title: "B", cited_text: "…" };
    const answer = answerOf([
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", tool_use_id: "s1", content: [{ ...hit, url: "https://a.test", title: "A" }] },
      { type: "text", text: "Schön. " },
      { type: "text", text: "So.", citations: [citation, citation] },
    ]);
    const groundingMetadata = {
      webSearchQueries: ["q"],
      groundingChunks: [{ web: { uri: "https://a.test", title: "A" } }, { web: { uri: "https://b.test", title: "B" } }],
      groundingSupports: [{ segment: { startIndex: 8, endIndex: 11, text: "So." }, groundingChunkIndices: [1] }],
    };
    expect(writer().whole(answer)).toMatchObject({ candidates: [{ groundingMetadata }] });
    expect(chunksOf(streamed(eventsOf(answer))).at(-1)).toMatchObject({ candidates: [{ groundingMetadata }] });
  });

  test("that failed is none", () => {
    const content = { type: "web_search_tool_result_error", error_code: "unavailable" } as const;
    const [candidate] = writer().whole(answerOf([{ type: "web_search_tool_result", tool_use_id: "s1", content }]))
      .candidates as Json[];
    expect(candidate).not.toHaveProperty("groundingMetadata");
  });
});

describe("an end", () => {
  test.each([
    ["end_turn", "STOP"],
    ["tool_use", "STOP"],
    ["stop_sequence", "STOP"],
    ["max_tokens", "MAX_TOKENS"],
    ["model_context_window_exceeded", "MAX_TOKENS"],
    ["refusal", "SAFETY"],
  ] as const)("%s is %s", (stopReason, finishReason) => {
    expect(writer().whole(answerOf([], { stopReason }))).toMatchObject({ candidates: [{ finishReason }] });
  });

  test("has the usage as Google counts it: the cache within the prompt, thoughts beside the answer", () => {
    const { usageMetadata } = writer().whole(answerOf([]));
    expect(usageMetadata).toEqual({
      ...{
        promptTokenCount: 100,
        cachedContentTokenCount: 60,
        candidatesTokenCount: 7,
        thoughtsTokenCount: 20,
        totalTokenCount: 127,
      },
    });
  });

  test("is in the envelope of a client that expects one", () => {
    expect(writer({ enveloped: true }).whole(answerOf([]))).toEqual({ response: writer().whole(answerOf([])) });
  });
});
