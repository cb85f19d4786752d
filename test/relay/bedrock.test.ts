/**
 * An account at Bedrock through the Worker's own door: what is sent and signed, what clients of every format get of its event stream,
 * and how requests end.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { signatureHeaders } from "../../src/providers/bedrock/sigv4.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { readAll } from "../front/endings.ts";
import { streamOf } from "../front/messages.ts";
import { chunkFrame, eventsOf, exceptionFrame, joined, sseOf, streamFrames } from "../providers/bedrock/frames.ts";
import {
  type Asked,
  ask,
  asked,
  type Behaviour,
  behave,
  leasesFreed,
  makeAccount,
  makeKey,
  removeAccounts,
  report,
  rows,
  until,
} from "./relay-in-process.ts";

const KEYS = {
  aws_access_key_id: "ASIAIOSFODNN7EXAMPLE",
  aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  aws_session_token: "session-token-of-the-test/+=",
  aws_region: "eu-central-1",
};
const HOST = "bedrock-runtime.eu-central-1.amazonaws.com";
const ID = "eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const FRAMES = { "content-type": "application/vnd.amazon.eventstream" };
const JSON_TYPE = { "content-type": "application/json" };
const WORDS = "Hello, 世界";
const WHOLE = {
  id: "msg_bdrk_01Test",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5-20250929",
  content: [{ type: "text", text: WORDS }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 12, cache_creation_input_tokens: 3, cache_read_input_tokens: 7, output_tokens: 5 },
};
/** What each of them is booked as. */
const BOOKED = { input_tokens: 12, cache_write_5m_tokens: 3, cache_read_tokens: 7, output_tokens: 5 };

let account: { id: string };
let key: { id: string; key: string };

/** As Bedrock answers: frames where they are asked for, whole where not. */
function bedrock({ url }: Asked): Behaviour {
  return url.endsWith("/invoke-with-response-stream")
    ? { headers: FRAMES, chunks: streamFrames(WORDS) }
    : { headers: JSON_TYPE, chunks: [JSON.stringify(WHOLE)] };
}

beforeAll(async () => {
  await removeAccounts();
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    ...{ name: "cloud", platform: "anthropic", kind: "bedrock", max_concurrency: 5, priority: 1 },
    ...KEYS,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  account = body;
});
beforeEach(async () => {
  behave(bedrock);
  key = await makeKey({ concurrency_limit: 1 });
  await asAdmin("POST", `/admin/accounts/${account.id}/reset`);
  forgetSnapshot();
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await removeAccounts();
  forgetSnapshot();
});

/** The only row of the key, its lease free. */
async function row(): Promise<Record<string, unknown>> {
  await leasesFreed(key.id);
  const found = await rows(key.id);
  expect(found).toHaveLength(1);
  expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 1 } });
  return found[0] ?? {};
}

