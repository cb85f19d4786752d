/**
 * The matrix of endings for the other three protocols: each settles once, frees its lease, books the upstream's own
 * figures, passes its bytes untouched, and says what broke in its own words.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as chat from "./chat.ts";
import { readAll, settledOnce } from "./endings.ts";
import * as gemini from "./gemini.ts";
import { RelayUnderTest } from "./relay-under-test.ts";
import * as responses from "./responses.ts";

const relay = new RelayUnderTest();
beforeAll(async () => {
  await relay.start();
  const { port } = new URL(await relayUpstream());
  for (const [platform, tail] of [
    ["openai", "/v1"],
    ["gemini", ""],
  ] as const) {
    const base_url = `http://127.0.0.1:${port}${tail}`;
    await relay.admin("POST", "/admin/accounts", {
      name: platform,
      platform,
      kind: "api-key",
      base_url,
      api_key: "sk-x",
    });
  }
});
beforeEach(() => relay.forgiveAccounts());
afterAll(() => relay.stop());

/** The address of the relay's own fake upstream, which the new accounts share. */
async function relayUpstream(): Promise<string> {
  const { items } = await relay.admin<{ items: { base_url: string }[] }>("GET", "/admin/accounts");
  return items[0]?.base_url ?? "";
}

const WORDS = Array.from({ length: 30 }, (_, index) => `word${index} 你好 `);
const JSON_TYPE = { "content-type": "application/json" };

interface Lane {
  name: string;
  /** Where a streamed and a whole request go, and what they carry. */
  streamed: string;
  whole: string;
  body: (stream: boolean) => object;
  stream: string[];
  answer: string;
  booked: object;
  /** Content type of the stream. */
  type?: string;
  error: { status: number; event: string };
}

const GEMINI = { contents: [{ role: "user", parts: [{ text: "hello" }] }] };
const LANES: Lane[] = [
  {
    name: "chat",
    streamed: "/openai/v1/chat/completions",
    whole: "/v1/chat/completions",
    body: (stream) => ({
      model: "gpt-5.5",
      messages: [{ role: "user", content: "hi" }],
      stream,
      stream_options: { include_usage: true },
    }),
    stream: chat.streamOf(WORDS),
    answer: chat.wholeChat("hello"),
    booked: chat.BOOKED,
    error: { status: 429, event: chat.event(chat.errorOf("requests", "Slow down", "rate_limit_exceeded")) },
  },
  {
    name: "responses",
    streamed: "/openai/responses",
    whole: "/v1/responses",
    body: (stream) => ({ model: "gpt-5.5", input: "hi", stream }),
    stream: responses.streamOf(WORDS),
    answer: responses.wholeResponse("hello"),
    booked: responses.BOOKED,
    error: { status: 429, event: chat.event(chat.errorOf("requests", "Slow down", "rate_limit_exceeded")) },
  },
  {
    name: "gemini",
    streamed: "/gemini/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
    whole: "/v1beta/models/gemini-3.5-flash:generateContent",
    body: () => GEMINI,
    stream: gemini.streamOf(WORDS),
    answer: gemini.wholeContent("hello"),
    booked: gemini.BOOKED,
    error: { status: 429, event: gemini.event(gemini.errorOf(429, "RESOURCE_EXHAUSTED", "Slow down")) },
  },
  {
    name: "gemini as an array",
    streamed: "/gemini/v1/models/gemini-3.5-flash:streamGenerateContent",
    whole: "/gemini/v1/models/gemini-3.5-flash:generateContent",
    body: () => GEMINI,
    stream: gemini.arrayStreamOf(WORDS),
    answer: gemini.wholeContent("hello"),
    booked: gemini.BOOKED,
    type: "application/json",
    error: { status: 429, event: JSON.stringify([gemini.errorOf(429, "RESOURCE_EXHAUSTED", "Slow down")]) },
  },
];

const hash = (text: string) => createHash("sha256").update(text).digest("hex");

