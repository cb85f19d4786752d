/** A Messages client on a Chat upstream: what the relay does around a translation, and the halves know nothing of. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as chat from "../front/chat.ts";
import * as gemini from "../front/gemini.ts";
import * as messages from "../front/messages.ts";
import { messagesViolations } from "../protocols/translate/validators/messages.ts";
import {
  ask,
  asked,
  behave,
  hurryInterval,
  makeAccount,
  makeKey,
  removeAccounts,
  settledOnce,
  until,
} from "./relay-in-process.ts";

const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const STREAM = chat.streamOf(WORDS);
/** How often a translation looks whether it is time for a ping. A test takes 20 ms for it. */
const PING_CHECK_MS = 2_500;

const GPT = { platform: "openai", protocols: ["chat"], model_mapping: { "claude-*": "gpt-5.5" } };
const SERVED = { model: "claude-sonnet-4-5", served_model: "gpt-5.5", platform: "openai", upstream_protocol: "chat" };

let key: { id: string; key: string };
beforeEach(async () => {
  await removeAccounts();
  key = await makeKey({ concurrency_limit: 1 });
});
afterEach(() => vi.restoreAllMocks());

const whole = (answer: string, status = 200) => ({
  status,
  headers: { "content-type": "application/json" },
  chunks: [answer],
});
const pings = (text: string) => text.match(/event: ping/g)?.length ?? 0;

describe("while the upstream is silent", () => {
  test("the client is pinged from 15 seconds on, and its stream stays well-formed", async () => {
    await makeAccount(GPT);
    const looked = hurryInterval(PING_CHECK_MS);
    // 20 looks: 50 seconds.
    behave({ chunks: [...STREAM.slice(0, 9), () => looked(20), ...STREAM.slice(9)] });
    const text = await (await ask(key.key)).text();
    expect(messagesViolations(text)).toEqual([]);
    expect(pings(text)).toBeGreaterThan(0);
    expect(pings(text)).toBeLessThan(8);
    expect(text).toContain("word39");
    expect(await settledOnce(key.id)).toMatchObject({ ...SERVED, outcome: "completed", status: 200, estimated: 0 });
  });

  test("it is not pinged before", async () => {
    await makeAccount(GPT);
    const looked = hurryInterval(PING_CHECK_MS);
    behave({ chunks: [...STREAM.slice(0, 9), () => looked(2), ...STREAM.slice(9)] });
    expect(pings(await (await ask(key.key)).text())).toBe(0);
  });
});

describe("a client that leaves", () => {
  test("in the middle of its answer is booked for what had come, and its upstream is closed", async () => {
    await makeAccount(GPT);
    behave({ chunks: STREAM, pauseMs: 20 });
    const leaving = new AbortController();
    const response = await ask(key.key, { signal: leaving.signal });
    const reader = response.body?.getReader();
    let seen = "";
    while (!seen.includes("word9")) seen += new TextDecoder().decode((await reader?.read())?.value);
    leaving.abort();
    const row = await settledOnce(key.id);
    expect(row).toMatchObject({ ...SERVED, outcome: "client_left", status: 499, estimated: 1 });
    expect(row.input_tokens).toBeGreaterThan(0);
    expect(row.output_tokens).toBeGreaterThanOrEqual(10);
    expect(row.output_tokens).toBeLessThan(80);
    await until(() => asked.every(({ over }) => over === "closed"));
  });

  test("before the first byte is booked for its prompt", async () => {
    await makeAccount(GPT);
    behave({ silentMs: 30_000 });
    const leaving = new AbortController();
    const answered = ask(key.key, { signal: leaving.signal }).catch(() => "left");
    await until(() => asked.length === 1);
    leaving.abort();
    await answered;
    const row = await settledOnce(key.id);
    expect(row).toMatchObject({ ...SERVED, outcome: "client_left", status: 499, estimated: 1, output_tokens: 0 });
    expect(row.input_tokens).toBeGreaterThan(0);
  });
});

