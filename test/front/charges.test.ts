/** Nothing that an upstream did is free: hung up on, billed by the piece, without usage, of a model that nobody knows. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as messages from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";
import * as responses from "./responses.ts";

const relay = new RelayUnderTest();
beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { base_url: string }[] }>("GET", "/admin/accounts");
  const account = { name: "openai", platform: "openai", kind: "api-key", api_key: "sk-x" };
  await relay.admin("POST", "/admin/accounts", { ...account, base_url: `${items[0]?.base_url}/v1` });
});
afterAll(() => relay.stop());

const JSON_TYPE = { "content-type": "application/json" };
const answering = (body: unknown, type = "application/json") => ({
  headers: { "content-type": type },
  chunks: [typeof body === "string" ? body : JSON.stringify(body)],
});

function post(key: { api_key: string }, path: string, body: unknown): Promise<Response> {
  const form = body instanceof FormData;
  return relay.fetch(path, {
    method: "POST",
    headers: { authorization: `Bearer ${key.api_key}`, ...(!form && JSON_TYPE) },
    body: form ? body : JSON.stringify(body),
  });
}

async function booked(key: { id: string }) {
  const [row, ...more] = await relay.rows(key.id, 1);
  expect(more).toEqual([]);
  expect((await relay.report(key.id)).leases).toEqual([]);
  return row;
}

/** 200,000 bytes of prompt, so some 50,000 tokens. */
const LONG = "word ".repeat(40_000);
const BETWEEN = (from: number, to: number) => ({
  asymmetricMatch: (value: unknown) => typeof value === "number" && value >= from && value <= to,
});

test("an answer that an upstream refused costs nothing", async () => {
  const key = await relay.makeKey();
  const error = { error: { message: "no", type: "invalid_request_error", param: null, code: null } };
  relay.upstream.behave({ ...answering(error), status: 400 });
  await post(key, "/openai/v1/chat/completions", { model: "gpt-5.5", messages: [{ role: "user", content: LONG }] });
  expect(await booked(key)).toMatchObject({ status: 400, input_tokens: 0, cost_usd: "0", estimated: false });
});

describe("what is billed by the piece", () => {
  const picture = { b64_json: "A".repeat(1_000) };

  test("pictures, by how many there are, and by size and quality", async () => {
    const key = await relay.makeKey();
    relay.upstream.behave(answering({ created: 1, data: [picture, picture] }));
    const asked = { model: "dall-e-3", prompt: "a cat", n: 2, size: "1024x1792", quality: "hd" };
    await post(key, "/openai/v1/images/generations", asked);
    expect(await booked(key)).toMatchObject({
      images: 2,
      input_tokens: 0,
      cost_usd: "0.24",
      unpriced: false,
      estimated: false,
    });
  });

  test("speech, by the character", async () => {
    const key = await relay.makeKey();
    relay.upstream.behave(answering("sound", "audio/mpeg"));
    await post(key, "/openai/v1/audio/speech", { model: "tts-1", input: "x".repeat(1_000), voice: "alloy" });
    expect(await booked(key)).toMatchObject({
      characters: 1_000,
      cost_usd: "0.015",
      unpriced: false,
      estimated: false,
    });
  });

  const upload = (bytes: number) => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(bytes)], { type: "audio/mpeg" }), "a.mp3");
    form.append("model", "whisper-1");
    return form;
  };

  test("transcription, by the second that the answer tells", async () => {
    const key = await relay.makeKey();
    relay.upstream.behave(answering({ text: "hi", usage: { type: "duration", seconds: 60 } }));
    await post(key, "/openai/v1/audio/transcriptions", upload(100));
    expect(await booked(key)).toMatchObject({ seconds: 60, cost_usd: "0.006", unpriced: false, estimated: false });
  });

  test("transcription whose answer is bare text, by what was uploaded", async () => {
    const key = await relay.makeKey();
    relay.upstream.behave(answering("hi there", "text/plain"));
    await post(key, "/openai/v1/audio/transcriptions", upload(480_000));
    expect(await booked(key)).toMatchObject({ seconds: BETWEEN(60, 61), unpriced: false, estimated: true });
  });

  test("hosted tools of a response: searches in files, and containers for code", async () => {
    const key = await relay.makeKey();
    const whole = JSON.parse(responses.wholeResponse("hi"));
    whole.output.push(
      { type: "file_search_call", id: "fs_1", status: "completed", queries: ["a"] },
      { type: "code_interpreter_call", id: "ci_1", status: "completed", container_id: "cntr_1" },
      { type: "code_interpreter_call", id: "ci_2", status: "completed", container_id: "cntr_1" },
    );
    relay.upstream.behave(answering(whole));
    await post(key, "/openai/v1/responses", { model: "gpt-5.5", input: "hi" });
    expect(await booked(key)).toMatchObject({ file_searches: 1, code_sessions: 1, unpriced: false });
  });
});