describe("what is sent", () => {
  test("is an invocation, signed, with nothing of the client's but its body and its name", async () => {
    const headers = {
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "context-1m-2025-08-07,claude-code-20250219",
      "x-app": "cli",
      "user-agent": "claude-cli/2.1",
    };
    const response = await ask(key.key, { path: "/v1/messages?beta=true", headers, body: { service_tier: "auto" } });
    expect(response.headers.get("x-edge-relay-dropped")).toBe("service_tier, anthropic-beta: claude-code-20250219");
    await response.text();
    const [sent] = asked;
    expect(sent?.url).toBe(`https://${HOST}/model/${ID}/invoke-with-response-stream`);
    expect(JSON.parse(sent?.body ?? "")).toEqual({
      anthropic_version: "bedrock-2023-05-31",
      anthropic_beta: ["context-1m-2025-08-07"],
      max_tokens: 100,
      messages: [{ role: "user", content: "hello" }],
    });
    expect([...(sent?.headers.keys() ?? [])].sort()).toEqual([
      ...["accept", "accept-encoding", "authorization", "content-type", "user-agent"],
      ...["x-amz-date", "x-amz-security-token"],
    ]);
  });

  test("has the signature of what arrives", async () => {
    await (await ask(key.key)).text();
    const [sent] = asked;
    const time = sent?.headers.get("x-amz-date") ?? "";
    const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
    const keys = {
      accessKeyId: KEYS.aws_access_key_id,
      secretAccessKey: KEYS.aws_secret_access_key,
      sessionToken: KEYS.aws_session_token,
    };
    const { pathname, host } = new URL(sent?.url ?? "");
    const body = new TextEncoder().encode(sent?.body);
    const scope = { region: "eu-central-1", service: "bedrock" };
    const { authorization } = await signatureHeaders({ method: "POST", host, path: pathname, body }, keys, scope, at);
    expect(sent?.headers.get("authorization")).toBe(authorization);
    expect(authorization).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token,");
  });

  test("goes to the id that the account maps to, also an ARN", async () => {
    const arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3";
    await asAdmin("PATCH", `/admin/accounts/${account.id}`, { model_mapping: { "claude-opus-9": arn } });
    forgetSnapshot();
    await (await ask(key.key, { body: { model: "claude-opus-9", stream: false } })).text();
    expect(asked[0]?.url).toBe(`https://${HOST}/model/${encodeURIComponent(arn)}/invoke`);
    await asAdmin("PATCH", `/admin/accounts/${account.id}`, { model_mapping: {} });
  });

  test("is nothing for a name that would lead elsewhere", async () => {
    const response = await ask(key.key, { body: { model: ".." } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });
    expect(asked).toHaveLength(0);
  });
});

describe("a client of the Messages API", () => {
  test("gets the stream as the API would have written it, and it is booked", async () => {
    const response = await ask(key.key);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(await response.text()).toBe(sseOf(eventsOf(WORDS)));
    expect(await row()).toMatchObject({ ...BOOKED, status: 200, outcome: "completed", estimated: 0, unpriced: 0 });
  });

  test("gets the same from bytes that come one by one", async () => {
    const bytes = [...joined(streamFrames(WORDS))].map((byte) => Uint8Array.of(byte));
    behave({ headers: FRAMES, chunks: bytes });
    expect(await (await ask(key.key)).text()).toBe(sseOf(eventsOf(WORDS)));
    expect(await row()).toMatchObject({ ...BOOKED, outcome: "completed" });
  });

  test("gets a whole answer as it is, and it is booked", async () => {
    const response = await ask(key.key, { body: { stream: false } });
    expect(await response.text()).toBe(JSON.stringify(WHOLE));
    expect(await row()).toMatchObject({ ...BOOKED, status: 200, outcome: "completed" });
  });

  test("gets a refusal of its request in the API's form, at once", async () => {
    const headers = { ...JSON_TYPE, "x-amzn-errortype": "ValidationException:http://internal.amazon.com/" };
    behave({ status: 400, headers, chunks: ['{"message":"max_tokens: too large"}'] });
    const response = await ask(key.key);
    expect(response.status).toBe(400);
    expect(response.headers.get("x-amzn-errortype")).toBeNull();
    expect(await response.json()).toEqual({
      type: "error",
      error: { type: "invalid_request_error", message: "max_tokens: too large" },
    });
    expect(await row()).toMatchObject({ outcome: "refused" });
  });

  test("has its tokens counted by Bedrock", async () => {
    behave({ headers: JSON_TYPE, chunks: ['{"inputTokens":42}'] });
    const response = await ask(key.key, {
      path: "/v1/messages/count_tokens",
      body: { stream: undefined, max_tokens: undefined },
    });
    expect(await response.json()).toEqual({ input_tokens: 42 });
    expect(asked[0]?.url).toBe(`https://${HOST}/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens`);
  });

  test("gets an estimate where Bedrock does not count for the model", async () => {
    const headers = { ...JSON_TYPE, "x-amzn-errortype": "ValidationException" };
    behave({ status: 400, headers, chunks: ['{"message":"The provided model doesn\'t support counting tokens."}'] });
    const response = await ask(key.key, { path: "/v1/messages/count_tokens", body: { stream: undefined } });
    expect(response.headers.get("x-edge-relay-estimated")).toBe("true");
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
  });
});

