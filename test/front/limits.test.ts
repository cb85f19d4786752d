/** Limits under real parallel requests: what is promised to whoever hands a key to a friend. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_USAGE, usageView } from "../../src/vocabulary.ts";
import { BOOKED, streamOf, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
beforeAll(() => relay.start());
afterAll(() => relay.stop());

const WHOLE = { headers: { "content-type": "application/json" }, chunks: [wholeMessage("ok")] };
/**
 * What one answer of `messages.ts` costs as claude-sonnet-4-5 (per million: input $3, write 5 m $3.75, write 1 h $6,
 * read $0.30, output $15): 12 × 3000 + 10 × 3750 + 20 × 6000 + 40 × 300 + 57 × 15000 nano-dollars.
 */
const COST_NANOS = 36_000 + 37_500 + 120_000 + 12_000 + 855_000;

async function statuses(count: number, send: () => Promise<Response>): Promise<Record<number, number>> {
  const responses = await Promise.all(Array.from({ length: count }, send));
  const counted: Record<number, number> = {};
  for (const response of responses) {
    counted[response.status] = (counted[response.status] ?? 0) + 1;
    await response.text();
  }
  return counted;
}

test("100 parallel requests on a concurrency limit of 5: never more than 5 upstream, all leases free afterwards", async () => {
  const key = await relay.makeKey({ concurrency_limit: 5 });
  relay.upstream.behave({ ...WHOLE, silentMs: 200 });
  const counted = await statuses(100, () => relay.messages(key.api_key));
  expect(counted[200]).toBeGreaterThanOrEqual(5);
  expect(relay.upstream.mostOpen).toBeLessThanOrEqual(5);
  expect((counted[200] ?? 0) + (counted[429] ?? 0)).toBe(100);
  await relay.rows(key.id, counted[200] ?? 0);
  expect((await relay.report(key.id)).leases).toEqual([]);
});

test("200 parallel requests on a window of 20: exactly 20 pass", async () => {
  const key = await relay.makeKey({ rate_limit_window_minutes: 5, rate_limit_requests: 20 });
  relay.upstream.behave(WHOLE);
  expect(await statuses(200, () => relay.messages(key.api_key))).toEqual({ 200: 20, 429: 180 });
});

test("50 parallel requests on a daily limit that is one request away: one passes", async () => {
  const key = await relay.makeKey({ daily_cost_limit_usd: "0.000001" });
  relay.upstream.behave({ ...WHOLE, silentMs: 200 });
  const counted = await statuses(50, () => relay.messages(key.api_key));
  expect(counted).toEqual({ 200: 1, 429: 49 });
  const after = await relay.messages(key.api_key);
  expect(after.status).toBe(429);
  expect(await after.json()).toMatchObject({
    error: { type: "billing_error", message: expect.stringContaining("daily") },
  });
});

test("requests wait for a lease where the key allows it, and none is refused", async () => {
  const key = await relay.makeKey({ concurrency_limit: 2, queue_size: 10, queue_timeout_seconds: 20 });
  relay.upstream.behave({ ...WHOLE, silentMs: 50 });
  expect(await statuses(12, () => relay.messages(key.api_key))).toEqual({ 200: 12 });
  expect(relay.upstream.mostOpen).toBeLessThanOrEqual(2);
});

test("the price of an answer is exact to the nano-dollar, in the row, the report and the key holder's view", async () => {
  const key = await relay.makeKey();
  relay.upstream.behave({ chunks: streamOf(["hi"]) });
  await (await relay.messages(key.api_key, { stream: true })).text();
  const [row] = await relay.rows(key.id, 1);
  expect(row).toMatchObject({ ...BOOKED, cost_usd: "0.0010605", unpriced: false });
  expect((await relay.report(key.id)).totals.costNanos).toBe(COST_NANOS);
  const usage = await relay.fetch("/api/usage", { headers: { "x-api-key": key.api_key } });
  expect(await usage.json()).toMatchObject({ requests: 1, ...BOOKED, cost_usd: "0.0010605" });
});

test("a key's multiplier applies to what it pays", async () => {
  const key = await relay.makeKey({ cost_multiplier: "1.5" });
  relay.upstream.behave(WHOLE);
  await relay.messages(key.api_key);
  await relay.rows(key.id, 1);
  expect((await relay.report(key.id)).totals.costNanos).toBe((COST_NANOS * 3) / 2);
});