test("embeddings whose service reports no usage are booked with their input estimated", async () => {
  const key = await relay.makeKey();
  relay.upstream.behave(answering({ object: "list", data: [{ object: "embedding", index: 0, embedding: [0.1] }] }));
  await post(key, "/openai/v1/embeddings", { model: "text-embedding-3-large", input: LONG });
  const row = await booked(key);
  expect(row).toMatchObject({ input_tokens: BETWEEN(49_000, 52_000), estimated: true, unpriced: false });
  expect(Number(row?.cost_usd)).toBeGreaterThan(0.006);
});

describe("a model without a known price", () => {
  test("is charged at the dearest of its family and flagged, so that a budget holds", async () => {
    const key = await relay.makeKey({ daily_cost_limit_usd: "0.001" });
    relay.upstream.behave(answering(messages.wholeMessage("ok")));
    expect((await relay.messages(key.api_key, { model: "claude-opus-99" })).status).toBe(200);
    const row = await booked(key);
    expect(row).toMatchObject({ ...messages.BOOKED, unpriced: true });
    // claude-opus at its dearest, per million: input $15, write 5 m $18.75 and 1 h $30, read $1.50, output $75.
    expect(row?.cost_usd).toBe("0.0053025");
    expect((await relay.messages(key.api_key, { model: "claude-opus-99" })).status).toBeGreaterThanOrEqual(400);
  });

  test("is refused where the key says so, and nobody upstream is asked", async () => {
    const key = await relay.makeKey({ unpriced: "refuse" });
    relay.upstream.behave(answering(messages.wholeMessage("ok")));
    const answer = await relay.messages(key.api_key, { model: "claude-opus-99" });
    expect([answer.status, relay.upstream.received.length]).toEqual([404, 0]);
    expect(await answer.text()).toContain("knows no price");
    expect((await relay.messages(key.api_key)).status).toBe(200);
  });

  test("whose price is set is corrected down, and the budget has room again", async () => {
    const key = await relay.makeKey({ daily_cost_limit_usd: "0.001" });
    relay.upstream.behave(answering(messages.wholeMessage("ok")));
    await (await relay.messages(key.api_key, { model: "claude-sonnet-77" })).text();
    await booked(key);
    await relay.admin("PUT", "/admin/prices/claude-sonnet-77", { input: "0.001", output: "0.001" });
    const [row] = await relay.rows(key.id, 1);
    expect(row).toMatchObject({ unpriced: false });
    expect(Number(row?.cost_usd)).toBeLessThan(0.000001);
    expect((await relay.report(key.id)).day.costNanos).toBeLessThan(1_000);
    expect((await relay.messages(key.api_key, { model: "claude-sonnet-77" })).status).toBe(200);
  });
});

describe("parallel requests near the end of a budget", () => {
  const six = async (body: Record<string, unknown>) => {
    const key = await relay.makeKey({ total_cost_limit_usd: "0.30" });
    relay.upstream.behave({ ...answering(messages.wholeMessage("ok")), silentMs: 500 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => relay.messages(key.api_key, body)));
    return answers.filter(({ status }) => status === 200).length;
  };

  test("that refer to files are admitted one at a time: a file can fill the whole context window", async () => {
    const source = { type: "file", file_id: "file_1" };
    expect(await six({ max_tokens: 16, messages: [{ role: "user", content: [{ type: "document", source }] }] })).toBe(
      1,
    );
  });

  test("that let the provider search are admitted one at a time", async () => {
    expect(await six({ max_tokens: 16, tools: [{ type: "web_search_20250305", name: "web_search" }] })).toBe(1);
  });

  test("that are bounded by their body go side by side", async () => {
    expect(await six({ max_tokens: 16 })).toBe(6);
  });
});
