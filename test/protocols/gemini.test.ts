import { describe, expect, test } from "vitest";
import { GEMINI } from "../../src/protocols/gemini/format.ts";
import { ArrayElements } from "../../src/protocols/json-array.ts";
import type { Face } from "../../src/refusal.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import {
  arrayStreamOf,
  assistStreamOf,
  chunksOf,
  errorOf,
  event,
  streamOf,
  USED,
  wholeContent,
} from "../front/gemini.ts";
import { expectSameFromAnyCut, meterWith } from "./metering.ts";

const { errorBody, errorElement, errorEvent, errorIn, readWhole, streamMeter } = GEMINI;

const ALL = { ...NO_USAGE, input: 15, cacheRead: 40, output: 57, reasoning: 20 };
const WHOLE = { usage: ALL, mode: "standard", complete: true, errored: false, estimated: false };
const meter = meterWith(streamMeter);

/** A chunk with these parts and no usage. */
function parts(...list: object[]) {
  return event({ candidates: [{ content: { parts: list, role: "model" }, index: 0 }] });
}

function grounded(queries: unknown[], modelVersion: string) {
  const [chunk] = chunksOf([]);
  const candidates = [{ finishReason: "STOP", groundingMetadata: { webSearchQueries: queries } }];
  return { ...chunk, candidates, modelVersion };
}

