/** The demo upstream as clients meet it: over a socket, with the official SDK where it has an opinion. */
import { gzipSync, zstdCompressSync } from "node:zlib";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoServer, startDemo } from "../../../scripts/demo/server.ts";

let demo: DemoServer;
let client: Anthropic;
beforeAll(async () => {
  demo = await startDemo(0, 0);
  client = new Anthropic({ baseURL: `http://127.0.0.1:${demo.port}`, apiKey: "any", maxRetries: 0 });
});
afterAll(() => demo.close());

const hello = { model: "claude-sonnet-5-5", max_tokens: 300, messages: [{ role: "user" as const, content: "hello" }] };
const bash = {
  name: "Bash",
  description: "Runs a command",
  input_schema: {
    type: "object" as const,
    properties: { command: { type: "string" }, description: { type: "string" } },
    required: ["command"],
  },
};

const post = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { "x-api-key": "any" },
) => fetch(`http://127.0.0.1:${demo.port}${path}`, { method: "POST", body, headers });

const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

describe("messages", () => {
  it("answers honestly and the same, streamed or not", async () => {
    const whole = await client.messages.create(hello);
    const streamed = await client.messages.stream(hello).finalMessage();
    expect(textOf(whole)).toContain("local demo upstream of Edge Relay, not a model");
    expect(textOf(whole)).toContain("“hello”");
    expect(textOf(streamed)).toBe(textOf(whole));
    expect(streamed.stop_reason).toBe("end_turn");
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
  });

  it("thinks where it is asked to, and takes back no thinking but its own", async () => {
    const thinking = { type: "enabled" as const, budget_tokens: 1024 };
    const asked = { ...hello, max_tokens: 2_000, thinking };
    const whole = await client.messages.create(asked);
    const streamed = await client.messages.stream(asked).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(whole.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
    const again = { role: "user" as const, content: "hello again" };
    const more = (content: Anthropic.ContentBlockParam[]) =>
      client.messages.create({ ...asked, messages: [...hello.messages, { role: "assistant", content }, again] });
    expect((await more(whole.content as Anthropic.ContentBlockParam[])).stop_reason).toBe("end_turn");
    const foreign = { type: "thinking" as const, thinking: "not the demo's", signature: "made up" };
    await expect(more([foreign])).rejects.toThrow("messages.1.content.0: Invalid `signature` in `thinking` block");
  });

  it("streams the native event ladder with a full usage object from the first event", async () => {
    const events: Anthropic.RawMessageStreamEvent[] = [];
    for await (const event of await client.messages.create({ ...hello, stream: true })) events.push(event);
    const kinds = events.map((event) => event.type).filter((type) => type !== "content_block_delta");
    expect(kinds).toEqual([
      "message_start",
      "content_block_start",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(events[0]).toMatchObject({
      message: {
        usage: {
          input_tokens: expect.any(Number),
          cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
          output_tokens: 1,
        },
      },
    });
    const raw = await (await post("/v1/messages", JSON.stringify({ ...hello, stream: true }))).text();
    expect(raw).toContain('event: ping\ndata: {"type":"ping"}\n\n');
  });

  it("stops at max_tokens", async () => {
    const message = await client.messages.create({ ...hello, max_tokens: 5 });
    expect(message.stop_reason).toBe("max_tokens");
    expect(message.usage.output_tokens).toBeLessThanOrEqual(5);
  });

  it("calls a tool when asked, and mentions its result on the next turn", async () => {
    const asked = { ...hello, tools: [bash], messages: [{ role: "user" as const, content: "Use a tool please" }] };
    const first = await client.messages.stream(asked).finalMessage();
    const call = first.content.find((block) => block.type === "tool_use");
    expect(first.stop_reason).toBe("tool_use");
    expect(call).toMatchObject({
      name: "Bash",
      input: { command: "echo hello from the demo", description: expect.any(String) },
    });
    const result = { type: "tool_result" as const, tool_use_id: call?.id ?? "", content: "hello from the shell" };
    const second = await client.messages.create({
      ...asked,
      messages: [
        ...asked.messages,
        { role: "assistant", content: first.content as Anthropic.ContentBlockParam[] },
        { role: "user", content: [result] },
      ],
    });
    expect(second.stop_reason).toBe("end_turn");
    expect(textOf(second)).toContain("“hello from the shell”");
  });

  it.each([
    ["a text that names it", "now run Bash", undefined, true],
    ["a text without a word about tools", "hello", undefined, false],
    ["a reminder that the client wrote", "<system-reminder>the Bash tool</system-reminder>hello", undefined, false],
    ["a forced choice", "hello", { type: "tool", name: "Bash" }, true],
    ["any choice", "hello", { type: "any" }, true],
    ["a forbidden choice", "use a tool", { type: "none" }, false],
  ] as const)("on %s", async (_case, content, choice, calls) => {
    const message = await client.messages.create({
      ...hello,
      tools: [bash],
      messages: [{ role: "user", content }],
      ...(choice && { tool_choice: choice }),
    });
    expect(message.stop_reason === "tool_use").toBe(calls);
  });

  it("does not take an ordinary verb at the start for a tool's name", async () => {
    const write = { ...bash, name: "Write" };
    const messages = [{ role: "user" as const, content: "Write a poem" }];
    expect((await client.messages.create({ ...hello, tools: [write], messages })).stop_reason).toBe("end_turn");
  });

  it("answers the user although Claude Code puts a system message after it", async () => {
    const body = {
      ...hello,
      system: [{ type: "text", text: "You are a Claude agent." }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "<system-reminder>x" },
            { type: "text", text: "good day" },
          ],
        },
        { role: "system", content: "# Environment" },
      ],
    };
    const message = (await (await post("/v1/messages?beta=true", JSON.stringify(body))).json()) as Anthropic.Message;
    expect(textOf(message)).toContain("“good day”");
  });

  it("gives JSON that fits the schema an answer must have", async () => {
    const schema = { type: "object", properties: { title: { type: "string" } }, required: ["title"] };
    const body = { ...hello, output_config: { format: { type: "json_schema", schema } } };
    const message = (await (await post("/v1/messages", JSON.stringify(body))).json()) as Anthropic.Message;
    expect(JSON.parse(textOf(message))).toEqual({ title: expect.any(String) });
  });
});

