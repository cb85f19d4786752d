import { describe, expect, test } from "vitest";
import { CHAT } from "../../src/protocols/chat/format.ts";
import type { Category } from "../../src/refusal.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { errorOf, event, streamOf, USED, wholeChat } from "../front/chat.ts";
import { expectSameFromAnyCut, meterWith } from "./metering.ts";

const { errorBody, errorEvent, errorIn, readWhole, streamMeter } = CHAT;

const ALL = { ...NO_USAGE, input: 12, cacheWrite5m: 30, cacheRead: 40, output: 57, reasoning: 20 };
const meter = meterWith(streamMeter);

/** A chunk with one delta, as services other than OpenAI write it too. */
function delta(fields: object, finish_reason: string | null = null): string {
  return event({ choices: [{ index: 0, delta: fields, finish_reason }] });
}

describe("stream", () => {
  const words = ["Hello, ", "wörld 🚀", ' 你好 "quoted" \\'];
  const whole = streamOf(words).join("");
  const silent = streamOf(words, "gpt-5.5", false).join("");

  test("reads every kind of token from a whole stream", () => {
    expect(meter(whole)).toEqual({ usage: ALL, mode: "standard", complete: true, errored: false, estimated: false });
  });

  test("reads the same from any cut, with LF or CRLF", () => {
    expectSameFromAnyCut(streamMeter, whole);
    expectSameFromAnyCut(streamMeter, silent);
  });

  test("cut short anywhere before its finish, it never claims to be complete", () => {
    const end = whole.indexOf("}", whole.indexOf('"finish_reason":"stop"'));
    for (let at = whole.indexOf("\n\n") + 2; at < end; at++) {
      expect(meter(whole.slice(0, at))).toMatchObject({ complete: false, estimated: true });
    }
  });

  test("whole without usage, it is complete and its output an estimate", () => {
    const reading = meter(streamOf(["x".repeat(400), "y".repeat(40)], "gpt-5.5", false).join(""));
    expect(reading).toMatchObject({ complete: true, estimated: true, usage: { input: 0, output: 110 } });
  });

  test("estimates from content, refusals, reasoning and the arguments of every tool call", () => {
    const call = (index: number, length: number) => ({ index, function: { arguments: "{".repeat(length) } });
    const text =
      delta({ content: "c".repeat(40) }) +
      delta({ refusal: "r".repeat(40) }) +
      delta({ content: null, reasoning_content: "t".repeat(40) }) +
      delta({ reasoning: "t".repeat(40), reasoning_content: "t".repeat(40) }) +
      delta({ tool_calls: [call(0, 40), { ...call(1, 40), id: "call_1", type: "function" }] }) +
      delta({ tool_calls: [{ index: 2, custom: { name: "patch", input: "p".repeat(40) } }] }) +
      delta({ function_call: { arguments: "a".repeat(40) } });
    expect(meter(text)).toMatchObject({ complete: false, estimated: true, usage: { output: 80 } });
  });

  test("counts the search of a model that cites what it has found, and none that is only written about", () => {
    const url_citation = { start_index: 0, end_index: 4, title: "A", url: "https://a.test" };
    const annotations = [{ type: "url_citation", url_citation }];
    expect(meter(delta({ content: "", annotations }) + whole).usage).toEqual({ ...ALL, webSearches: 1 });
    expect(meter(delta({ content: '"type":"url_citation"' }) + whole).usage).toEqual(ALL);
    const message = { role: "assistant", content: "hi", annotations };
    expect(readWhole({ choices: [{ index: 0, message }], usage: USED }).usage).toEqual({ ...ALL, webSearches: 1 });
    expect(readWhole({ choices: [{ index: 0, message: { ...message, annotations: [] } }], usage: USED }).usage).toEqual(
      ALL,
    );
  });

  test("log probabilities are not counted again", () => {
    const logprobs = { content: [{ token: "four", logprob: -1, top_logprobs: [] }] };
    const chunk = event({ choices: [{ index: 0, delta: { content: "four" }, logprobs, finish_reason: null }] });
    expect(meter(chunk).usage.output).toBe(1);
  });

  test("takes either end alone: a finish without [DONE], or [DONE] without a finish", () => {
    expect(meter(whole.replace("data: [DONE]\n\n", ""))).toMatchObject({ complete: true, usage: ALL });
    expect(meter(whole.replace('"finish_reason":"stop"', '"finish_reason":null'))).toMatchObject({ complete: true });
  });

  test.each(["", "null"])("a finish reason of %j in every chunk is no end", (reason) => {
    const text = delta({ content: "a" }).replace("null", reason || '""');
    expect(meter(text.repeat(3))).toMatchObject({ complete: false });
  });

  test("content in the last chunk counts, and usage beside the finish", () => {
    const last = { choices: [{ index: 0, delta: { content: "abcd" }, finish_reason: "length" }] };
    expect(meter(event(last))).toMatchObject({ complete: true, estimated: true, usage: { output: 1 } });
    expect(meter(event({ ...last, usage: USED }))).toMatchObject({ complete: true, estimated: false, usage: ALL });
  });

  test("running totals in every chunk: the last ones count", () => {
    const totals = (completion_tokens: number) => ({ prompt_tokens: 9, completion_tokens });
    const chunk = (tokens: number, finish_reason: string | null) =>
      event({ choices: [{ index: 0, delta: { content: "a" }, finish_reason }], usage: totals(tokens) });
    const running = chunk(1, null) + chunk(2, null);
    expect(meter(running)).toMatchObject({ complete: false, estimated: true, usage: { input: 9, output: 2 } });
    expect(meter(running + chunk(3, "stop"))).toMatchObject({ estimated: false, usage: { input: 9, output: 3 } });
  });

  test("finds usage in the last choice or in an extension, where two services put it", () => {
    const finish = { index: 0, delta: {}, finish_reason: "stop" };
    expect(meter(event({ choices: [{ ...finish, usage: USED }] }))).toMatchObject({ estimated: false, usage: ALL });
    expect(meter(event({ choices: [finish], x_groq: { usage: USED } }))).toMatchObject({ usage: ALL });
  });

  test("text that looks like JSON of the protocol is only text", () => {
    const text = streamOf(['{"usage":{"prompt_tokens":1e9},"finish_reason":"stop","error":{}}', '"delta"']).slice(0, 3);
    expect(meter(text.join(""))).toMatchObject({ complete: false, errored: false, usage: { input: 0 } });
  });

  test("understands spaced JSON, comments and a final line without an end", () => {
    const spaced = whole
      .split("\n")
      .filter((line) => line.startsWith("data: {"))
      .map((line) => `data:${JSON.stringify(JSON.parse(line.slice(5)), null, 1).replaceAll("\n", "")}`)
      .join("\n\n");
    expect(meter(`: OPENROUTER PROCESSING\n\n${spaced}`)).toMatchObject({ complete: true, usage: ALL });
  });

  test("legacy completions, images and transcriptions end in their own ways", () => {
    const legacy = (text: string, finish_reason: string | null) =>
      event({ choices: [{ text, index: 0, finish_reason }] });
    expect(meter(legacy("abcd", null))).toMatchObject({ complete: false, usage: { output: 1 } });
    expect(meter(legacy("abcd", null) + legacy("", "stop"))).toMatchObject({ complete: true });
    const image = {
      type: "image_generation.completed",
      b64_json: "AAAA",
      usage: { input_tokens: 5, output_tokens: 7 },
    };
    expect(meter(event(image))).toMatchObject({ complete: true, estimated: false, usage: { input: 5, output: 7 } });
    const transcript = event({ type: "transcript.text.delta", delta: "abcd" });
    expect(meter(transcript)).toMatchObject({ complete: false, estimated: true, usage: { output: 1 } });
  });

  test("an error is seen, and is no completion, also when [DONE] follows", () => {
    const broken = streamOf(["a"])[0] + event(errorOf("server_error", "broke"));
    expect(meter(broken)).toMatchObject({ errored: true, complete: false });
    expect(meter(`${broken}data: [DONE]\n\n`)).toMatchObject({ errored: true, complete: false });
    expect(meter(delta({ content: "" }, "error"))).toMatchObject({ errored: true, complete: false });
  });

  test("reports the tier that served, not the one first named", () => {
    expect(meter(whole.replaceAll('"service_tier":"default"', '"service_tier":"priority"')).mode).toBe("priority");
    expect(meter(silent.replaceAll('"service_tier":"default"', '"service_tier":"priority"')).mode).toBe("priority");
    expect(meter(whole.replaceAll('"service_tier":"default"', '"service_tier":"flex"')).mode).toBe("standard");
  });

  test("garbage is no usage and no completion", () => {
    const reading = meter("data: {broken\n\ndata: 5\n\ndata: null\n\ndata: []\n\n: comment\n\ndata\n\n");
    expect(reading).toMatchObject({
      complete: false,
      errored: false,
      estimated: false,
      usage: { input: 0, output: 0 },
    });
  });
});