describe("stream", () => {
  const words = ["Hello, ", "wörld 🚀", ' 你好 "}]" \\', "[{"];
  const kinds = { events: streamOf(words), array: arrayStreamOf(words), "Code Assist": assistStreamOf(words) };

  describe.each(Object.entries(kinds))("of %s", (_, pieces) => {
    const whole = pieces.join("");

    test("reads every kind of token", () => {
      expect(meter(whole)).toEqual(WHOLE);
    });

    test("reads the same from any cut, with LF or CRLF", () => {
      expectSameFromAnyCut(streamMeter, whole);
    });

    test("cut short anywhere, it never claims to be complete, and keeps the input", () => {
      const end = whole.lastIndexOf("}");
      for (let at = pieces[0]?.length ?? 0; at < end; at++) {
        expect(meter(whole.slice(0, at))).toMatchObject({
          complete: false,
          estimated: true,
          usage: { input: 15, cacheRead: 40 },
        });
      }
    });
  });

  test("one line of compact JSON is an array too", () => {
    expect(meter(` \n${JSON.stringify(chunksOf(words))}`, [2])).toEqual(WHOLE);
  });

  test("estimates from text, thoughts and arguments, but not from images and signatures", () => {
    const text =
      parts({ text: "a".repeat(40) }, { text: "b".repeat(40) }) +
      parts({ text: "c".repeat(40), thought: true, thoughtSignature: "s".repeat(4000) }) +
      parts({ text: "d".repeat(40) }, { functionCall: { name: "f", args: { text: "e".repeat(29) } } }) +
      parts({ inlineData: { mimeType: "image/png", data: "A".repeat(4000) } });
    expect(meter(text)).toMatchObject({ complete: false, estimated: true, usage: { output: 50, input: 0 } });
  });

  test("a broken stream has at least the output that was last reported", () => {
    const broken = streamOf(["a", "b", "c"]).slice(0, 3).join("");
    expect(meter(broken).usage).toMatchObject({ output: 4, reasoning: 1 });
  });

  test("a count that only the first chunk has is not lost", () => {
    const first = event({ usageMetadata: { promptTokenCount: 9, cachedContentTokenCount: 4 } });
    const last = event({
      candidates: [{ finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 5 },
    });
    expect(meter(first + last)).toMatchObject({ estimated: false, usage: { input: 5, cacheRead: 4, output: 5 } });
  });

  test("without usage it is complete, with an estimate", () => {
    const text = parts({ text: "a".repeat(40) }) + event({ candidates: [{ finishReason: "MAX_TOKENS" }] });
    expect(meter(text)).toMatchObject({ complete: true, estimated: true, usage: { output: 10 } });
  });

  test("a blocked prompt is an end, an unspecified reason is none", () => {
    const blocked = { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 9 } };
    expect(meter(event(blocked))).toMatchObject({ complete: true, estimated: false, usage: { input: 9, output: 0 } });
    const unspecified = { candidates: [{ finishReason: "FINISH_REASON_UNSPECIFIED" }] };
    expect(meter(event(unspecified))).toMatchObject({ complete: false });
  });

  test("text and arguments that look like the protocol are only content", () => {
    const text = streamOf(['"finishReason":"STOP"', '{"error":{"code":500}}', '"usageMetadata":{"promptTokenCount":1}'])
      .slice(0, 3)
      .join("");
    expect(meter(text)).toMatchObject({ complete: false, errored: false, usage: { input: 15 } });
    const args = { finishReason: "STOP", error: { code: 500 }, blockReason: "x", webSearchQueries: ["a"] };
    const called = parts({ functionCall: { name: "f", args } });
    expect(meter(called)).toMatchObject({ complete: false, errored: false, usage: { webSearches: 0 } });
  });

  test("an error is seen, and is no completion", () => {
    const broken = errorOf(503, "UNAVAILABLE", "m");
    expect(meter(streamOf(["a"])[0] + event(broken))).toMatchObject({ errored: true, complete: false });
    expect(meter(`${arrayStreamOf(["a"])[0]},${JSON.stringify(broken)}]`)).toMatchObject({ errored: true });
  });

  test("counts searches as they are billed: each query from Gemini 3 on, one per prompt before", () => {
    const queries = ["a", "b", "b", ""];
    expect(meter(event(grounded(queries, "gemini-3.5-flash"))).usage).toEqual({ ...ALL, webSearches: 2 });
    expect(meter(event(grounded(queries, "gemini-2.5-pro"))).usage.webSearches).toBe(1);
    const twice = event(grounded(["a"], "gemini-3.5-flash")) + event(grounded(queries, "gemini-3.5-flash"));
    expect(meter(twice).usage.webSearches).toBe(2);
    expect(meter(event(grounded([], "gemini-2.5-pro"))).usage.webSearches).toBe(0);
    const groundingMetadata = {
      groundingChunks: [{ maps: { uri: "https://maps.google.com/?cid=1", placeId: "places/1" } }],
    };
    expect(meter(event({ candidates: [{ groundingMetadata }] })).usage.webSearches).toBe(1);
  });

  test("reports the priority of Vertex and of the Gemini API", () => {
    const whole = streamOf(words).join("");
    const withField = (field: string) => whole.replaceAll('"promptTokenCount":', `${field},"promptTokenCount":`);
    expect(meter(withField('"trafficType":"ON_DEMAND_PRIORITY"')).mode).toBe("priority");
    expect(meter(withField('"serviceTier":"priority"')).mode).toBe("priority");
    expect(meter(withField('"trafficType":"ON_DEMAND_FLEX"')).mode).toBe("standard");
  });

  test.each([
    "data: {broken\n\ndata: 5\n\ndata: null\n\n: comment\n\n",
    "[5,null,{",
    "[}}]",
    "  ",
    "]",
    "data: []\n\n",
  ])("%j is no usage and no completion", (text) => {
    expect(meter(text)).toMatchObject({ complete: false, errored: false, estimated: false, usage: { input: 0 } });
  });
});

describe("the elements of an array", () => {
  test("come out whole from pieces of one byte", () => {
    const elements = [{ a: "}" }, { b: { c: '\\"{' } }, {}, { 你: ["]", "🚀"] }];
    const found: unknown[] = [];
    const reader = new ArrayElements((text) => found.push(JSON.parse(text)));
    for (const byte of new TextEncoder().encode(JSON.stringify(elements))) reader.feed(Uint8Array.of(byte));
    reader.end();
    expect(found).toEqual(elements);
  });
});

