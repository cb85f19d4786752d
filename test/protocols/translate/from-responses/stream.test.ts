import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import type { HubEvent, Json } from "../../../../src/protocols/translate/hub.ts";
import { block, call, end, read, START, streamed, TEXT, told } from "./asked.ts";

const typesOf = (events: Json[]) => events.map(({ type }) => String(type).replace("response.", ""));
/** The item of the last `output_item.done`. */
const itemOf = (events: Json[]) => events.findLast(({ type }) => type === "response.output_item.done")?.item;
const lastOf = (events: Json[]) => events.at(-1)?.response as Json;

const CUSTOM = { type: "custom", name: "apply_patch" };
const IN_NAMESPACE = { type: "namespace", name: "functions", tools: [{ type: "custom", name: "exec" }] };

describe("a stream to a Responses client", () => {
  test("has each step of a text, numbered from 0, and the whole response at its end", () => {
    const events = streamed([START, ...block(TEXT, "Hel", "lo"), end()]);
    expect(typesOf(events)).toEqual([
      ...[
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
      ],
      ...["output_text.done", "content_part.done", "output_item.done", "completed"],
    ]);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    const part = { type: "output_text", text: "Hello", annotations: [], logprobs: [] };
    const item = { id: "msg_01_0", type: "message", status: "completed", role: "assistant", content: [part] };
    expect(itemOf(events)).toEqual(item);
    expect(events[4]).toMatchObject({ item_id: "msg_01_0", output_index: 0, content_index: 0, delta: "Hel" });
    expect(lastOf(events)).toMatchObject({
      ...{ id: "resp_01", object: "response", created_at: 1_700_000_000, status: "completed", model: "asked" },
      ...{ error: null, incomplete_details: null, output: [item], tool_choice: "auto", tools: [] },
      usage: {
        ...{ input_tokens: 20, input_tokens_details: { cached_tokens: 5, cache_write_tokens: 5 } },
        ...{ output_tokens: 7, output_tokens_details: { reasoning_tokens: 4 }, total_tokens: 27 },
      },
    });
  });

  test("says the name of each event before its data, and its type first in them", () => {
    const stream = read({}).answer.stream();
    const text = [START, ...block(TEXT, "a"), end()].map((event) => stream.write(event)).join("");
    for (const event of text.split("\n\n").filter(Boolean)) {
      expect(event).toMatch(/^event: ([\w.]+)\ndata: \{"type":"\1","sequence_number":\d+,/);
    }
    expect(text).not.toContain("[DONE]");
  });

  test("has thinking as a summary, and its signature in the item alone", () => {
    const thinking = block({ type: "thinking", thinking: "", signature: "" }, "H", "m");
    const events = streamed([
      START,
      ...thinking.slice(0, -1),
      { type: "signature", signature: "sig" },
      { type: "close" },
      end(),
    ]);
    expect(typesOf(events).slice(2, -1)).toEqual([
      ...[
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
      ],
      ...["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done"],
    ]);
    const summary = [{ type: "summary_text", text: "Hm" }];
    expect(itemOf(events)).toEqual({
      ...{ id: "rs_01_0", type: "reasoning", summary, encrypted_content: carry("anthropic", "sig") },
    });
  });

  test("has thinking that shows nothing but its signature, and none that has not even that", () => {
    const thinking = { type: "thinking", thinking: "", signature: "" } as const;
    const signed: HubEvent[] = [
      { type: "open", block: thinking },
      { type: "signature", signature: "s" },
      { type: "close" },
    ];
    expect(itemOf(streamed([START, ...signed, end()]))).toEqual({
      ...{ id: "rs_01_0", type: "reasoning", summary: [], encrypted_content: carry("anthropic", "s") },
    });
    const events = streamed([START, ...block(thinking), ...block(TEXT), ...block(TEXT, "a"), end()]);
    expect(lastOf(events).output).toMatchObject([{ id: "msg_01_0" }]);
  });

  test("carries a signature that is carried already as it is, and redacted thinking", () => {
    const gemini = carry("gemini", "thought");
    const thinking = { type: "thinking", thinking: "", signature: "" } as const;
    const events = streamed([
      START,
      { type: "open", block: thinking },
      { type: "signature", signature: gemini },
      { type: "close" },
      ...block({ type: "redacted_thinking", data: "sealed" }),
      end(),
    ]);
    expect(lastOf(events).output).toMatchObject([
      { encrypted_content: gemini },
      { encrypted_content: carry("anthropic", "redacted:sealed") },
    ]);
  });

  // AIClient2API#471
  test("has the arguments of a function, as they come, and no input of a free-form tool", () => {
    const events = streamed([START, ...block(call("read"), '{"pa', 'th":1}'), end("tool_use")], { tools: [CUSTOM] });
    expect(typesOf(events).slice(2, -1)).toEqual([
      ...["output_item.added", "function_call_arguments.delta", "function_call_arguments.delta"],
      ...["function_call_arguments.done", "output_item.done"],
    ]);
    expect(itemOf(events)).toEqual({
      ...{ id: "fc_01_0", type: "function_call", status: "completed", call_id: "call_1", name: "read" },
      arguments: '{"path":1}',
    });
  });

  test("has an empty object of arguments for a call without any", () => {
    const events = streamed([START, ...block(call("now")), end("tool_use")]);
    expect(events.filter(({ type }) => type === "response.function_call_arguments.delta")).toMatchObject([
      { delta: "{}" },
    ]);
    expect(itemOf(events)).toMatchObject({ arguments: "{}" });
  });

  test("has the input of a free-form tool, as it comes", () => {
    const events = streamed(
      [START, ...block(call("apply_patch"), '{"input":"*** Be', "gin\\", 'n"}'), end("tool_use")],
      {
        tools: [CUSTOM],
      },
    );
    expect(typesOf(events).slice(2, -1)).toEqual([
      ...[
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.delta",
      ],
      ...["custom_tool_call_input.done", "output_item.done"],
    ]);
    expect(itemOf(events)).toEqual({
      ...{ id: "ctc_01_0", type: "custom_tool_call", status: "completed", call_id: "call_1", name: "apply_patch" },
      input: "*** Begin\n",
    });
  });

  // CLIProxyAPI#4852, opencodex#3217
  test("gives a tool back its namespace, also a free-form one", () => {
    const input = [
      {
        type: "additional_tools",
        tools: [IN_NAMESPACE, { type: "namespace", name: "clock", tools: [{ type: "function", name: "sleep" }] }],
      },
      { role: "user", content: "x" },
    ];
    const events = [
      START,
      ...block(call("exec", "a"), '{"input":"1"}'),
      ...block(call("clock__sleep", "b"), "{}"),
      end("tool_use"),
    ];
    expect(lastOf(streamed(events, { input })).output).toMatchObject([
      { type: "custom_tool_call", name: "exec", namespace: "functions", input: "1" },
      { type: "function_call", name: "sleep", namespace: "clock", arguments: "{}" },
    ]);
  });

  test("has the items of a shell and of patches", () => {
    const tools = [{ type: "local_shell" }, { type: "shell" }, { type: "apply_patch" }];
    const events = [
      START,
      ...block(call("local_shell", "a"), '{"command":["ls"],"timeout', '_ms":9}'),
      ...block(call("shell", "b"), '{"commands":["pwd"]}'),
      ...block(call("apply_patch", "c"), '{"type":"create_file","path":"f","diff":"+a"}'),
      ...block(call("local_shell", "d"), '{"command":"ls | wc"}'),
      end("tool_use"),
    ];
    const none = { env: {}, working_directory: null, timeout_ms: null };
    expect(lastOf(streamed(events, { tools })).output).toMatchObject([
      { type: "local_shell_call", call_id: "a", action: { ...none, type: "exec", command: ["ls"], timeout_ms: 9 } },
      { type: "shell_call", call_id: "b", action: { commands: ["pwd"], timeout_ms: null } },
      { type: "apply_patch_call", call_id: "c", operation: { type: "create_file", path: "f", diff: "+a" } },
      { type: "local_shell_call", call_id: "d", action: { ...none, command: ["bash", "-lc", "ls | wc"] } },
    ]);
  });

  test("has a search with what it found, and marks what is cited of it", () => {
    const page = { url: "https://example.com", title: "Page" };
    const events = [
      START,
      ...block(TEXT, "Look: "),
      ...block({ type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } }),
      ...block({
        ...{ type: "web_search_tool_result", tool_use_id: "s" },
        content: [{ type: "web_search_result", ...page, encrypted_content: "e" }],
      }),
      ...block(TEXT, "It ", "is "),
      ...block(TEXT, "blue").toSpliced(1, 0, {
        type: "citation",
        citation: { type: "web_search_result_location", ...page },
      }),
      ...block(TEXT, "."),
      end(),
    ];
    const told = streamed(events, { include: ["web_search_call.action.sources"] });
    expect(typesOf(told).filter((type) => type.startsWith("web_search_call"))).toEqual([
      ...["web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"],
    ]);
    const annotation = { type: "url_citation", start_index: 6, end_index: 10, ...page };
    expect(lastOf(told).output).toMatchObject([
      { type: "message", content: [{ text: "Look: " }] },
      {
        id: "ws_01_1",
        status: "completed",
        action: { type: "search", query: "q", sources: [{ type: "url", url: page.url }] },
      },
      { type: "message", content: [{ text: "It is blue.", annotations: [annotation] }] },
    ]);
    expect(told.filter(({ type }) => type === "response.output_text.annotation.added")).toMatchObject([
      { annotation_index: 0, content_index: 0, item_id: "msg_01_2", annotation },
    ]);
    const [, search] = lastOf(streamed(events)).output as Json[];
    expect(search?.action).toEqual({ type: "search", query: "q", queries: ["q"] });
  });

  test.each([
    ["max_tokens", "max_output_tokens"],
    ["model_context_window_exceeded", "max_output_tokens"],
    ["refusal", "content_filter"],
  ] as const)("that ends by %s is incomplete, and says why", (stopReason, reason) => {
    const events = streamed([START, ...block(TEXT, "a"), end(stopReason)]);
    expect(events.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason }, output: [{ status: "incomplete" }] },
    });
  });

  test("never says of a call that was cut off that it is done: Codex would carry it out", () => {
    const cut = block(call("exec"), '{"input":"await rm(');
    const tools = [{ type: "custom", name: "exec" }];
    const events = streamed([START, ...cut, end("max_tokens")], { tools });
    expect(typesOf(events).slice(2)).toEqual(["output_item.added", "custom_tool_call_input.delta", "incomplete"]);
    expect(lastOf(events).output).toMatchObject([{ status: "incomplete", input: "await rm(" }]);
  });

  test("keeps the ids of calls short enough for OpenAI's own", () => {
    const events = streamed([START, ...block(call("f", "x".repeat(100)), "{}"), end("tool_use")]);
    expect((itemOf(events) as Json).call_id).toMatch(/^x+_[0-9a-f]{16}$/);
    expect(String((itemOf(events) as Json).call_id)).toHaveLength(64);
  });

  test("has the relay's id of the request where the upstream gives none", () => {
    expect(lastOf(streamed([{ ...START, id: "" } as HubEvent, end()])).id).toBe("resp_req_1");
    expect(lastOf(streamed([{ ...START, id: "chatcmpl-7" } as HubEvent, end()])).id).toBe("resp_7");
  });
});