describe("whole answer", () => {
  test("reads every kind of token", () => {
    expect(readWhole(JSON.parse(wholeChat("hi")))).toMatchObject({ usage: ALL, complete: true, estimated: false });
  });

  test("embeddings, images and DeepSeek's cache have names of their own", () => {
    expect(readWhole({ usage: { prompt_tokens: 8, total_tokens: 8 } })).toMatchObject({
      usage: { input: 8, output: 0 },
    });
    expect(readWhole({ usage: { input_tokens: 8, output_tokens: 9 } })).toMatchObject({
      usage: { input: 8, output: 9 },
    });
    const deepseek = { prompt_tokens: 10, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 };
    expect(readWhole({ usage: deepseek }).usage).toMatchObject({ input: 6, cacheRead: 4 });
  });

  test("reasoning beside the completion is added where the total says that it is not part of it", () => {
    const counts = (total_tokens: number) => ({
      usage: { ...USED, completion_tokens: 37, total_tokens },
    });
    expect(readWhole(counts(139)).usage).toMatchObject({ output: 57, reasoning: 20 });
    expect(readWhole(counts(119)).usage).toMatchObject({ output: 37, reasoning: 20 });
  });

  test("a cache larger than the prompt is no negative input", () => {
    const usage = { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 9 } };
    expect(readWhole({ usage }).usage).toMatchObject({ input: 0, cacheRead: 9 });
  });

  test.each([{}, { usage: null }, { usage: { prompt_tokens: "7" } }])("%j is said to be an estimate", (members) => {
    expect(readWhole(members)).toMatchObject({ estimated: true, complete: true, usage: { input: 0, output: 0 } });
  });

  test("seconds of audio are as exact as tokens", () => {
    const usage = { type: "duration", seconds: 3 };
    expect(readWhole({ usage })).toMatchObject({ estimated: false, usage: { input: 0, output: 0, seconds: 3 } });
  });

  test("negative, fractional and textual counts are not believed", () => {
    const usage = { prompt_tokens: -5, completion_tokens: 1.5, prompt_tokens_details: { cached_tokens: "7" } };
    expect(readWhole({ usage }).usage).toMatchObject({ input: 0, output: 0, cacheRead: 0 });
  });
});