describe("whole answer", () => {
  test("reads every kind of token, bare and in Code Assist's envelope", () => {
    const answer = JSON.parse(wholeContent("hi"));
    expect(readWhole(answer)).toEqual(WHOLE);
    expect(readWhole({ response: answer })).toEqual(WHOLE);
    expect(readWhole(grounded(["a", "b"], "gemini-3.5-flash")).usage.webSearches).toBe(2);
  });

  test("embeddings report a prompt only", () => {
    const usageMetadata = { promptTokenCount: 8 };
    expect(readWhole({ usageMetadata })).toMatchObject({ estimated: false, usage: { input: 8, output: 0 } });
  });

  test.each([{}, { usageMetadata: null }, { response: 5 }, { candidates: "x", usageMetadata: [] }])(
    "%j is said to be an estimate",
    (members) => {
      expect(readWhole(members)).toMatchObject({ estimated: true, usage: { input: 0, output: 0 } });
    },
  );

  test("negative, fractional and textual counts are not believed, nor a cache larger than the prompt", () => {
    const usageMetadata = { promptTokenCount: 1.5, candidatesTokenCount: -5, thoughtsTokenCount: "7" };
    expect(readWhole({ usageMetadata }).usage).toMatchObject({ input: 0, output: 0, reasoning: 0 });
    const cached = { ...USED, promptTokenCount: 5, toolUsePromptTokenCount: 0 };
    expect(readWhole({ usageMetadata: cached }).usage).toMatchObject({ input: 0, cacheRead: 40 });
  });
});

describe("errors in disguise", () => {
  const exhausted = JSON.stringify(errorOf(429, "RESOURCE_EXHAUSTED", "m"));

  test.each([
    [exhausted, 429],
    [`data: ${exhausted}\r\n\r\n`, 429],
    [`[${exhausted}]`, 429],
    [`[${exhausted}\n,\r\n`, 429],
    [`: hi\n\nevent: error\ndata: ${exhausted}\n\n`, 429],
    [JSON.stringify({ error: { status: "PERMISSION_DENIED" } }, null, 2), 403],
    ['{"error":{"status":"UNHEARD_OF","code":7}}', 500],
    ['{"error":"out of order"}', 500],
  ])("%s is %i", (text, status) => {
    const error = errorIn(text);
    expect(error?.status).toBe(status);
    expect(JSON.parse(error?.body ?? "")).toHaveProperty("error");
  });

  test.each([
    streamOf([])[0] ?? "",
    arrayStreamOf(["a"])[0] ?? "",
    wholeContent("a"),
    '[{"error":{"code":429,',
    ": hi\n\n",
    "[]",
    "[",
    "",
  ])("%s is none", (text) => {
    expect(errorIn(text)).toBeNull();
  });
});

describe("the relay's own errors", () => {
  const limited: Face = { status: 429, category: "rate_limit", message: "Later.", retryAfter: 20, retryable: true };
  const errorFor = (face: Face) => JSON.parse(errorBody(face, "req_1")).error;

  test("fill Google's envelope, with the request's id", () => {
    const error = errorFor({ status: 401, category: "authentication", message: "No.", retryable: false });
    expect(error).toMatchObject({ code: 401, message: "No.", status: "UNAUTHENTICATED" });
    expect(error.details).toEqual([{ "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId: "req_1" }]);
  });

  test("say when to retry where Google's clients look for it, and make Gemini CLI give up where no retry helps", () => {
    const delayOf = (face: Face) => errorFor(face).details[1];
    const type = "type.googleapis.com/google.rpc.RetryInfo";
    expect(delayOf(limited)).toEqual({ "@type": type, retryDelay: "20s" });
    expect(delayOf({ ...limited, retryAfter: 60, retryable: false })).toEqual({ "@type": type, retryDelay: "301s" });
    expect(errorFor(limited).status).toBe("RESOURCE_EXHAUSTED");
  });

  test("in a stream are what the meter and the SDK take for an error, as an event and as an element", () => {
    expect(meter(streamOf(["a"])[0] + errorEvent("It broke."))).toMatchObject({ errored: true, complete: false });
    const text = `${arrayStreamOf(["a"])[0]}${errorElement?.("It broke.")}`;
    expect(meter(text)).toMatchObject({ errored: true, complete: false });
    expect(JSON.parse(text)[1].error).toMatchObject({ code: 503, message: "It broke." });
  });
});