describe.each(LANES.map((lane) => [lane.name, lane] as const))("%s", (_, lane) => {
  const headers = { "content-type": lane.type ?? "text/event-stream" };
  const key = () => relay.makeKey({ concurrency_limit: 1 });
  const send = (path: string, apiKey: string, stream: boolean, signal?: AbortSignal) =>
    relay.fetch(path, {
      method: "POST",
      // The local stand-in for the edge compresses JSON, and holds it back for that; production is told no-transform.
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", "accept-encoding": "identity" },
      body: JSON.stringify(lane.body(stream)),
      ...(signal && { signal }),
    });

  test("a stream completes: the same bytes both ways, the upstream's figures", async () => {
    const own = await key();
    relay.upstream.behave({ headers, chunks: lane.stream, pauseMs: 1 });
    const { text, broke } = await readAll(await send(lane.streamed, own.api_key, true));
    expect({ hash: hash(text), broke }).toEqual({ hash: hash(lane.stream.join("")), broke: false });
    expect(relay.upstream.received[0]?.body.toString()).toBe(JSON.stringify(lane.body(true)));
    const row = await settledOnce(relay, own);
    expect(row).toMatchObject({ ...lane.booked, status: 200, outcome: "completed", estimated: false, unpriced: false });
    expect(Number(row.cost_usd)).toBeGreaterThan(0);
  });

  test("a whole answer: the same bytes, the upstream's figures", async () => {
    const own = await key();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [lane.answer] });
    const response = await send(lane.whole, own.api_key, false);
    expect(await response.text()).toBe(lane.answer);
    expect(await settledOnce(relay, own)).toMatchObject({
      ...lane.booked,
      status: 200,
      outcome: "completed",
      estimated: false,
    });
  });

  test("the client leaves: the upstream is closed, what was received is booked", async () => {
    const own = await key();
    relay.upstream.behave({ headers, chunks: lane.stream, pauseMs: 30 });
    const leaving = new AbortController();
    const response = await send(lane.streamed, own.api_key, true, leaving.signal);
    const reader = response.body?.getReader();
    let seen = "";
    while (!seen.includes("word4")) seen += new TextDecoder().decode((await reader?.read())?.value);
    leaving.abort();
    expect(await relay.upstream.received[0]?.closed).toBe(false);
    const row = await settledOnce(relay, own);
    expect(row).toMatchObject({ status: 499, outcome: "client_left", estimated: true });
    expect(row.output_tokens).toBeGreaterThan(0);
  });

  test.each(["end", "reset"] as const)("the upstream breaks off (%s): never a clean end", async (ending) => {
    const own = await key();
    relay.upstream.behave({ headers, chunks: lane.stream.slice(0, 10), pauseMs: 2, ending });
    const { text, broke } = await readAll(await send(lane.streamed, own.api_key, true));
    expect(broke).toBe(true);
    expect(text.startsWith(lane.stream.slice(0, 10).join(""))).toBe(true);
    expect(text.slice(lane.stream.slice(0, 10).join("").length)).toContain("error");
    expect(await settledOnce(relay, own)).toMatchObject({ outcome: "upstream_broke", estimated: true });
  });

  test("the upstream refuses the connection: 502 in the client's words", async () => {
    const own = await key();
    relay.upstream.behave({ chunks: [], ending: "refuse" });
    for (const [path, stream] of [[lane.streamed, true]] as const) {
      const response = await send(path, own.api_key, stream);
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
    }
    expect(await settledOnce(relay, own)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });

  test("the first event is an error: the status it should have had", async () => {
    const own = await key();
    relay.upstream.behave({ headers, chunks: [lane.error.event] });
    const response = await send(lane.streamed, own.api_key, true);
    expect(response.status).toBe(lane.error.status);
    expect(await response.text()).toContain("Slow down");
    expect(await settledOnce(relay, own)).toMatchObject({ status: lane.error.status, outcome: "upstream_error" });
  });

  test("a limit is refused in the client's words", async () => {
    const own = await relay.makeKey({ rate_limit_window_minutes: 1, rate_limit_requests: 1 });
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [lane.answer] });
    await send(lane.whole, own.api_key, false);
    const response = await send(lane.whole, own.api_key, false);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(JSON.stringify(await response.json())).toContain("1 request per 1 minute");
  });
});