describe("another account answers", () => {
  let other: { id: string; origin: string };
  beforeAll(async () => {
    other = await makeAccount({ priority: 900 });
  });
  afterAll(() => asAdmin("DELETE", `/admin/accounts/${other.id}`));

  const failing = (fault: Behaviour) =>
    behave(({ url }) => (url.startsWith(other.origin) ? { chunks: streamOf(["other"]) } : fault));
  const error = (status: number, type: string): Behaviour => ({
    ...{ status, headers: { ...JSON_TYPE, "x-amzn-errortype": type }, chunks: ['{"message":"words"}'] },
  });

  test.each([
    [
      "an exception for an answer",
      { headers: FRAMES, chunks: [exceptionFrame("throttlingException")] },
      "rate_limited",
    ],
    [
      "an exception behind what only announces one",
      { headers: FRAMES, chunks: [...streamFrames(WORDS).slice(0, 1), exceptionFrame("modelStreamErrorException")] },
      "server_error",
    ],
    ["a stream that ends before output", { headers: FRAMES, chunks: streamFrames(WORDS).slice(0, 1) }, "ended_early"],
    ["a throttled request", error(429, "ThrottlingException"), "rate_limited"],
    ["a key that is refused", error(403, "UnrecognizedClientException"), "key_refused"],
    ["a model that is not loaded", error(429, "ModelNotReadyException"), "unavailable"],
    ["a model that failed", error(424, "ModelErrorException"), "server_error"],
  ])("for %s", async (_, fault: Behaviour, condition) => {
    failing(fault);
    const response = await ask(key.key);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(streamOf(["other"]).join(""));
    const attempts = JSON.parse(String((await row()).attempts));
    expect(attempts).toMatchObject([
      { account_id: account.id, error: condition },
      { account_id: other.id, error: null },
    ]);
  });

  test("for a frame that is damaged before there was output", async () => {
    const [frame = new Uint8Array()] = streamFrames(WORDS);
    failing({ headers: FRAMES, chunks: [frame.map((byte, at) => (at === 40 ? byte ^ 1 : byte))] });
    expect(await (await ask(key.key)).text()).toBe(streamOf(["other"]).join(""));
  });
});