describe("an error in a stream to a Responses client", () => {
  const overloaded = { status: 529, category: "overloaded", message: "Overloaded" } as const;

  test("is told twice, as the SDKs and as Codex look for it, behind what has been said", () => {
    const events = streamed([
      START,
      { type: "open", block: TEXT },
      { type: "delta", text: "a" },
      { type: "error", error: overloaded },
    ]);
    expect(typesOf(events).slice(-4)).toEqual(["content_part.done", "output_item.done", "error", "failed"]);
    const said = { code: "service_unavailable", message: "Overloaded", param: null };
    expect(events.at(-2)).toMatchObject({ ...said, error: { type: "server_error", ...said } });
    expect(lastOf(events)).toMatchObject({
      ...{ status: "failed", error: { code: "service_unavailable", message: "Overloaded" }, usage: null },
      output: [{ type: "message", status: "incomplete" }],
    });
  });

  test("has the codes on which Codex acts", () => {
    const codeOf = (error: Extract<HubEvent, { type: "error" }>["error"]) =>
      streamed([{ type: "error", error }])[0]?.code;
    const tooLong = {
      status: 400,
      category: "invalid_request",
      message: "m",
      tooLong: { tokens: null, most: null },
    } as const;
    expect(codeOf(tooLong)).toBe("context_length_exceeded");
    expect(codeOf({ status: 429, category: "rate_limit", message: "m" })).toBe("rate_limit_exceeded");
    expect(codeOf({ status: 400, category: "invalid_request", message: "m" })).toBe("invalid_prompt");
  });

  test("is what an upstream's breaking off is, with no end and no call that would be done", () => {
    const stream = read({}).answer.stream();
    const before = [START, { type: "open", block: call("f") }, { type: "delta", text: '{"a":' }] as HubEvent[];
    for (const event of before) stream.write(event);
    expect(typesOf(told(stream.broken("It broke.")))).toEqual(["error", "failed"]);
    expect(told(read({}).answer.stream().broken("It broke."))[1]).toMatchObject({ response: { id: "resp_req_1" } });
  });
});

test("a silence is bridged by OpenAI's own event, before the first event by a comment", () => {
  const stream = read({}).answer.stream();
  expect(stream.ping()).toBe(": keepalive\n\n");
  stream.write(START);
  expect(stream.ping()).toBe('event: keepalive\ndata: {"type":"keepalive","sequence_number":2}\n\n');
});