test("a mapped model is renamed in the path for Gemini, in the body for the others", async () => {
  const { items } = await relay.admin<{ items: { id: string; platform: string }[] }>("GET", "/admin/accounts");
  for (const { id, platform } of items) {
    if (platform !== "anthropic")
      await relay.admin("PATCH", `/admin/accounts/${id}`, { model_mapping: { alias: "real-model" } });
  }
  const own = await relay.makeKey();
  const headers = { "x-goog-api-key": own.api_key };
  relay.upstream.behave({ headers: JSON_TYPE, chunks: ["{}"] });
  await relay.fetch("/v1beta/models/alias:generateContent", { method: "POST", headers, body: "{}" });
  await relay.fetch("/v1/chat/completions", { method: "POST", headers, body: '{"model": "alias","messages":[]}' });
  expect(relay.upstream.received[0]?.url).toBe("/v1beta/models/real-model:generateContent");
  expect(relay.upstream.received[1]?.body.toString()).toBe('{"model": "real-model","messages":[]}');
});

test("a ChatGPT token sent by mistake beside the key goes nowhere", async () => {
  const own = await relay.makeKey();
  relay.upstream.behave({ headers: JSON_TYPE, chunks: [responses.wholeResponse("ok")] });
  const headers = {
    "x-api-key": own.api_key,
    authorization: "Bearer eyJhbGciOi.secret",
    "chatgpt-account-id": "acct_1",
  };
  const body = '{"model":"gpt-5.5","input":"hi"}';
  expect((await relay.fetch("/openai/responses", { method: "POST", headers, body })).status).toBe(200);
  const sent = JSON.stringify(relay.upstream.received[0]?.headers);
  expect(sent).not.toContain("eyJhbGciOi");
  expect(sent).not.toContain("acct_1");
});

