/** Chat Completions of the demo upstream. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, dataOf, demoWith, type Json } from "./client.ts";

interface Choice {
  message: { content: string | null; tool_calls?: { id: string; function: { name: string; arguments: string } }[] };
  finish_reason: string;
}
interface Completion {
  choices: Choice[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number } & Record<string, Json>;
}
interface Chunk {
  id: string;
  object: string;
  choices: {
    delta: { role?: string; content?: string; tool_calls?: { index: number; function: { arguments: string } }[] };
    finish_reason: string | null;
  }[];
  usage?: Completion["usage"] | null;
}

let demo: Demo;
beforeAll(async () => {
  demo = await demoWith({ authorization: "Bearer any" });
});
afterAll(() => demo.close());

const user = (content: unknown) => ({ role: "user", content });
const hello = { model: "gpt-5", messages: [user("hello")] };
const shell = {
  type: "function",
  function: {
    name: "Execute",
    parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
  },
};
const complete = async (body: Json) => (await (await demo.post("/v1/chat/completions", body)).json()) as Completion;
const stream = async (body: Json) => {
  const data = await dataOf(await demo.post("/v1/chat/completions", { ...body, stream: true }));
  return { last: data.at(-1), chunks: data.slice(0, -1).map((text) => JSON.parse(text) as Chunk) };
};

describe("chat completions", () => {
  it.each(["/chat/completions", "/v1/chat/completions"])("answers honestly on %s", async (path) => {
    const { choices } = (await (await demo.post(path, hello)).json()) as Completion;
    expect(choices[0]?.message.content).toContain("local demo upstream of Edge Relay, not a model. You said: “hello”");
    expect(choices[0]?.finish_reason).toBe("stop");
  });

  it("streams the same words under one id, and ends with [DONE]", async () => {
    const whole = await complete(hello);
    const { chunks, last } = await stream(hello);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(
      whole.choices[0]?.message.content,
    );
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
    expect(new Set(chunks.map(({ id, object }) => `${id} ${object}`)).size).toBe(1);
    expect(last).toBe("[DONE]");
  });

  it("says in a stream what was used only where the request asks for it", async () => {
    const { usage } = await complete(hello);
    const asked = await stream({ ...hello, stream_options: { include_usage: true } });
    expect(asked.chunks.at(-1)).toMatchObject({ choices: [], usage });
    expect(asked.chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect((await stream(hello)).chunks.every((chunk) => !("usage" in chunk))).toBe(true);
  });

  it("counts reasoning within the completion, and what an earlier turn sent as cached", async () => {
    const plain = await complete(hello);
    const thought = await complete({ ...hello, reasoning_effort: "high" });
    const reasoning = Number(thought.usage.completion_tokens_details?.reasoning_tokens);
    expect(reasoning).toBeGreaterThan(0);
    expect(thought.usage.completion_tokens).toBe(plain.usage.completion_tokens + reasoning);
    expect(thought.usage.total_tokens).toBe(thought.usage.prompt_tokens + thought.usage.completion_tokens);
    expect(plain.usage.completion_tokens_details?.reasoning_tokens).toBe(0);

    const long = [{ role: "system", content: "word ".repeat(2000) }, user("hello")];
    const first = await complete({ ...hello, messages: long });
    expect(first.usage.prompt_tokens_details?.cached_tokens).toBe(0);
    const answered = [...long, { role: "assistant", content: "hi" }, user("again")];
    const second = await complete({ ...hello, messages: answered });
    const cached = Number(second.usage.prompt_tokens_details?.cached_tokens);
    expect(cached % 128).toBe(0);
    expect(cached).toBeGreaterThan(2000);
    expect(cached).toBeLessThanOrEqual(first.usage.prompt_tokens);
  });

  it("calls a tool when asked, in pieces that make its input, and mentions the result", async () => {
    const asked = { ...hello, tools: [shell], messages: [user([{ type: "text", text: "Use a tool please" }])] };
    const whole = await complete(asked);
    const call = whole.choices[0]?.message.tool_calls?.[0];
    expect(whole.choices[0]?.finish_reason).toBe("tool_calls");
    expect(call?.function).toEqual({ name: "Execute", arguments: '{"command":"echo hello from the demo"}' });

    const { chunks } = await stream(asked);
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(pieces[0]).toMatchObject({ index: 0, id: expect.any(String), function: { name: "Execute", arguments: "" } });
    expect(pieces.map((piece) => piece.function.arguments).join("")).toBe(call?.function.arguments);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");

    const result = { role: "tool", tool_call_id: call?.id, content: "hello from the shell" };
    const messages = [...asked.messages, whole.choices[0]?.message, result];
    const second = await complete({ ...asked, messages });
    expect(second.choices[0]?.message.content).toContain("“hello from the shell”");
  });

  it.each([
    ["a reminder that the client wrote", "<system-reminder>the Execute tool</system-reminder>hello", undefined, false],
    ["a forced tool", "hello", { type: "function", function: { name: "Execute" } }, true],
    ["any tool", "hello", "required", true],
    ["forbidden tools", "use a tool", "none", false],
  ])("on %s", async (_case, content, choice, calls) => {
    const body = { ...hello, tools: [shell], messages: [user(content)], ...(choice && { tool_choice: choice }) };
    expect((await complete(body)).choices[0]?.finish_reason === "tool_calls").toBe(calls);
  });

  it("stops at the limit, under both of its names", async () => {
    for (const name of ["max_tokens", "max_completion_tokens"]) {
      const { choices, usage } = await complete({ ...hello, [name]: 5 });
      expect(choices[0]?.finish_reason).toBe("length");
      expect(usage.completion_tokens).toBeLessThanOrEqual(5);
    }
  });

  it("gives JSON that fits the schema an answer must have", async () => {
    const schema = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };
    const format = { type: "json_schema", json_schema: { name: "title", schema } };
    const { choices } = await complete({ ...hello, response_format: format });
    expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ title: expect.any(String) });
    const free = await complete({ ...hello, response_format: { type: "json_object" } });
    expect(JSON.parse(free.choices[0]?.message.content ?? "")).toEqual({ answer: expect.any(String) });
  });
});

describe("errors", () => {
  it.each([
    ["malformed JSON", "POST", "/v1/chat/completions", "{", 400, null],
    ["no model", "POST", "/v1/chat/completions", { messages: hello.messages }, 400, null],
    ["no messages", "POST", "/v1/chat/completions", { model: "gpt-5" }, 400, "missing_required_parameter"],
    ["a wrong method", "GET", "/v1/chat/completions", null, 404, null],
  ])("refuses %s natively", async (_case, method, path, body, status, code) => {
    const response = method === "GET" ? await demo.get(path) : await demo.post(path, body);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    const { error } = (await response.json()) as { error: Json };
    expect(error).toMatchObject({ type: "invalid_request_error", message: expect.any(String), code });
    expect(error).toHaveProperty("param");
  });

  it("wants a credential, whichever way it comes", async () => {
    const statuses = [{}, { authorization: "Bearer " }, { authorization: "Bearer k" }, { "api-key": "k" }].map(
      async (headers) => (await demo.post("/v1/chat/completions", hello, headers as Record<string, string>)).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 200, 200]);
  });
});