describe("prompt caching", () => {
  const system = (ttl?: "1h") => [
    {
      type: "text" as const,
      text: "word ".repeat(2000),
      cache_control: { type: "ephemeral" as const, ...(ttl && { ttl }) },
    },
  ];

  it("writes the marked prefix on the first turn and reads it on the next", async () => {
    const first = await client.messages.create({ ...hello, system: system() });
    expect(first.usage.cache_creation).toEqual({ ephemeral_5m_input_tokens: 2500, ephemeral_1h_input_tokens: 0 });
    const messages = [...hello.messages, { role: "assistant" as const, content: "hi" }, ...hello.messages];
    const second = await client.messages.create({ ...hello, system: system(), messages });
    expect(second.usage).toMatchObject({ cache_read_input_tokens: 2500, cache_creation_input_tokens: 0 });
  });

  it("books an hour's cache as such, and a short prefix not at all", async () => {
    const hour = await client.messages.create({ ...hello, system: system("1h") });
    expect(hour.usage.cache_creation).toEqual({ ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2500 });
    const short = [{ type: "text" as const, text: "brief", cache_control: { type: "ephemeral" as const } }];
    const none = await client.messages.create({ ...hello, system: short });
    expect(none.usage.cache_creation_input_tokens).toBe(0);
  });

  it("counts the same total as count_tokens", async () => {
    const body = { model: hello.model, messages: hello.messages, system: system() };
    const { usage } = await client.messages.create({ ...hello, system: system() });
    const total = usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
    expect(await client.messages.countTokens(body)).toEqual({ input_tokens: total });
  });
});

describe("models and errors", () => {
  it("lists models and knows each by its id", async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toContain("claude-sonnet-5-5");
    expect((await client.models.retrieve("claude-sonnet-5-5")).display_name).toContain("demo");
    await expect(client.models.retrieve("gpt-9")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it.each([
    ["malformed JSON", "/v1/messages", "{", 400, "invalid_request_error"],
    ["a list", "/v1/messages", "[]", 400, "invalid_request_error"],
    ["no model", "/v1/messages", JSON.stringify({ ...hello, model: undefined }), 400, "invalid_request_error"],
    [
      "no max_tokens",
      "/v1/messages",
      JSON.stringify({ ...hello, max_tokens: undefined }),
      400,
      "invalid_request_error",
    ],
    ["no messages", "/v1/messages/count_tokens", '{"model":"m","messages":[]}', 400, "invalid_request_error"],
    ["an unknown path", "/v1/complete", "{}", 404, "not_found_error"],
  ])("refuses %s natively", async (_case, path, body, status, type) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    const id = response.headers.get("request-id");
    expect(await response.json()).toEqual({
      type: "error",
      error: { type, message: expect.any(String) },
      request_id: id,
    });
  });

  it("wants a credential, whichever way it comes", async () => {
    const body = JSON.stringify(hello);
    const statuses = [{}, { "x-api-key": " " }, { authorization: "Bearer " }, { authorization: "Bearer k" }].map(
      async (headers) => (await post("/v1/messages", body, headers as Record<string, string>)).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 401, 401, 200]);
  });

  it("reads compressed requests", async () => {
    for (const [encoding, compress] of [
      ["gzip", gzipSync],
      ["zstd", zstdCompressSync],
    ] as const) {
      const headers = { "x-api-key": "any", "content-encoding": encoding };
      expect((await post("/v1/messages", new Uint8Array(compress(JSON.stringify(hello))), headers)).status).toBe(200);
    }
  });
});