describe("an upstream", () => {
  test("that refuses a parameter is asked once more without it, and the client is told what was dropped", async () => {
    await makeAccount({ ...GPT, model_mapping: { "claude-*": "some-model" } });
    const error = chat.errorOf("invalid_request_error", "Unsupported parameter: 'top_p'", "unsupported_parameter");
    behave(({ body }) => (body.includes("top_p") ? whole(JSON.stringify(error), 400) : { chunks: STREAM }));
    const response = await ask(key.key, { body: { top_p: 0.5 } });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-edge-relay-dropped")).toContain("top_p");
    expect(messagesViolations(await response.text())).toEqual([]);
    expect(asked.map(({ body }) => body.includes("top_p"))).toEqual([true, false]);
    const row = await settledOnce(key.id);
    expect(row).toMatchObject({ ...SERVED, served_model: "some-model", outcome: "completed" });
    expect(JSON.parse(String(row.attempts))).toHaveLength(1);
  });

  test("that refuses more than that is not asked for ever, and its last words reach the client", async () => {
    await makeAccount({ ...GPT, model_mapping: { "claude-*": "some-model" } });
    behave(({ body }) => {
      const name = Object.keys(JSON.parse(body)).find((each) => !["model", "messages", "stream"].includes(each)) ?? "x";
      return whole(JSON.stringify(chat.errorOf("invalid_request_error", `Unsupported parameter: '${name}'`)), 400);
    });
    const response = await ask(key.key, { body: { top_p: 0.5, temperature: 0.5, stop_sequences: ["x"], top_k: 3 } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: "error",
      error: { message: expect.stringMatching(/^Unsupported/) },
    });
    expect(asked).toHaveLength(4);
    expect(await settledOnce(key.id)).toMatchObject({ outcome: "refused", status: 400, cost_nanos: 0 });
  });

  test("that says nothing is asked once more, and both of its answers are booked", async () => {
    await makeAccount(GPT);
    const silent = chat.streamOf([]);
    behave(() => ({ chunks: asked.length === 1 ? silent : STREAM }));
    const response = await ask(key.key);
    const text = await response.text();
    expect(messagesViolations(text)).toEqual([]);
    expect(text).toContain("word39");
    expect(asked).toHaveLength(2);
    expect(await settledOnce(key.id)).toMatchObject({
      ...SERVED,
      outcome: "completed",
      input_tokens: 24,
      output_tokens: 114,
    });
  });

  test("whose model has malformed a call before it has said anything is asked once more, with what that has used", async () => {
    await makeAccount({ platform: "gemini", model_mapping: { "claude-*": "gemini-3.5-flash" } });
    const candidate = { content: {}, finishReason: "MALFORMED_FUNCTION_CALL", index: 0 };
    const malformed = gemini.event({ candidates: [candidate], usageMetadata: gemini.USED, modelVersion: "m" });
    behave(() => ({ chunks: asked.length === 1 ? [malformed] : gemini.streamOf(WORDS) }));
    const text = await (await ask(key.key)).text();
    expect(messagesViolations(text)).toEqual([]);
    expect(text).toContain("word39");
    expect(asked).toHaveLength(2);
    const row = await settledOnce(key.id);
    expect(row).toMatchObject({
      upstream_protocol: "gemini",
      outcome: "completed",
      input_tokens: 30,
      output_tokens: 114,
    });
  });

  test("whose model has malformed a call twice has failed, and says so to the client", async () => {
    await makeAccount({ platform: "gemini", model_mapping: { "claude-*": "gemini-3.5-flash" } });
    const candidate = { content: {}, finishReason: "MALFORMED_FUNCTION_CALL", index: 0 };
    behave({ chunks: [gemini.event({ candidates: [candidate], usageMetadata: gemini.USED, modelVersion: "m" })] });
    const response = await ask(key.key);
    const text = await response.text().catch((error) => String(error));
    expect(text).not.toContain("end_turn");
    expect(asked).toHaveLength(2);
    const row = await settledOnce(key.id);
    expect(row.output_tokens).toBe(114);
  });

  test("that says nothing twice has meant it", async () => {
    await makeAccount(GPT);
    behave({ chunks: chat.streamOf([]) });
    const text = await (await ask(key.key)).text();
    expect(messagesViolations(text)).toEqual([]);
    expect(asked).toHaveLength(2);
    expect(await settledOnce(key.id)).toMatchObject({ ...SERVED, outcome: "completed", output_tokens: 114 });
  });

  test("that says nothing and then fails has used what it has used", async () => {
    await makeAccount(GPT);
    behave(() => (asked.length === 1 ? whole(chat.wholeChat("")) : whole("{}", 500)));
    expect((await ask(key.key, { body: { stream: false } })).status).toBe(500);
    expect(asked).toHaveLength(2);
    expect(await settledOnce(key.id)).toMatchObject({ ...SERVED, outcome: "upstream_error", output_tokens: 57 });
  });

  test("that streams although it was not asked to, or does not although it was, answers all the same", async () => {
    await makeAccount(GPT);
    behave(whole(chat.wholeChat("Hello")));
    const streamed = await ask(key.key);
    expect(streamed.headers.get("content-type")).toContain("text/event-stream");
    expect(messagesViolations(await streamed.text())).toEqual([]);
    expect(await settledOnce(key.id)).toMatchObject({ ...SERVED, outcome: "completed", output_tokens: 57 });
  });
});

describe("a request that cannot be put to an upstream of another format", () => {
  const UNTRANSLATABLE = {
    messages: [{ role: "user", content: [{ type: "image", source: { type: "file", file_id: "f" } }] }],
  };

  test("is refused with a 400 in the client's words where nobody else has the model; nobody was asked, nothing is booked", async () => {
    const account = await makeAccount({ ...GPT, max_concurrency: 1 });
    behave({ chunks: STREAM });
    const response = await ask(key.key, { body: UNTRANSLATABLE });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(asked).toEqual([]);
    expect(await settledOnce(key.id)).toMatchObject({
      account_id: null,
      outcome: "refused",
      status: 400,
      cost_nanos: 0,
      attempts: "[]",
    });
    // The account has its only place back.
    key = await makeKey();
    expect(await (await ask(key.key)).text()).toContain("word39");
    expect(await settledOnce(key.id)).toMatchObject({ account_id: account.id });
  });

  test("goes to an account that speaks the client's own", async () => {
    await makeAccount({ ...GPT, priority: 1 });
    const claude = await makeAccount({ platform: "anthropic" });
    behave({ chunks: messages.streamOf(WORDS) });
    expect(await (await ask(key.key, { body: UNTRANSLATABLE })).text()).toContain("word39");
    const row = await settledOnce(key.id);
    expect(row).toMatchObject({ account_id: claude.id, outcome: "completed" });
    expect(JSON.parse(String(row.attempts))).toHaveLength(1);
  });

  test("is told to wait where an account of the client's own format is only limited", async () => {
    await makeAccount(GPT);
    await makeAccount({ platform: "anthropic", priority: 1 });
    behave({
      ...whole(JSON.stringify(messages.errorOf("rate_limit_error", "Slow down")), 429),
      headers: { "content-type": "application/json", "retry-after": "30" },
    });
    await (await ask(key.key, { body: UNTRANSLATABLE })).text();
    await settledOnce(key.id);
    key = await makeKey();
    const response = await ask(key.key, { body: UNTRANSLATABLE });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(20);
    expect(await settledOnce(key.id)).toMatchObject({ account_id: null, outcome: "no_account", status: 429 });
  });
});
