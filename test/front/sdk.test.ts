/**
 * The official Anthropic SDK through the relay, in both lines that are in use: 1.x sends its key as a bearer token
 * under a new API version, 0.x as `x-api-key`. What is asserted is what a program written against the SDK sees: values
 * and error classes, not bytes.
 */
import Anthropic from "@anthropic-ai/sdk";
import OlderAnthropic from "anthropic-sdk-0";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BOOKED, errorOf, event, streamOf, USED, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

/** One that neither SDK has retired: they warn about those on stderr. */
const MODEL = "claude-opus-5-5";
const JSON_TYPE = { "content-type": "application/json" };
const QUESTION = { model: MODEL, max_tokens: 100, messages: [{ role: "user" as const, content: "hello" }] };
const WEATHER = {
  name: "weather",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } } },
};

/** Private members keep the two classes from being assignable to each other; all that is called here both have. */
const LINES: [line: string, sdk: typeof Anthropic][] = [
  ["1.x", Anthropic],
  ["0.x", OlderAnthropic as unknown as typeof Anthropic],
];

const relay = new RelayUnderTest();
beforeAll(() => relay.start(), 60_000);
beforeEach(() => relay.forgiveAccounts());
afterAll(() => relay.stop());

describe.each(LINES)("@anthropic-ai/sdk %s", (line, Sdk) => {
  const clientOf = (apiKey: string, base = "") => new Sdk({ apiKey, baseURL: `${relay.url}${base}`, maxRetries: 0 });

  async function ready(limits: Record<string, unknown> = {}) {
    const key = await relay.makeKey(limits);
    return { key, client: clientOf(key.api_key) };
  }

  test("creates a message under every base URL, and is booked for it", async () => {
    const key = await relay.makeKey();
    for (const base of ["", "/", "/api", "/api/", "/claude"]) {
      relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
      const message = await clientOf(key.api_key, base).messages.create(QUESTION);
      expect(message).toMatchObject({ content: [{ type: "text", text: "Hello" }], usage: USED });
    }
    const rows = await relay.rows(key.id, 5);
    for (const row of rows) expect(row).toMatchObject({ ...BOOKED, status: 200, client: "anthropic_sdk" });
  });

  test("sends its own version header upstream, and its key not", async () => {
    const { key, client } = await ready();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    await client.messages.create(QUESTION);
    const [received] = relay.upstream.received;
    expect(received?.headers["anthropic-version"]).toBe(line === "1.x" ? "2026-10-21" : "2023-06-01");
    expect(received?.headers["x-api-key"]).toBe("sk-upstream-secret");
    expect(JSON.stringify(received?.headers)).not.toContain(key.api_key);
  });

  test("streams a message through its helper", async () => {
    const { key, client } = await ready();
    relay.upstream.behave({ chunks: streamOf(["Hello", " world"]), pauseMs: 5 });
    const words: string[] = [];
    const stream = client.messages.stream(QUESTION).on("text", (text) => words.push(text));
    const message = await stream.finalMessage();
    expect(words).toEqual(["Hello", " world"]);
    expect(message).toMatchObject({ content: [{ text: "Hello world" }], stop_reason: "end_turn", usage: USED });
    const [row] = await relay.rows(key.id, 1);
    expect(row).toMatchObject({ ...BOOKED, status: 200, outcome: "completed", estimated: false });
  });

  test("counts tokens", async () => {
    const { client } = await ready();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [JSON.stringify({ input_tokens: 1234 })] });
    const { model, messages } = QUESTION;
    expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 1234 });
    expect(relay.upstream.received[0]?.url).toBe("/v1/messages/count_tokens");
  });

  test("lists models over several pages", async () => {
    const { client } = await ready();
    const modelOf = (id: string) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" });
    relay.upstream.behave(({ url }) => {
      const id = new URL(url, "http://upstream").searchParams.get("after_id") === "first" ? "second" : "first";
      const page = { data: [modelOf(id)], has_more: id === "first", first_id: id, last_id: id };
      return { headers: JSON_TYPE, chunks: [JSON.stringify(page)] };
    });
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 1 })) ids.push(model.id);
    expect(ids).toEqual(["first", "second"]);
  });

  test("completes a tool loop of two turns", async () => {
    const { key, client } = await ready();
    relay.upstream.behave(({ body }) => {
      const answered = body.includes('"tool_result"');
      return { chunks: answered ? streamOf(["It", " rains"]) : toolCall({ city: "Oslo" }) };
    });
    const first = await client.messages.stream({ ...QUESTION, tools: [WEATHER] }).finalMessage();
    expect(first.stop_reason).toBe("tool_use");
    const call = first.content.find((block) => block.type === "tool_use");
    expect(call).toMatchObject({ name: "weather", input: { city: "Oslo" } });

    const result = { type: "tool_result" as const, tool_use_id: call?.id ?? "", content: "rain, 4 °C" };
    const messages = [
      ...QUESTION.messages,
      { role: "assistant" as const, content: first.content },
      { role: "user" as const, content: [result] },
    ];
    const second = await client.messages.stream({ ...QUESTION, tools: [WEATHER], messages }).finalMessage();
    expect(second).toMatchObject({ content: [{ text: "It rains" }], stop_reason: "end_turn" });
    const sent = JSON.parse(String(relay.upstream.received[1]?.body)) as { messages: unknown[] };
    expect(sent.messages.at(-1)).toEqual({ role: "user", content: [result] });
    expect(await relay.rows(key.id, 2)).toHaveLength(2);
  });

  test("reports a key that was never issued as an authentication error, without a retry", async () => {
    const forged = `cr_${"0".repeat(64)}`;
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    const client = new Sdk({ apiKey: forged, baseURL: relay.url, maxRetries: 2 });
    const error = await failureOf(client.messages.create(QUESTION));
    expect(error).toBeInstanceOf(Sdk.AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: "authentication_error" });
    expect(error.headers?.get("x-should-retry")).toBe("false");
    expect(relay.upstream.received).toHaveLength(0);
  });

  test("is refused on the very next request when its key is disabled, and served again when it is enabled", async () => {
    const { key, client } = await ready();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    await client.messages.create(QUESTION);

    await relay.admin("PATCH", `/admin/api-keys/${key.id}`, { enabled: false });
    const error = await failureOf(client.messages.create(QUESTION));
    expect(error).toBeInstanceOf(Sdk.AuthenticationError);
    expect(error).toMatchObject({ status: 401, type: "authentication_error" });
    expect(relay.upstream.received).toHaveLength(1);

    await relay.admin("PATCH", `/admin/api-keys/${key.id}`, { enabled: true });
    await expect(client.messages.create(QUESTION)).resolves.toMatchObject({ usage: USED });
  });

  test("is refused on the very next request when its key is deleted", async () => {
    const { key, client } = await ready();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    await client.messages.create(QUESTION);
    await relay.admin("DELETE", `/admin/api-keys/${key.id}`);
    expect(await failureOf(client.messages.create(QUESTION))).toBeInstanceOf(Sdk.AuthenticationError);
    expect(relay.upstream.received).toHaveLength(1);
  });

  test("reports an unknown path as not found", async () => {
    const { client } = await ready();
    for (const ask of [() => client.get("/v1/nothing"), () => client.post("/v1/nothing", { body: QUESTION })]) {
      const error = await failureOf(ask());
      expect(error).toBeInstanceOf(Sdk.NotFoundError);
      expect(error).toMatchObject({ status: 404, type: "not_found_error" });
    }
  });

  test("reports a body that is not JSON, or names no model, as a bad request", async () => {
    const { client } = await ready();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    const { model: _, ...nameless } = QUESTION;
    const broken = new TextEncoder().encode('{"model":"m","messages":[');
    for (const body of [nameless, { ...QUESTION, model: "" }, { ...QUESTION, model: 4 }, broken]) {
      const headers = body === broken ? JSON_TYPE : {};
      const error = await failureOf(client.post("/v1/messages", { body, headers }));
      expect(error).toBeInstanceOf(Sdk.BadRequestError);
      expect(error).toMatchObject({ status: 400, type: "invalid_request_error" });
    }
    expect(relay.upstream.received).toHaveLength(0);
  });

  test("reports the concurrency limit as a rate limit that says when to come back", async () => {
    const { client } = await ready({ concurrency_limit: 1 });
    relay.upstream.behave({ chunks: streamOf(Array.from({ length: 500 }, () => "more ")), pauseMs: 20 });
    const held = await client.messages.create({ ...QUESTION, stream: true });

    const error = await failureOf(client.messages.create(QUESTION));
    expect(error).toBeInstanceOf(Sdk.RateLimitError);
    expect(error).toMatchObject({ status: 429, type: "rate_limit_error" });
    expect(Number(error.headers?.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(relay.upstream.received).toHaveLength(1);

    held.controller.abort();
    expect(await relay.upstream.received[0]?.closed).toBe(false);
  });

  test("gets the upstream's own refusal as the class it stands for", async () => {
    const { client } = await ready();
    const refusals = [
      [400, "invalid_request_error", Sdk.BadRequestError],
      [429, "rate_limit_error", Sdk.RateLimitError],
      [529, "overloaded_error", Sdk.InternalServerError],
    ] as const;
    for (const [status, type, expected] of refusals) {
      await relay.forgiveAccounts();
      const headers = { ...JSON_TYPE, "request-id": "req_upstream", "retry-after": "7" };
      relay.upstream.behave({ status, headers, chunks: [JSON.stringify(errorOf(type, "as the upstream said"))] });
      const error = await failureOf(client.messages.create(QUESTION));
      expect(error).toBeInstanceOf(expected);
      expect(error).toMatchObject({ status, requestID: "req_upstream", error: errorOf(type, "as the upstream said") });
      expect(Number(error.headers?.get("retry-after"))).toBeGreaterThan(0);
      expect(Number(error.headers?.get("retry-after"))).toBeLessThanOrEqual(7);
    }
  });

  test("throws the upstream's error event that comes in the middle of a stream", async () => {
    const { client } = await ready();
    const overloaded = event(errorOf("overloaded_error", "Overloaded"));
    relay.upstream.behave({ chunks: [...streamOf(["Hello", " world"]).slice(0, 5), overloaded], pauseMs: 5 });
    const { words, error } = await readingOf(client);
    expect(words).toEqual(["Hello", " world"]);
    expect(error).toBeInstanceOf(Sdk.APIError);
    expect(error).toMatchObject({ error: errorOf("overloaded_error", "Overloaded") });
  });

  test.each(["end", "reset"] as const)(
    "throws where the upstream's stream breaks off with an early %s",
    async (ending) => {
      const { key, client } = await ready();
      relay.upstream.behave({ chunks: streamOf(["Hello", " world"]).slice(0, 5), pauseMs: 5, ending });
      const { words, error } = await readingOf(client);
      expect(words).toEqual(["Hello", " world"]);
      expect(error).toBeInstanceOf(Sdk.APIError);
      expect(error).toMatchObject({ error: { type: "error", error: { type: "api_error" } } });

      relay.upstream.behave({ chunks: streamOf(["Hello", " world"]).slice(0, 5), ending });
      expect(await failureOf(client.messages.stream(QUESTION).finalMessage())).toBeInstanceOf(Sdk.APIError);
      const rows = await relay.rows(key.id, 2);
      for (const row of rows)
        expect(row).toMatchObject({ outcome: "upstream_broke", estimated: true, input_tokens: 12 });
    },
  );

  async function failureOf(ask: PromiseLike<unknown>): Promise<InstanceType<typeof Sdk.APIError>> {
    try {
      await ask;
    } catch (error) {
      if (error instanceof Sdk.APIError) return error;
      throw error;
    }
    throw new Error("The SDK reported success");
  }

  /** Reads a stream to its end: the words that came, and what it then threw. */
  async function readingOf(client: Anthropic) {
    const words: string[] = [];
    const error = await failureOf(
      (async () => {
        for await (const part of await client.messages.create({ ...QUESTION, stream: true })) {
          if (part.type === "content_block_delta" && part.delta.type === "text_delta") words.push(part.delta.text);
        }
      })(),
    );
    return { words, error };
  }
});

/** A stream that calls the weather tool, its input in two pieces. */
function toolCall(input: Record<string, unknown>): string[] {
  const text = JSON.stringify(input);
  const [start = "", , , ...rest] = streamOf([]);
  const block = { type: "tool_use", id: "toolu_1", name: "weather", input: {} };
  const piece = (partial_json: string) =>
    event({ type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json } });
  return [
    start,
    event({ type: "content_block_start", index: 0, content_block: block }),
    piece(text.slice(0, 5)),
    piece(text.slice(5)),
    ...rest.map((each) => each.replace('"end_turn"', '"tool_use"')),
  ];
}
