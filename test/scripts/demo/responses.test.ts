/** Responses of the demo upstream: the ladder of events above all. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, dataOf, demoWith, type Json } from "./client.ts";

interface Item extends Json {
  type: string;
  id: string;
}
interface Reply {
  id: string;
  status: string;
  incomplete_details: Json | null;
  output: Item[];
  usage: {
    input_tokens: number;
    output_tokens: number;
    total_tokens: number;
    input_tokens_details: { cached_tokens: number };
    output_tokens_details: { reasoning_tokens: number };
  };
}
interface Event {
  type: string;
  sequence_number: number;
  output_index?: number;
  item_id?: string;
  item?: Item;
  delta?: string;
  response?: Reply;
  [field: string]: unknown;
}

let demo: Demo;
beforeAll(async () => {
  demo = await demoWith({ authorization: "Bearer any" });
});
afterAll(() => demo.close());

const hello = { model: "gpt-5", input: "hello" };
const user = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
const command = { type: "object", properties: { cmd: { type: "string" } }, required: ["cmd"] };
const shell = { type: "function", name: "exec_command", parameters: command };
/** As Codex puts its tools: in an item of the input, in namespaces, and the shell behind a script. */
const added = {
  type: "additional_tools",
  role: "developer",
  tools: [
    {
      type: "namespace",
      name: "functions",
      tools: [{ type: "custom", name: "exec", description: "Run JavaScript code to compose tool calls" }],
    },
    { type: "namespace", name: "clock", tools: [{ type: "function", name: "sleep", parameters: command }] },
  ],
};

const create = async (body: Json) => (await (await demo.post("/v1/responses", body)).json()) as Reply;
const stream = async (body: Json) =>
  (await dataOf(await demo.post("/v1/responses", { ...body, stream: true }))).map((text) => JSON.parse(text) as Event);
const textOf = ({ output }: Reply) =>
  output.flatMap(({ content }) => (content as { text: string }[] | undefined)?.map(({ text }) => text) ?? []).join("");

/** Holds for every stream: numbered without a gap, each item opened once and closed as what the response says it was. */
function expectLadder(events: Event[]): Reply {
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at));
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(["response.created", "response.in_progress"]);
  const last = events.at(-1);
  expect(last?.type).toBe(`response.${last?.response?.status}`);
  const items = (type: string) => events.filter((event) => event.type === `response.output_item.${type}`);
  expect(items("done").map(({ item }) => item)).toEqual(last?.response?.output);
  expect(items("added").map(({ item }) => item?.id)).toEqual(items("done").map(({ item }) => item?.id));
  const whole: [delta: string, field: string][] = [
    ["output_text", "text"],
    ["reasoning_summary_text", "text"],
    ["function_call_arguments", "arguments"],
    ["custom_tool_call_input", "input"],
  ];
  for (const [name, field] of whole) {
    for (const done of events.filter(({ type }) => type === `response.${name}.done`)) {
      const deltas = events.filter(
        ({ type, item_id }) => type === `response.${name}.delta` && item_id === done.item_id,
      );
      expect(deltas.map(({ delta }) => delta).join("")).toBe(done[field]);
    }
  }
  if (!last?.response) throw new Error("The stream has no end.");
  return last.response;
}

