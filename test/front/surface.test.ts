/** Where the relay answers, to whom, and in which words. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let key: { id: string; api_key: string };
beforeAll(async () => {
  await relay.start();
  key = await relay.makeKey();
});
afterAll(() => relay.stop());

const JSON_TYPE = { "content-type": "application/json" };
const WHOLE = { headers: JSON_TYPE, chunks: [wholeMessage("ok")] };
const POST = { method: "POST", body: '{"model":"m","messages":[]}' };

describe("paths", () => {
  test.each([
    "/v1/messages",
    "/api/v1/messages",
    "/claude/v1/messages",
    "/v1/messages/",
    "//v1//messages",
    "/v1/v1/messages",
    "/api//v1/messages",
    "/claude/v1/v1/messages",
  ])("%s is Messages", async (path) => {
    relay.upstream.behave(WHOLE);
    const response = await relay.messages(key.api_key, {}, { path: `${path}?beta=true` });
    expect(response.status).toBe(200);
    expect(relay.upstream.received[0]?.url).toBe("/v1/messages?beta=true");
  });

  test("count_tokens passes beside a full concurrency limit and books nothing", async () => {
    const own = await relay.makeKey({ concurrency_limit: 1 });
    const counted = Promise.withResolvers<void>();
    relay.upstream.behave(({ url }) =>
      url.includes("count_tokens")
        ? { headers: JSON_TYPE, chunks: ['{"input_tokens":7}'] }
        : { ...WHOLE, until: counted.promise },
    );
    const running = relay.messages(own.api_key);
    await expect.poll(() => relay.upstream.received.length, { timeout: 60_000 }).toBe(1);
    const counts = await Promise.all(
      Array.from({ length: 13 }, () =>
        relay.messages(own.api_key, {}, { path: "/api/v1/messages/count_tokens?beta=true" }),
      ),
    );
    for (const response of counts) expect(await response.json()).toEqual({ input_tokens: 7 });
    counted.resolve();
    expect((await running).status).toBe(200);
    expect(await relay.rows(own.id, 1)).toHaveLength(1);
  });

  test("models come from the upstream, query and all", async () => {
    relay.upstream.behave({ headers: JSON_TYPE, chunks: ['{"data":[],"has_more":false}'] });
    const response = await relay.fetch("/api/v1/models?limit=1000", {
      headers: { authorization: `Bearer ${key.api_key}` },
    });
    expect(await response.json()).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
    expect(relay.upstream.received[0]?.url).toBe("/v1/models?limit=1000");
  });

  test.each(["/api/hello", "/api/api/hello"])("HEAD %s needs no key", async (path) => {
    expect((await relay.fetch(path, { method: "HEAD" })).status).toBe(200);
  });

  test.each(["/api/event_logging/batch", "/api/api/event_logging/batch"])("POST %s needs no key", async (path) => {
    expect((await relay.fetch(path, POST)).status).toBe(200);
  });

  test("an unknown path is a native 404, not a page", async () => {
    const response = await relay.fetch("/v1/nothing", POST);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });
  });

  test("the root leads to the console", async () => {
    const response = await relay.fetch("/", { redirect: "manual" });
    expect([response.status, new URL(response.headers.get("location") ?? "").pathname]).toEqual([302, "/web/"]);
  });
});

describe("keys", () => {
  const places: [string, (value: string) => { headers?: Record<string, string>; query?: string }][] = [
    ["x-api-key", (value) => ({ headers: { "x-api-key": value } })],
    ["Authorization: Bearer", (value) => ({ headers: { authorization: `Bearer ${value}` } })],
    ["x-goog-api-key", (value) => ({ headers: { "x-goog-api-key": value } })],
    ["api-key", (value) => ({ headers: { "api-key": value } })],
    ["?key=", (value) => ({ query: `?key=${value}` })],
  ];

  test.each(places)("is taken from %s", async (_, place) => {
    relay.upstream.behave(WHOLE);
    const { headers = {}, query = "" } = place(key.api_key);
    expect((await relay.fetch(`/v1/messages${query}`, { ...POST, headers })).status).toBe(200);
  });

  test("two places are fine when they agree, 401 when they do not", async () => {
    relay.upstream.behave(WHOLE);
    const other = await relay.makeKey();
    const send = (bearer: string) =>
      relay.fetch("/v1/messages", {
        ...POST,
        headers: { "x-api-key": key.api_key, authorization: `Bearer ${bearer}` },
      });
    expect((await send(key.api_key)).status).toBe(200);
    expect((await send("eyJhbGciOi.not-ours")).status).toBe(200);
    expect((await send(other.api_key)).status).toBe(401);
  });

  test.each([
    ["missing", ""],
    ["forged", `cr_${"ab".repeat(32)}`],
    ["of another kind", "sk-ant-api03-something"],
  ])("a key that is %s is 401 authentication_error, not to be retried", async (_, value) => {
    const response = await relay.messages(value);
    expect(response.status).toBe(401);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await response.json()).toMatchObject({
      type: "error",
      error: { type: "authentication_error" },
      request_id: response.headers.get("x-request-id"),
    });
  });

  test("a damaged key is refused", async () => {
    const damaged = key.api_key.slice(0, -1) + (key.api_key.endsWith("0") ? "1" : "0");
    expect((await relay.messages(damaged)).status).toBe(401);
  });

  test("disabling, deleting and restoring take effect on the very next request", async () => {
    const own = await relay.makeKey();
    relay.upstream.behave(WHOLE);
    const status = async () => (await relay.messages(own.api_key)).status;
    expect(await status()).toBe(200);
    await relay.admin("PATCH", `/admin/api-keys/${own.id}`, { enabled: false });
    expect(await status()).toBe(401);
    await relay.admin("PATCH", `/admin/api-keys/${own.id}`, { enabled: true });
    expect(await status()).toBe(200);
    await relay.admin("DELETE", `/admin/api-keys/${own.id}`);
    expect(await status()).toBe(401);
    await relay.admin("POST", `/admin/api-keys/${own.id}/restore`);
    expect(await status()).toBe(200);
  });
});

describe("bad input", () => {
  test.each([
    ["malformed JSON", '{"model":"m","messages":[', 400, "invalid_request_error"],
    ["no JSON", "hello", 400, "invalid_request_error"],
    ["an array", "[]", 400, "invalid_request_error"],
    ["an empty body", "", 400, "invalid_request_error"],
    ["a missing model", '{"messages":[]}', 400, "invalid_request_error"],
    ["a model that is no string", '{"model":5}', 400, "invalid_request_error"],
    ["an empty model", '{"model":""}', 400, "invalid_request_error"],
  ])("%s is a clear 4xx that never reaches the upstream", async (_, body, status, type) => {
    relay.upstream.behave(WHOLE);
    const response = await relay.messages(key.api_key, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: "error", error: { type } });
    expect(relay.upstream.received).toHaveLength(0);
  });

  test("a body of 101 MB is 413, as soon as it is announced", async () => {
    const headers = { "x-api-key": key.api_key, "content-length": 101_000_000 };
    const asking = request(`${relay.url}/v1/messages`, { method: "POST", headers });
    asking.flushHeaders();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    expect(JSON.parse(await text(response))).toMatchObject({ type: "error", error: { type: "request_too_large" } });
    asking.destroy();
  });

  test("an unknown content-encoding is 415, damaged data 400", async () => {
    const send = (encoding: string) => relay.messages(key.api_key, "{}", { headers: { "content-encoding": encoding } });
    expect((await send("snappy")).status).toBe(415);
    expect((await send("gzip")).status).toBe(400);
    expect((await send("zstd")).status).toBe(400);
  });

  test("a bomb is 413, not a crash", async () => {
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.alloc(60_000_000, 0x20));
    const response = await relay.messages(key.api_key, bomb, { headers: { "content-encoding": "gzip" } });
    expect(response.status).toBe(413);
  });
});