describe("errors in disguise", () => {
  test.each([
    ['data: {"error":{"message":"m","type":"server_error","code":null}}\n\n', 500],
    [': wait\n\ndata: {"error":{"message":"m","code":429}}\n\n', 429],
    ['{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}', 400],
    ['{"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}}', 401],
    ['{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}', 429],
    ['{\n  "error": {"message":"m","type":"tokens","code":"rate_limit_exceeded"}\n}', 429],
    ['{"error":{"message":"m","type":"constructor","code":"toString"}}', 500],
    ['{"error":"out of order"}', 500],
    ['{"object":"error","message":"m","type":"BadRequestError","code":400}', 400],
    ['data: {"choices":[{"delta":{},"finish_reason":"error"}],"error":{"code":"502","message":"m"}}\n\n', 502],
  ])("%s is %i", (text, status) => {
    const error = errorIn(text);
    expect(error?.status).toBe(status);
    expect(JSON.parse(error?.body ?? "")).toHaveProperty("error");
  });

  test("an envelope keeps the upstream's own bytes", () => {
    const body = '{ "error": {"message": "m", "type":"x", "extra": 1.50} }';
    expect(errorIn(body)?.body).toBe(body);
    expect(errorIn(`data: ${body}\r\n\r\n`)?.body).toBe(body);
  });

  test.each([
    streamOf(["a"])[0] ?? "",
    wholeChat("a"),
    "data: [DONE]\n\n",
    'data: {"err',
    ": hi\n\n",
    "",
    "[]",
    "null",
  ])("%s is none", (text) => {
    expect(errorIn(text)).toBeNull();
  });
});

describe("the relay's own errors", () => {
  const CATEGORIES: Category[] = ["invalid_request", "authentication", "billing", "permission", "not_found"];
  const REST: Category[] = ["too_large", "rate_limit", "upstream", "overloaded"];

  test.each([...CATEGORIES, ...REST])("%s fills the whole envelope", (category) => {
    const { error } = JSON.parse(errorBody({ status: 400, category, message: "No.", retryable: false }, "req_1"));
    expect(error).toEqual({ message: "No.", type: expect.any(String), param: null, code: error.code });
  });

  test("a spent budget is OpenAI's insufficient_quota", () => {
    const body = errorBody({ status: 429, category: "billing", message: "Spent.", retryable: false }, "req_1");
    expect(JSON.parse(body).error).toMatchObject({ type: "insufficient_quota", code: "insufficient_quota" });
  });

  test("the event of a broken stream is one that the meter and the clients take for an error", () => {
    expect(meter(errorEvent("It broke."))).toMatchObject({ errored: true, complete: false });
    expect(errorIn(errorEvent("It broke."))).toMatchObject({ status: 500 });
  });
});