describe("responses", () => {
  it.each(["/responses", "/v1/responses"])("answers honestly on %s", async (path) => {
    const reply = (await (await demo.post(path, hello)).json()) as Reply;
    expect(textOf(reply)).toContain("local demo upstream of Edge Relay, not a model. You said: “hello”");
    expect(reply).toMatchObject({ status: "completed", object: "response", error: null, tools: [], store: true });
  });

  it("streams the native ladder, with the same words and figures", async () => {
    const whole = await create(hello);
    const events = await stream(hello);
    const reply = expectLadder(events);
    expect(textOf(reply)).toBe(textOf(whole));
    expect(reply.usage).toEqual(whole.usage);
    expect(events.map(({ type }) => type).filter((type) => !type.endsWith(".delta"))).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const raw = await (await demo.post("/v1/responses", { ...hello, stream: true })).text();
    expect(raw).toMatch(/^event: response\.created\ndata: \{"type":"response\.created","sequence_number":0,/);
  });

  it("thinks where asked to, and counts it within the output", async () => {
    const body = { ...hello, reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"] };
    const reply = expectLadder(await stream(body));
    expect(reply.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(reply.output[0]).toMatchObject({
      encrypted_content: expect.any(String),
      summary: [{ type: "summary_text", text: expect.any(String) }],
    });
    const plain = await create({ ...hello, reasoning: { effort: "none" } });
    const { output_tokens: output, output_tokens_details: details } = reply.usage;
    expect(details.reasoning_tokens).toBeGreaterThan(0);
    expect(output).toBe(plain.usage.output_tokens + details.reasoning_tokens);
    const silent = await create({ ...hello, reasoning: { effort: "low" } });
    expect(silent.output[0]).toMatchObject({ type: "reasoning", summary: [] });
    expect(silent.output[0]).not.toHaveProperty("encrypted_content");
  });

  it("calls a function, and mentions what it brought back", async () => {
    const body = { ...hello, input: [user("Use a tool please")], tools: [shell] };
    const { output } = expectLadder(await stream(body));
    const call = output.find(({ type }) => type === "function_call");
    expect(call).toMatchObject({ name: "exec_command", arguments: '{"cmd":"echo hello from the demo"}' });
    expect(call).not.toHaveProperty("namespace");
    const result = { type: "function_call_output", call_id: call?.call_id, output: "hello from the shell" };
    expect(textOf(await create({ ...body, input: [...body.input, ...output, result] }))).toContain(
      "“hello from the shell”",
    );
  });

  it("calls Codex's custom tool with a script, in its namespace", async () => {
    const input = [added, user("<environment_context>a tool</environment_context>"), user("Use a tool please")];
    const { output } = expectLadder(await stream({ ...hello, input }));
    const call = output.find(({ type }) => type === "custom_tool_call");
    expect(call).toMatchObject({ name: "exec", namespace: "functions" });
    expect(call?.input).toContain('tools.exec_command({ cmd: "echo hello from the demo" })');
    const text = [{ type: "input_text", text: "hello from the script" }];
    const result = { type: "custom_tool_call_output", call_id: call?.call_id, output: text };
    expect(textOf(await create({ ...hello, input: [...input, ...output, result] }))).toContain(
      "“hello from the script”",
    );
  });

  it.each([
    ["a greeting", "hello", undefined, false],
    ["a forced tool", "hello", { type: "function", name: "exec_command" }, true],
    ["any tool", "hello", "required", true],
    ["forbidden tools", "use a tool", "none", false],
  ])("on %s", async (_case, text, choice, calls) => {
    const body = { ...hello, input: [user(text)], tools: [shell], ...(choice && { tool_choice: choice }) };
    expect((await create(body)).output.some(({ type }) => type === "function_call")).toBe(calls);
  });

  it("ends incomplete at the limit", async () => {
    const reply = expectLadder(await stream({ ...hello, max_output_tokens: 5 }));
    expect(reply).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    expect(reply.usage.output_tokens).toBeLessThanOrEqual(5);
  });

  it("gives JSON that fits the schema an answer must have", async () => {
    const schema = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };
    const reply = await create({ ...hello, text: { format: { type: "json_schema", name: "title", schema } } });
    expect(JSON.parse(textOf(reply))).toEqual({ title: expect.any(String) });
  });

  it("counts what an earlier turn sent as cached, but not that turn's own answer", async () => {
    const first = await create({ ...hello, instructions: "word ".repeat(2000), input: [user("hello")] });
    expect(first.usage.input_tokens_details.cached_tokens).toBe(0);
    const input = [user("hello"), ...first.output, user("again")];
    const { usage } = await create({ ...hello, instructions: "word ".repeat(2000), input });
    const { cached_tokens: cached } = usage.input_tokens_details;
    expect(cached % 128).toBe(0);
    expect(cached).toBeGreaterThan(2000);
    expect(cached).toBeLessThanOrEqual(first.usage.input_tokens);
  });
});

describe("the routes beside it", () => {
  it("counts the same input as a response does", async () => {
    const { usage } = await create(hello);
    const counted = await (await demo.post("/v1/responses/input_tokens", hello)).json();
    expect(counted).toEqual({ object: "response.input_tokens", input_tokens: usage.input_tokens });
  });

  it("gives a response again, and deletes it", async () => {
    const { id } = await create(hello);
    expect(await (await demo.get(`/v1/responses/${id}`)).json()).toMatchObject({ id, status: "completed" });
    expect((await demo.get("/v1/responses/unknown")).status).toBe(404);
  });

  it("compacts a conversation to its user messages and one item", async () => {
    const input = [user("hello"), { type: "message", role: "assistant", content: [] }, user("again")];
    const compacted = await (await demo.post("/responses/compact", { ...hello, input })).json();
    expect(compacted).toMatchObject({
      object: "response.compaction",
      output: [{ role: "user" }, { role: "user" }, { type: "compaction", encrypted_content: expect.any(String) }],
    });
  });
});

describe("errors", () => {
  it.each([
    ["malformed JSON", "{", 400, null],
    ["no model", { input: "hello" }, 400, null],
    ["no input", { model: "gpt-5" }, 400, "missing_required_parameter"],
  ])("refuses %s natively", async (_case, body, status, code) => {
    const response = await demo.post("/v1/responses", body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", code } });
  });

  it("refuses a request without a credential", async () => {
    expect((await demo.post("/responses", hello, {})).status).toBe(401);
  });
});
