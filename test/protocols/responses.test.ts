import { describe, expect, test } from "vitest";
import { RESPONSES } from "../../src/protocols/responses/format.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { event, failedOf, responseOf, streamOf, USED, wholeResponse } from "../front/responses.ts";
import { expectSameFromAnyCut, meterWith } from "./metering.ts";

const { errorEvent, errorIn, readWhole, streamMeter } = RESPONSES;

const ALL = { ...NO_USAGE, input: 12, cacheWrite5m: 30, cacheRead: 40, output: 57, reasoning: 20 };
const meter = meterWith(streamMeter);

let searches = 0;
function search(action: object | undefined, status = "completed") {
  return { id: `ws_${searches++}`, type: "web_search_call", status, ...(action && { action }) };
}

describe("stream", () => {
  const events = streamOf(["Hello, ", "wörld 🚀", ' 你好 "quoted" \\']);
  const whole = events.join("");

  test("reads every kind of token from a whole stream", () => {
    const response = { id: "resp_1", ended: true };
    const ended = { mode: "standard", complete: true, errored: false, estimated: false };
    expect(meter(whole)).toEqual({ usage: ALL, response, ...ended });
  });

  test("reads the same from any cut, with LF or CRLF", () => {
    expectSameFromAnyCut(streamMeter, whole);
  });

  test("cut short anywhere, it never claims to be complete", () => {
    for (let at = whole.indexOf("\n\n") + 2; at < whole.trimEnd().length; at++) {
      expect(meter(whole.slice(0, at))).toMatchObject({ complete: false, estimated: true });
    }
  });

  test("estimates from every kind of delta, but not from audio", () => {
    const delta = (kind: string, value: string) =>
      event({ type: `response.${kind}.delta`, item_id: "x", delta: value });
    const text =
      events[0] +
      delta("output_text", "a".repeat(40)) +
      delta("refusal", "a".repeat(40)) +
      delta("function_call_arguments", '{"a":"b"}'.repeat(10)) +
      delta("custom_tool_call_input", "a".repeat(40)) +
      delta("reasoning_summary_text", "a".repeat(40)) +
      delta("reasoning_text", "a".repeat(40)) +
      delta("audio.transcript", "a".repeat(40)) +
      delta("audio", "A".repeat(4000));
    // The arguments count as they are written, their escapes included.
    expect(meter(text)).toMatchObject({ complete: false, estimated: true, usage: { output: (240 + 130) / 4 + 0.5 } });
  });

  test("incomplete is an end: the client has all that there will be", () => {
    const response = { ...responseOf("gpt-5.5"), status: "incomplete" };
    const text = events.slice(0, -1).join("") + event({ type: "response.incomplete", response });
    expect(meter(text)).toMatchObject({ complete: true, errored: false, usage: ALL });
  });

  test("a failure is no completion; what it reports as used counts", () => {
    const started = events.slice(0, 5).join("");
    expect(meter(started + event(failedOf("server_error", "m")))).toMatchObject({
      errored: true,
      complete: false,
      estimated: true,
    });
    const failed = { ...failedOf("server_error", "m"), response: { ...responseOf("m"), status: "failed" } };
    expect(meter(started + event(failed))).toMatchObject({ errored: true, estimated: false, usage: ALL });
    expect(meter(started + event({ type: "error", code: "x", message: "m" }))).toMatchObject({ errored: true });
    expect(meter(`${started}data: {"error":{"message":"m"}}\n\n`)).toMatchObject({ errored: true, complete: false });
  });

  test("an end without usage is complete, with an estimate", () => {
    const response = { ...responseOf("gpt-5.5"), usage: null };
    const text = events.slice(0, 7).join("") + event({ type: "response.completed", response });
    expect(meter(text)).toMatchObject({ complete: true, estimated: true, usage: { input: 0 } });
  });

  test("understands members in another order, spaced JSON, and missing event lines", () => {
    const sorted = whole
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => {
        const members = Object.entries(JSON.parse(line.slice(5))).sort(([a], [b]) => a.localeCompare(b));
        return `data:${JSON.stringify(Object.fromEntries(members), null, 1).replaceAll("\n", "")}`;
      });
    expect(meter(sorted.join("\n\n"))).toMatchObject({ complete: true, usage: ALL });
    const broken = meter(sorted.slice(0, 6).join("\n\n"));
    expect(broken).toMatchObject({ complete: false, estimated: true });
    expect(broken.usage.output).toBe(meter(events.slice(0, 6).join("")).usage.output);
  });

  test("counts web searches from items or from the last event, but no opened page and no failure", () => {
    const items = [
      search({ type: "search", query: "a" }),
      search({ type: "open_page" }),
      search({ type: "search" }, "failed"),
    ];
    const done = items.map((item) => event({ type: "response.output_item.done", output_index: 0, item })).join("");
    expect(meter(events[0] + done).usage.webSearches).toBe(1);
    const completed = (output: object[]) =>
      event({ type: "response.completed", response: { ...responseOf("gpt-5.5"), output } });
    expect(meter(events[0] + done + completed(items)).usage).toEqual({ ...ALL, webSearches: 1 });
    expect(meter(events[0] + done + completed([])).usage).toEqual({ ...ALL, webSearches: 1 });
    expect(meter(completed([search(undefined)])).usage.webSearches).toBe(1);
  });

  test("counts each container that code or a shell ran in, and no shell of the client's", () => {
    const environment = (container_id: string) => ({ type: "container_reference", container_id });
    const items = [
      { id: "ci_1", type: "code_interpreter_call", status: "completed", container_id: "cntr_1" },
      { id: "sh_1", type: "shell_call", status: "completed", environment: environment("cntr_1") },
      { id: "sh_2", type: "shell_call", status: "completed", environment: environment("cntr_2") },
      { id: "sh_3", type: "shell_call", status: "completed", environment: { type: "local" } },
      { id: "sh_4", type: "shell_call", status: "completed", environment: null },
    ];
    const done = items.map((item) => event({ type: "response.output_item.done", output_index: 0, item })).join("");
    expect(meter(events[0] + done).usage.codeSessions).toBe(2);
    expect(readWhole({ usage: USED, output: items }).usage.codeSessions).toBe(2);
  });

  test("reads what the provider says of its tools: the tokens of pictures, at their own model, and the searches that it bills", () => {
    const response = {
      ...responseOf("gpt-5.5"),
      tools: [
        { type: "function", name: "f" },
        { type: "image_generation", model: "gpt-image-2" },
      ],
      output: [
        { id: "ig_1", type: "image_generation_call", status: "completed", result: "AAAA" },
        search({ type: "search" }),
        search({ type: "search" }),
      ],
      tool_usage: {
        image_gen: {
          ...{ input_tokens: 60, input_tokens_details: { image_tokens: 0, text_tokens: 60 } },
          ...{ output_tokens: 6_240, total_tokens: 6_300 },
        },
        web_search: { num_requests: 1 },
      },
    };
    const told = {
      usage: { ...ALL, input: ALL.input + 60, output: ALL.output + 6_240, webSearches: 1 },
      others: [{ model: "gpt-image-2", usage: { ...NO_USAGE, input: 60, output: 6_240 } }],
    };
    expect(meter(event({ type: "response.completed", response }))).toMatchObject(told);
    expect(readWhole(response)).toMatchObject(told);
    const { tools: _, tool_usage: __, ...untold } = response;
    expect(readWhole(untold)).toMatchObject({ usage: { ...ALL, images: 1, webSearches: 2 } });
  });

  test("reports the tier that served; a broken stream has only what was asked for", () => {
    const priority = whole.replaceAll('"service_tier":"default"', '"service_tier":"priority"');
    expect(meter(priority).mode).toBe("priority");
    const asked = whole.replaceAll('"service_tier":"auto"', '"service_tier":"priority"');
    expect(meter(asked).mode).toBe("standard");
    expect(meter(asked.slice(0, asked.indexOf("event: response.completed"))).mode).toBe("priority");
    expect(meter(whole.replaceAll('"service_tier":"default"', '"service_tier":"fast"')).mode).toBe("fast");
  });

  test("text that looks like an event is only text", () => {
    const text = streamOf(['data: {"type":"response.completed"}', '"type":"error"']).slice(0, -1);
    expect(meter(text.join(""))).toMatchObject({ complete: false, errored: false });
  });

  test("garbage is no usage and no completion", () => {
    const garbage =
      'data: {broken\n\ndata: 5\n\ndata: null\n\ndata: {"type":"response.completed"}\n\ndata: {"type":7}\n\n';
    expect(meter(garbage)).toMatchObject({ complete: false, errored: false, estimated: false });
  });
});