describe("a stream ends", () => {
  test("with an exception behind its output: the client is told in the API's words", async () => {
    behave({
      headers: FRAMES,
      chunks: [...streamFrames(WORDS).slice(0, 3), exceptionFrame("modelStreamErrorException", "gone")],
    });
    const { text } = await readAll(await ask(key.key));
    expect(text).toBe(
      `${sseOf(eventsOf(WORDS).slice(0, 3))}event: error\ndata: {"type":"error","error":{"type":"api_error","message":"gone"}}\n\n`,
    );
    expect(await row()).toMatchObject({ outcome: "upstream_broke" });
  });

  test("in the middle of a frame: what came is passed on, an error follows, and the connection breaks", async () => {
    const frames = streamFrames(WORDS);
    behave({ headers: FRAMES, chunks: [...frames.slice(0, 3), frames[3]?.slice(0, 30) ?? ""] });
    const { text, broke } = await readAll(await ask(key.key));
    expect(text.startsWith(sseOf(eventsOf(WORDS).slice(0, 3)))).toBe(true);
    expect(text).toContain("event: error\n");
    expect(text).not.toContain("message_stop");
    expect(broke).toBe(true);
    expect(await row()).toMatchObject({ outcome: "upstream_broke" });
  });

  test("behind a frame that is damaged: nothing of it reaches the client", async () => {
    const frames = streamFrames(WORDS);
    const rest = joined(frames.slice(3));
    rest[rest.length - 10] = (rest[rest.length - 10] ?? 0) ^ 1;
    behave({ headers: FRAMES, chunks: [...frames.slice(0, 3), rest] });
    const { text, broke } = await readAll(await ask(key.key));
    expect(text).not.toContain("message_stop");
    expect(broke).toBe(true);
    expect(await row()).toMatchObject({ outcome: "upstream_broke" });
  });

  test("early, between frames: that is no end", async () => {
    behave({ headers: FRAMES, chunks: streamFrames(WORDS).slice(0, 4) });
    const { text } = await readAll(await ask(key.key));
    expect(text).toContain("event: error\n");
    expect(await row()).toMatchObject({ outcome: "upstream_broke" });
  });

  test("with the client, who hangs up: the connection is closed and what was used is booked", async () => {
    behave({ headers: FRAMES, chunks: [...streamFrames(WORDS).slice(0, 3)], ending: "hang" });
    const leaving = new AbortController();
    const response = await ask(key.key, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await until(() => asked[0]?.over === "closed");
    expect(await row()).toMatchObject({ status: 499, outcome: "client_left", input_tokens: 12 });
  });
});

describe("a client of another format", () => {
  const hello = [{ role: "user", content: "hello" }];
  const CLIENTS: [name: string, path: string, body: Record<string, unknown>][] = [
    ["Chat", "/v1/chat/completions", { messages: hello }],
    ["Responses", "/v1/responses", { input: hello, messages: undefined, max_tokens: undefined }],
    [
      "Gemini",
      "/v1beta/models/claude-sonnet-4-5:streamGenerateContent?alt=sse",
      {
        contents: [{ role: "user", parts: [{ text: "hello" }] }],
        messages: undefined,
        model: undefined,
        stream: undefined,
        max_tokens: undefined,
      },
    ],
  ];

  test.each(CLIENTS)("of %s gets a stream of its own", async (_, path, body) => {
    const response = await ask(key.key, { path, body });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(text).toContain(WORDS);
    expect(text).not.toContain("message_start");
    const [sent] = asked;
    expect(sent?.url).toBe(`https://${HOST}/model/${ID}/invoke-with-response-stream`);
    expect(JSON.parse(sent?.body ?? "")).toMatchObject({
      anthropic_version: "bedrock-2023-05-31",
      max_tokens: expect.any(Number),
    });
    expect(sent?.headers.get("anthropic-version")).toBeNull();
    expect(await row()).toMatchObject({ ...BOOKED, outcome: "completed" });
  });

  test("gets Bedrock's refusal in its own form", async () => {
    const headers = { ...JSON_TYPE, "x-amzn-errortype": "ValidationException" };
    behave({ status: 400, headers, chunks: ['{"message":"too large"}'] });
    const response = await ask(key.key, { path: "/v1/chat/completions", body: { stream: false } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("too large") } });
  });
});

test("a check of the account asks Bedrock, and a message never repeats a secret", async () => {
  const path = `/admin/accounts/${account.id}/test?stream=false`;
  const checked = await asAdmin("POST", path, {});
  expect(checked, JSON.stringify(checked.body)).toMatchObject({ status: 200, body: { ok: true } });
  expect(asked[0]?.url).toBe(
    `https://${HOST}/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke-with-response-stream`,
  );
  const message = `The Canonical String should have been 'x-amz-security-token:${KEYS.aws_session_token}'`;
  const headers = { ...JSON_TYPE, "x-amzn-errortype": "InvalidSignatureException" };
  behave({ status: 403, headers, chunks: [JSON.stringify({ message })] });
  const refused = await asAdmin("POST", path, {});
  expect(refused.body).toMatchObject({ ok: false, results: [{ condition: "key_refused" }] });
  expect(JSON.stringify(refused.body)).not.toContain(KEYS.aws_session_token);
});

test("an answer in pieces of an event is that event", async () => {
  behave({
    headers: FRAMES,
    chunks: [
      chunkFrame({ type: "ping" }).slice(0, 20),
      5,
      chunkFrame({ type: "ping" }).slice(20),
      ...streamFrames(WORDS),
    ],
  });
  expect(await (await ask(key.key)).text()).toBe(sseOf([{ type: "ping" }, ...eventsOf(WORDS)]));
});