test("an unknown model is booked with its tokens, charged provisionally and flagged", async () => {
  const key = await relay.makeKey();
  relay.upstream.behave(WHOLE);
  await relay.messages(key.api_key, { model: "claude-nobody-knows-9" });
  const [row] = await relay.rows(key.id, 1);
  expect(row).toMatchObject({ ...BOOKED, unpriced: true });
  expect(Number(row?.cost_usd)).toBeGreaterThan(0.001);
});

describe("what a key holder sees", () => {
  test("each limit, what is used of it, and when it resets", async () => {
    const key = await relay.makeKey({ daily_cost_limit_usd: 1, token_limit: 1000, concurrency_limit: 3 });
    relay.upstream.behave(WHOLE);
    await relay.messages(key.api_key);
    await relay.rows(key.id, 1);
    const response = await relay.fetch("/api/usage/quota", { headers: { authorization: `Bearer ${key.api_key}` } });
    expect(await response.json()).toMatchObject({
      expires_at: null,
      limits: [
        { name: "concurrency", limit: 3, used: 0, remaining: 3, resets_at: null },
        { name: "daily_cost_usd", limit: "1", used: "0.0010605", remaining: "0.9989395", resets_at: /T00:00:00/ },
        { name: "total_tokens", limit: 1000, used: 139, remaining: 861, resets_at: null },
      ].map((limit) => (limit.resets_at ? { ...limit, resets_at: expect.stringMatching(limit.resets_at) } : limit)),
    });
  });

  test("the days, newest first", async () => {
    const key = await relay.makeKey();
    relay.upstream.behave(WHOLE);
    await relay.messages(key.api_key);
    await relay.rows(key.id, 1);
    const response = await relay.fetch("/api/usage/daily", { headers: { "x-api-key": key.api_key } });
    const today = new Date().toISOString().slice(0, 10);
    expect(await response.json()).toEqual({
      from: expect.stringMatching(/T00:00:00.000Z$/),
      to: expect.stringContaining(today),
      items: [{ date: today, requests: 1, ...usageView(NO_USAGE), ...BOOKED, cost_usd: "0.0010605" }],
    });
  });

  test("the models by what they cost, and the requests themselves, without who served them", async () => {
    const key = await relay.makeKey();
    relay.upstream.behave(WHOLE);
    await relay.messages(key.api_key);
    const headers = { "x-api-key": key.api_key };
    const models = await relay.fetch("/api/usage/models", { headers });
    const sums = { requests: 1, ...usageView(NO_USAGE), ...BOOKED, cost_usd: "0.0010605" };
    expect(await models.json()).toMatchObject({ items: [{ model: "claude-sonnet-4-5", ...sums }] });
    const log = await (await relay.fetch("/api/usage/requests", { headers })).text();
    expect(JSON.parse(log)).toMatchObject({
      items: [{ model: "claude-sonnet-4-5", status: 200, outcome: "completed", ...BOOKED, cost_usd: "0.0010605" }],
      next_cursor: null,
    });
    const { items } = await relay.admin<{ items: { id: string; name: string; base_url: string }[] }>(
      "GET",
      "/admin/accounts",
    );
    for (const { id, name, base_url } of items) {
      for (const secret of [id, `"${name}"`, base_url]) expect(log).not.toContain(secret);
    }
  });

  test("the key's name and how it stands, with an expired one too", async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const key = await relay.makeKey({ name: "Bob's laptop", expires_at: soon });
    const headers = { "x-api-key": key.api_key };
    const read = async () => (await relay.fetch("/api/usage/quota", { headers })).json();
    expect(await read()).toMatchObject({ name: "Bob's laptop", state: "active", expires_at: soon });
    const past = new Date(Date.now() - 1_000).toISOString();
    await relay.admin("PATCH", `/admin/api-keys/${key.id}`, { expires_at: past });
    expect(await read()).toMatchObject({ state: "expired", state_until: null, expires_at: past });
  });

  test.each([
    ["no key", () => undefined, "key_missing"],
    ["a key that no relay has made", () => `cr_${"0".repeat(64)}`, "key_invalid"],
    ["a disabled key", async () => (await relay.makeKey({ enabled: false })).api_key, "key_disabled"],
    ["a deleted key", deletedKey, "key_unknown"],
    [
      "a key from a wrong address",
      async () => (await relay.makeKey({ allowed_ips: ["192.0.2.1"] })).api_key,
      "ip_denied",
    ],
  ])("why not, by a name that a page can put into words: %s", async (_name, make, reason) => {
    const apiKey = await make();
    const response = await relay.fetch("/api/usage/quota", { headers: apiKey ? { "x-api-key": apiKey } : {} });
    expect(response.headers.get("x-edge-relay-refusal")).toBe(reason);
    expect(response.status).toBe(reason === "ip_denied" ? 403 : 401);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("nothing without a key, or with a disabled one", async () => {
    const key = await relay.makeKey({ enabled: false });
    expect((await relay.fetch("/api/usage")).status).toBe(401);
    expect((await relay.fetch("/api/usage", { headers: { "x-api-key": key.api_key } })).status).toBe(401);
  });
});

async function deletedKey(): Promise<string> {
  const key = await relay.makeKey();
  await relay.admin("DELETE", `/admin/api-keys/${key.id}`);
  return key.api_key;
}

describe("a refusal, as the official SDK reads it", () => {
  type Expected = { status: number; name: string; type: string; says: string; retryAfter?: boolean };
  const cases: [string, Record<string, unknown>, Expected][] = [
    ["requests per window", { rate_limit_window_minutes: 1, rate_limit_requests: 1 }, later("1 request per 1 minute")],
    ["tokens per window", { rate_limit_window_minutes: 1, rate_limit_tokens: 100 }, later("100 tokens per 1 minute")],
    ["cost per window", { rate_limit_window_minutes: 1, rate_limit_cost_usd: "0.001" }, later("$0.001 per 1 minute")],
    ["cost per day", { daily_cost_limit_usd: "0.001" }, spent("daily limit of $0.001")],
    ["cost per week", { weekly_cost_limit_usd: "0.001" }, spent("weekly limit of $0.001")],
    ["total cost", { total_cost_limit_usd: "0.001" }, spent("total limit of $0.001")],
    ["total tokens", { token_limit: 139 }, spent("139 tokens")],
    ["a denied model", { denied_models: ["*sonnet*"] }, unknown("claude-sonnet-4-5")],
    ["a model that is not allowed", { allowed_models: ["claude-opus-*"] }, unknown("claude-sonnet-4-5")],
    ["another platform", { permissions: ["gemini"] }, denied("anthropic")],
    ["another client", { allowed_clients: ["codex"] }, denied("anthropic_sdk")],
    ["another address", { allowed_ips: ["203.0.113.0/24"] }, denied("address")],
    ["an expired key", { expires_at: "2020-01-01T00:00:00Z" }, { ...auth("expired at 2020-01-01") }],
  ];

  function later(says: string): Expected {
    return { status: 429, name: "RateLimitError", type: "rate_limit_error", says, retryAfter: true };
  }
  function spent(says: string): Expected {
    return { status: 429, name: "RateLimitError", type: "billing_error", says };
  }
  function unknown(says: string): Expected {
    return { status: 404, name: "NotFoundError", type: "not_found_error", says };
  }
  function denied(says: string): Expected {
    return { status: 403, name: "PermissionDeniedError", type: "permission_error", says };
  }
  function auth(says: string): Expected {
    return { status: 401, name: "AuthenticationError", type: "authentication_error", says };
  }

  test.each(cases)("%s", async (_, limits, expected) => {
    const key = await relay.makeKey(limits);
    relay.upstream.behave(WHOLE);
    const client = new Anthropic({ apiKey: key.api_key, baseURL: relay.url, maxRetries: 0 });
    const message = {
      model: "claude-sonnet-4-5",
      max_tokens: 10,
      messages: [{ role: "user" as const, content: "hi" }],
    };
    const error = await (async () => {
      for (let attempt = 0; attempt < 3; attempt++) await client.messages.create(message);
    })().catch((caught: unknown) => caught);
    if (!(error instanceof Anthropic.APIError)) throw new Error(`no API error: ${error}`);
    expect(error.constructor.name).toBe(expected.name);
    expect(error.status).toBe(expected.status);
    expect(error.error).toMatchObject({ error: { type: expected.type } });
    expect(error.message).toContain(expected.says);
    const retryAfter = Number(error.headers?.get("retry-after") ?? 0);
    if (!expected.retryAfter) return;
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(60);
  });
});