describe("Code Assist, served by an API key", () => {
  const assist = (action: string, body: object, key: string) =>
    relay.fetch(`/gemini//v1internal:${action}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const body = {
    model: "gemini-3.5-flash",
    project: "p",
    user_prompt_id: "u",
    request: { ...GEMINI, session_id: "session-1", generationConfig: { maxOutputTokens: 9 } },
  };

  test("a stream is unwrapped on the way up, wrapped on the way down, and booked", async () => {
    const own = await relay.makeKey({ concurrency_limit: 1 });
    relay.upstream.behave({ chunks: gemini.streamOf(WORDS), pauseMs: 1 });
    const response = await assist("streamGenerateContent?alt=sse", body, own.api_key);
    const { text, broke } = await readAll(response);
    expect(broke).toBe(false);
    const events = text.split("\r\n\r\n").filter(Boolean);
    expect(events.map((event) => JSON.parse(event.slice(6)))).toEqual(
      gemini.chunksOf(WORDS).map((chunk) => ({ response: chunk })),
    );
    const [received] = relay.upstream.received;
    expect(received?.url).toBe("/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse");
    expect(JSON.parse(received?.body.toString() ?? "")).toEqual({
      ...GEMINI,
      generationConfig: { maxOutputTokens: 9 },
    });
    expect(await settledOnce(relay, own)).toMatchObject({
      ...gemini.BOOKED,
      outcome: "completed",
      model: "gemini-3.5-flash",
    });
  });

  test("a whole answer likewise", async () => {
    const own = await relay.makeKey();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [gemini.wholeContent("hi")] });
    const response = await assist("generateContent", body, own.api_key);
    expect(await response.json()).toEqual({ response: JSON.parse(gemini.wholeContent("hi")) });
    expect(await settledOnce(relay, own)).toMatchObject(gemini.BOOKED);
  });

  test.each(["loadCodeAssist", "onboardUser", "retrieveUserQuota", "listExperiments"])(
    "%s is answered for a valid key, and only for one",
    async (action) => {
      const own = await relay.makeKey();
      expect((await assist(action, { metadata: {} }, own.api_key)).status).toBe(200);
      expect((await assist(action, { metadata: {} }, "cr_no")).status).toBe(401);
    },
  );

  test("a body without a request is a clear 400", async () => {
    const own = await relay.makeKey();
    const response = await assist("generateContent", { model: "gemini-3.5-flash" }, own.api_key);
    expect(response.status).toBe(400);
  });
});

describe("a Chat client that does not ask for usage", () => {
  const body = '{"model":"gpt-5.5","messages":[{"role":"user","content":"hi"}],"stream":true}';
  const send = (key: string) =>
    relay.fetch("/v1/chat/completions", { method: "POST", headers: { authorization: `Bearer ${key}` }, body });

  test("is booked to the token, and sees no chunk that it did not ask for", async () => {
    const own = await relay.makeKey();
    relay.upstream.behave({ chunks: chat.streamOf(WORDS), pauseMs: 1 });
    const text = await (await send(own.api_key)).text();
    expect(text).toBe(
      chat
        .streamOf(WORDS)
        .filter((event) => !event.includes('"choices":[]'))
        .join(""),
    );
    expect(JSON.parse(relay.upstream.received[0]?.body.toString() ?? "")).toEqual({
      ...JSON.parse(body),
      stream_options: { include_usage: true },
    });
    expect(await settledOnce(relay, own)).toMatchObject({ ...chat.BOOKED, estimated: false });
  });

  test("is served without it by an upstream that does not know how, and booked as an estimate", async () => {
    const own = await relay.makeKey();
    const refusal = JSON.stringify(chat.errorOf("invalid_request_error", "Unknown parameter: stream_options"));
    relay.upstream.behave(({ body: sent }) =>
      sent.includes("stream_options")
        ? { status: 400, headers: JSON_TYPE, chunks: [refusal] }
        : { chunks: chat.streamOf(WORDS, "gpt-5.5", false) },
    );
    const text = await (await send(own.api_key)).text();
    expect(text).toBe(chat.streamOf(WORDS, "gpt-5.5", false).join(""));
    expect(relay.upstream.received[1]?.body.toString()).toBe(body);
    expect(await settledOnce(relay, own)).toMatchObject({ outcome: "completed", estimated: true });
  });
});

describe("an upload", () => {
  const form = (model: string) => {
    const data = new FormData();
    data.append("file", new Blob([new Uint8Array([0, 13, 10, 45, 45, 255])]), "speech.mp3");
    data.append("model", model);
    return data;
  };
  const send = (key: string, body: FormData) =>
    relay.fetch("/v1/audio/transcriptions", { method: "POST", headers: { authorization: `Bearer ${key}` }, body });

  test("passes with its bytes as they are, under its model's rules", async () => {
    const own = await relay.makeKey({ denied_models: ["whisper-*"] });
    relay.upstream.behave({ headers: JSON_TYPE, chunks: ['{"text":"hello"}'] });
    expect((await send(own.api_key, form("whisper-1"))).status).toBe(404);
    expect(await (await send(own.api_key, form("gpt-4o-transcribe"))).json()).toEqual({ text: "hello" });
    const [received] = relay.upstream.received;
    expect(received?.url).toBe("/v1/audio/transcriptions");
    expect(received?.headers["content-type"]).toContain("multipart/form-data; boundary=");
    expect(received?.body.includes(Buffer.from([0, 13, 10, 45, 45, 255]))).toBe(true);
    expect(await settledOnce(relay, own)).toMatchObject({ model: "gpt-4o-transcribe", status: 200 });
  });

  test("is renamed in place, and refused without a model", async () => {
    const own = await relay.makeKey();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: ['{"text":"hello"}'] });
    await send(own.api_key, form("alias"));
    expect(relay.upstream.received[0]?.body.toString("latin1")).toContain("\r\n\r\nreal-model\r\n--");
    const without = new FormData();
    without.append("file", new Blob(["x"]), "a.mp3");
    expect((await send(own.api_key, without)).status).toBe(400);
  });
});

test("a base URL that ends in # is the whole address, and a path in it is kept", async () => {
  const base = await relayUpstream();
  const { items } = await relay.admin<{ items: { id: string; platform: string }[] }>("GET", "/admin/accounts");
  const id = items.find(({ platform }) => platform === "openai")?.id;
  const own = await relay.makeKey();
  const ask = async (base_url: string) => {
    await relay.admin("PATCH", `/admin/accounts/${id}`, { base_url, model_mapping: {} });
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [chat.wholeChat("ok")] });
    const body = '{"model":"gpt-5.5","messages":[]}';
    const headers = { authorization: `Bearer ${own.api_key}` };
    await relay.fetch("/v1/chat/completions", { method: "POST", headers, body });
    return relay.upstream.received[0]?.url;
  };
  expect(await ask(`${base}/api/paas/v4/`)).toBe("/api/paas/v4/chat/completions");
  expect(await ask(`${base}/custom/endpoint#`)).toBe("/custom/endpoint");
});