describe("whole answer", () => {
  test("reads every kind of token, and web searches", () => {
    expect(readWhole(JSON.parse(wholeResponse("hi")))).toMatchObject({ usage: ALL, complete: true, estimated: false });
    const output = [search({ type: "search" }), search({ type: "find_in_page" }), { type: "message" }, null, 5];
    expect(readWhole({ usage: USED, output, service_tier: "priority" })).toMatchObject({
      usage: { ...ALL, webSearches: 1 },
      mode: "priority",
    });
  });

  test.each([{}, { usage: null, output: "text" }, { usage: [] }])("%j is said to be an estimate", (members) => {
    expect(readWhole(members)).toMatchObject({ estimated: true, usage: { input: 0, output: 0, webSearches: 0 } });
  });
});

describe("errors in disguise", () => {
  test.each([
    [event(failedOf("rate_limit_exceeded", "Try again in 2.5s")), 429],
    [event(failedOf("server_error", "m")), 500],
    [event(failedOf("invalid_prompt", "m")), 400],
    [event(failedOf("server_is_overloaded", "m")), 503],
    [(streamOf([])[0] ?? "") + event(failedOf("server_error", "m")), 500],
    [event({ type: "error", code: "insufficient_quota", message: "m", param: null }), 429],
    [event({ type: "error", error: { type: "invalid_request_error", code: "model_not_found", message: "m" } }), 404],
    [JSON.stringify(failedOf("server_error", "m").response), 500],
    ['{"error":{"message":"m","type":"usage_limit_reached","resets_at":5}}', 429],
  ])("%s is %i, in the envelope of a response", (text, status) => {
    const error = errorIn(text);
    expect(error?.status).toBe(status);
    expect(JSON.parse(error?.body ?? "").error.message).toEqual(expect.any(String));
  });

  test("the words and the code of a failed response are kept", () => {
    const body = errorIn(event(failedOf("rate_limit_exceeded", "Try again in 2.5s")))?.body ?? "";
    expect(JSON.parse(body).error).toMatchObject({ code: "rate_limit_exceeded", message: "Try again in 2.5s" });
  });

  test.each([
    streamOf([])[0] ?? "",
    streamOf(["a"]).join(""),
    wholeResponse("a"),
    (streamOf([])[0] ?? "").slice(0, 90),
    'event: response.failed\ndata: {"type":"response.fai',
    "event: ping\n\n",
    "",
  ])("%s is none", (text) => {
    expect(errorIn(text)).toBeNull();
  });
});

describe("a stream that broke", () => {
  test("has an error event for the SDKs and a failed response for Codex", () => {
    const [first, second] = errorEvent("It broke.").trimEnd().split("\n\n");
    const data = (text = "") => JSON.parse(text.slice(text.indexOf("data:") + 5));
    expect(first).toMatch(/^event: error\n/);
    expect(data(first)).toMatchObject({ type: "error", error: { message: "It broke." } });
    expect(second).toMatch(/^event: response\.failed\n/);
    expect(data(second).response).toMatchObject({
      status: "failed",
      error: { code: "server_error", message: "It broke." },
    });
  });

  test("the meter takes them for an error", () => {
    expect(meter(errorEvent("It broke."))).toMatchObject({ errored: true, complete: false });
  });
});
