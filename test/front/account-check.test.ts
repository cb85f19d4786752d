/** `POST /admin/accounts/{id}/test`: a small real request, and what it shows in plain words. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type {
  AccountCheckView,
  AccountHealthView,
  AccountView,
  KeyCheckView,
  LimitedAccountView,
} from "../../src/admin/accounts/schema.ts";
import { type Behaviour, FakeUpstream } from "./fake-upstream.ts";
import { errorOf, event, streamOf, USED, wholeMessage } from "./messages.ts";
import { type Member, poolOf, stopAll } from "./pool.ts";
import { ADMIN_PASSWORD, RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let members: Member[] = [];
let token = "";
beforeAll(async () => {
  await relay.start();
  const login = await relay.fetch("/admin/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password: ADMIN_PASSWORD }),
  });
  token = ((await login.json()) as { access_token: string }).access_token;
});
afterEach(() => stopAll(members));
afterAll(() => relay.stop());

const JSON_TYPE = { "content-type": "application/json" };
const HTML_TYPE = { "content-type": "text/html; charset=utf-8" };
const GOOD: Behaviour = { chunks: streamOf(["O", "K"], "claude-haiku-4-5-20251001") };

const error = (status: number, type: string, message = "no", headers: Record<string, string> = {}): Behaviour => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  chunks: [JSON.stringify(errorOf(type, message))],
});

/** One account whose upstream behaves so. */
async function accountThat(behaviour: Behaviour, fields: Record<string, unknown> = {}): Promise<Member> {
  members = await poolOf(relay, 1, () => fields);
  const [member] = members;
  if (!member) throw new Error("no account was made");
  member.upstream.behave(behaviour);
  return member;
}

const tested = (id: string, query = "", body?: object) =>
  relay.admin<AccountCheckView>("POST", `/admin/accounts/${id}/test?stream=false${query}`, body);

async function resultOf(behaviour: Behaviour, fields: Record<string, unknown> = {}): Promise<KeyCheckView> {
  const { id } = await accountThat(behaviour, fields);
  const { results, ok } = await tested(id);
  expect(results).toHaveLength(1);
  const [result] = results;
  if (!result) throw new Error("no result");
  expect(ok).toBe(result.ok);
  return result;
}

const healthOf = (id: string) => relay.admin<AccountHealthView>("GET", `/admin/accounts/${id}/health`);

describe("a healthy account", () => {
  test("is said to work, with its latency, model and tokens", async () => {
    const { id, upstream } = await accountThat(GOOD);
    const { results, ...answer } = await tested(id);
    expect(answer).toEqual({ account_id: id, model: "claude-haiku-4-5", ok: true, tested: 1, left_out: 0 });
    const [result] = results;
    expect(result).toEqual({
      key: { position: 0, hint: "…" },
      ok: true,
      condition: null,
      class: null,
      diagnosis: expect.stringMatching(
        /^It works: claude-haiku-4-5 answered, first byte after \d+ ms, \d+ ms in all\. It calls itself claude-haiku-4-5-20251001\.$/,
      ),
      status: 200,
      until: null,
      upstream_message: null,
      model_reported: "claude-haiku-4-5-20251001",
      text: "OK",
      ttft_ms: expect.any(Number),
      total_ms: expect.any(Number),
      input_tokens: USED.input_tokens + USED.cache_creation_input_tokens + USED.cache_read_input_tokens,
      output_tokens: USED.output_tokens,
    });
    expect((await healthOf(id)).last_errors).toEqual([]);
    expect(upstream.received).toHaveLength(1);
  });

  test("is asked in the relay's own name, with the account's key, extra headers and mapping", async () => {
    const { id, upstream } = await accountThat(GOOD, {
      extra_headers: { "x-team": "red" },
      model_mapping: { "claude-*": "vendor.claude-*" },
    });
    await tested(id, "", { model: "claude-opus-4-1" });
    const [received] = upstream.received;
    expect([received?.method, received?.url]).toEqual(["POST", "/v1/messages"]);
    const { host: _, connection: __, "content-length": ___, "cf-worker": ____, ...headers } = received?.headers ?? {};
    expect(headers).toEqual({
      accept: "text/event-stream",
      "accept-encoding": "identity",
      "anthropic-version": "2023-06-01",
      authorization: "Bearer sk-member-0",
      "content-type": "application/json",
      "user-agent": "edge-relay",
      "x-api-key": "sk-member-0",
      "x-team": "red",
    });
    const body = JSON.parse(received?.body.toString() ?? "");
    expect(body).toMatchObject({ model: "vendor.claude-opus-4-1", stream: true });
    expect(body.max_tokens).toBeLessThan(100);
  });

  test("is tested with a model that its own rules name", async () => {
    const { id } = await accountThat(GOOD, { allowed_models: ["claude-*", "claude-sonnet-4-5"] });
    expect((await tested(id)).model).toBe("claude-sonnet-4-5");
  });

  test("may answer as a whole", async () => {
    const result = await resultOf({ headers: JSON_TYPE, chunks: [wholeMessage("OK")] });
    expect(result).toMatchObject({ ok: true, text: "OK", ttft_ms: null, model_reported: "claude-sonnet-4-5" });
  });
});

describe("what is wrong", () => {
  const cases: [what: string, Behaviour, Partial<KeyCheckView>, diagnosis: RegExp][] = [
    [
      "a refused key",
      error(401, "authentication_error", "invalid x-api-key"),
      { condition: "key_refused", class: "credential", status: 401, upstream_message: "invalid x-api-key" },
      /^The key was refused.*status 401\.$/,
    ],
    [
      "a key without the permission",
      error(403, "permission_error"),
      { condition: "not_permitted", class: "credential", status: 403 },
      /^The key is not permitted.*status 403\.$/,
    ],
    [
      "a blocked region",
      error(403, "forbidden", "Request not allowed"),
      { condition: "region_blocked", class: "credential", status: 403 },
      /^The provider does not serve the region/,
    ],
    [
      "an overloaded provider",
      error(529, "overloaded_error"),
      { condition: "overloaded", class: "upstream", status: 529 },
      /^The provider is overloaded\..*529\.$/,
    ],
    [
      "an unknown model",
      error(404, "not_found_error", "model: claude-haiku-4-5"),
      { condition: "model_unknown", class: "credential", status: 404 },
      /^It does not know the model under this name \(claude-haiku-4-5\)\..*404\.$/,
    ],
    [
      "a wrong path",
      { status: 404, headers: HTML_TYPE, chunks: ["<html>not here"] },
      { condition: "model_unknown", status: 404, upstream_message: null },
      /Or base_url has a wrong path\.$/,
    ],
    [
      "a redirect",
      { status: 301, headers: { location: "https://elsewhere.example.com/" }, chunks: [] },
      { condition: "redirected", class: "upstream", status: 0 },
      /^It answered with a redirect/,
    ],
    [
      "a page of a firewall",
      { status: 403, headers: HTML_TYPE, chunks: ["<!doctype html><title>Just a moment"] },
      { condition: "challenge_page", class: "upstream", status: 403 },
      /^A web page instead of an API answer/,
    ],
    [
      "a page of something else",
      { status: 200, headers: HTML_TYPE, chunks: ["<!doctype html><title>Welcome"] },
      { condition: "unusable_answer", class: "upstream", status: 200 },
      /base_url probably belongs to something else/,
    ],
    [
      "an answer of another API",
      { status: 200, headers: JSON_TYPE, chunks: ['{"choices":[]}'] },
      { condition: "unusable_answer", class: "upstream", status: 200 },
      /base_url probably belongs to something else/,
    ],
    [
      "a name that Cloudflare cannot resolve, as production has it",
      { status: 530, headers: HTML_TYPE, chunks: ["error code: 1016"] },
      { condition: "origin_unreachable", class: "upstream", status: 530 },
      /^The host name of base_url does not resolve \(DNS\)/,
    ],
    [
      "a certificate that is not valid, likewise",
      { status: 526, headers: HTML_TYPE, chunks: ["<html>"] },
      { condition: "origin_unreachable", status: 526 },
      /TLS certificate/,
    ],
    [
      "a connection that is cut",
      { chunks: [], ending: "refuse" },
      { condition: "connection_reset", class: "upstream", status: 0 },
      /^The connection was refused, or broken off/,
    ],
    [
      "an error as first event",
      { chunks: [event(errorOf("overloaded_error", "no"))] },
      { condition: "overloaded", status: 529, upstream_message: "no" },
      /^The provider is overloaded/,
    ],
    [
      "an error in the middle of a stream",
      { chunks: [...streamOf(["O"]).slice(0, 4), event(errorOf("api_error", "gone"))] },
      { condition: "server_error", status: 500, text: "O", upstream_message: "gone" },
      /^The provider failed/,
    ],
    [
      "a stream that ends early",
      { chunks: streamOf(["O"]).slice(0, 4) },
      { condition: "ended_early", class: "upstream", text: "O" },
      /^It ended its answer before/,
    ],
    [
      "a stream that is cut",
      { chunks: streamOf(["O"]).slice(0, 4), ending: "reset" },
      { condition: "connection_reset", class: "upstream" },
      /^The connection was refused, or broken off/,
    ],
  ];

  test.each(cases)("%s", async (_, behaviour, expected, diagnosis) => {
    const result = await resultOf(behaviour);
    expect(result).toMatchObject({ ok: false, ...expected });
    expect(result.diagnosis).toMatch(diagnosis);
  });

  test("a limit, with its end", async () => {
    const result = await resultOf(error(429, "rate_limit_error", "slow down", { "retry-after": "120" }));
    expect(result).toMatchObject({ ok: false, condition: "rate_limited", status: 429 });
    const until = Date.parse(result.until ?? "");
    expect(until - Date.now()).toBeGreaterThan(60_000);
    expect(result.diagnosis).toBe(
      `The provider's rate limit is reached. It answered with status 429. Limited until ${result.until}.`,
    );
  });

  test("silence, within the account's own bound", async () => {
    const result = await resultOf({ ...GOOD, silentMs: 3_000 }, { first_byte_timeout_seconds: 0.5 });
    expect(result).toMatchObject({ ok: false, condition: "timed_out", status: 0 });
    expect(result.diagnosis).toMatch(/^It did not answer in time/);
  });

  const unreachable = async (base_url: string, fields: Partial<KeyCheckView>, diagnosis: RegExp) => {
    const { id } = await accountThat(GOOD, { base_url });
    const { results } = await tested(id);
    expect(results[0]).toMatchObject({ ok: false, class: "upstream", status: 0, ...fields });
    expect(results[0]?.diagnosis).toMatch(diagnosis);
  };

  test("a port where nobody listens", async () => {
    await unreachable("http://127.0.0.1:9", { condition: "connect_failed" }, /^No connection/);
  });

  test("a host name that does not resolve", async () => {
    await unreachable("http://no-such-host.invalid", { condition: "dns_failed" }, /does not resolve/);
    await unreachable("https://no-such-host.invalid", { condition: "dns_failed" }, /does not resolve/);
  });

  test("a server that does not speak TLS", async () => {
    const plain = new FakeUpstream();
    const url = await plain.start();
    await unreachable(url.replace("http:", "https:"), { condition: "tls_failed" }, /^No secure connection/);
    await plain.stop();
  });

  test("is told without the key, also where the upstream repeats it", async () => {
    const { id } = await accountThat(error(401, "authentication_error", "sk-member-0 is not a key of ours"));
    const answer = await tested(id);
    expect(answer.results[0]?.upstream_message).toBe("… is not a key of ours");
    expect(JSON.stringify(answer)).not.toContain("sk-member");
  });
});

describe("what a test shows counts", () => {
  test("a fault is held against the account, and listed with reason and end", async () => {
    const { id } = await accountThat(error(429, "rate_limit_error", "no", { "retry-after": "600" }));
    await tested(id);
    const health = await healthOf(id);
    expect(health).toMatchObject({ account_id: id, status: "limited", in_flight: null, today_cost_usd: null });
    expect(health.last_errors).toMatchObject([{ status: 429, class: "credential", condition: "rate_limited" }]);
    const state = {
      scope: "key",
      key: { position: 0, hint: "…" },
      family: null,
      condition: "rate_limited",
      reason: "the provider's rate limit is reached",
      until: health.last_errors[0]?.until,
    };
    expect(health.temporary_states).toEqual([state]);
    const { items } = await relay.admin<{ items: LimitedAccountView[] }>("GET", "/admin/accounts/limited");
    expect(items).toEqual([{ account_id: id, account_name: "member 0", ...state }]);
    expect(await relay.admin<AccountView>("GET", `/admin/accounts/${id}`)).toMatchObject({
      status: "limited",
      temporary_states: [state],
    });
    const key = await relay.makeKey();
    expect((await relay.messages(key.api_key)).status).toBe(429);
  });

  test("a success ends what was guessed, and requests go through again", async () => {
    const { id, upstream } = await accountThat(error(401, "authentication_error"));
    await tested(id);
    expect((await healthOf(id)).status).toBe("limited");
    upstream.behave(GOOD);
    expect((await tested(id)).ok).toBe(true);
    expect(await healthOf(id)).toMatchObject({ status: "ok", temporary_states: [] });
    expect((await healthOf(id)).last_errors).toHaveLength(1);
  });

  test("a success ends an open breaker", async () => {
    const { id, upstream } = await accountThat(error(500, "api_error"));
    for (let fault = 0; fault < 3; fault++) await tested(id);
    expect(await healthOf(id)).toMatchObject({ status: "limited", probing: true });
    upstream.behave(GOOD);
    await tested(id);
    expect(await healthOf(id)).toMatchObject({ status: "ok", probing: false, temporary_states: [] });
  });

  test("an end that the provider has named stays, and the test says so; a reset ends it", async () => {
    const { id, upstream } = await accountThat(error(429, "rate_limit_error", "no", { "retry-after": "600" }));
    await tested(id);
    upstream.behave(GOOD);
    const { results } = await tested(id);
    const until = (await healthOf(id)).temporary_states[0]?.until;
    expect(results[0]).toMatchObject({ ok: true });
    expect(results[0]?.diagnosis).toContain(
      `It is still left alone until ${until} (the provider's rate limit is reached): reset it to use it now.`,
    );
    const reset = await relay.admin<AccountView>("POST", `/admin/accounts/${id}/reset`);
    expect(reset).toMatchObject({ id, status: "ok", temporary_states: [] });
    const key = await relay.makeKey();
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(200);
    await response.text();
  });
});

describe("an account with several keys", () => {
  const KEYS = ["sk-several-number-0000", "sk-several-number-0001", "sk-several-number-0002"];

  test("is tested key by key, and only the bad one steps aside", async () => {
    const { id, upstream } = await accountThat(GOOD, { api_key: undefined, api_keys: KEYS });
    upstream.behave(({ headers }) => (headers["x-api-key"] === KEYS[1] ? error(401, "authentication_error") : GOOD));
    const { ok, tested: count, results } = await tested(id);
    expect([ok, count]).toEqual([false, 3]);
    expect(results.map((result) => [result.key.position, result.key.hint, result.ok])).toEqual([
      [0, "…0000", true],
      [1, "…0001", false],
      [2, "…0002", true],
    ]);
    const health = await healthOf(id);
    expect(health.status).toBe("ok");
    expect(health.temporary_states).toMatchObject([{ scope: "key", key: { position: 1, hint: "…0001" } }]);
  });

  test("may be asked for one of them", async () => {
    const { id, upstream } = await accountThat(GOOD, { api_key: undefined, api_keys: KEYS });
    const { results } = await tested(id, "&key=2");
    expect(results.map(({ key }) => key)).toEqual([{ position: 2, hint: "…0002" }]);
    expect(upstream.received.map(({ headers }) => headers["x-api-key"])).toEqual([KEYS[2]]);
    await expect(tested(id, "&key=3")).rejects.toThrow(/400.*key/);
    await expect(tested(id, "&key=first")).rejects.toThrow(/400.*key/);
  });
});

describe("while the account is in use", () => {
  test("its places count: none free, nothing is sent; afterwards the test's own place is free again", async () => {
    const tried = Promise.withResolvers<void>();
    const { id, upstream } = await accountThat({ ...GOOD, until: tried.promise }, { max_concurrency: 1 });
    const key = await relay.makeKey();
    const running = relay.messages(key.api_key, { stream: true });
    await expect.poll(() => upstream.received.length, { timeout: 60_000 }).toBe(1);
    const { results } = await tested(id);
    expect(results[0]).toMatchObject({ ok: false, condition: "busy", class: null });
    expect(upstream.received).toHaveLength(1);
    expect((await healthOf(id)).in_flight).toBe(1);
    tried.resolve();
    await (await running).text();
    await expect.poll(async () => (await healthOf(id)).in_flight, { timeout: 60_000 }).toBe(0);
    expect((await tested(id)).ok).toBe(true);
    expect((await healthOf(id)).in_flight).toBe(0);
  });
});

describe("as events", () => {
  const asEvents = (id: string, signal?: AbortSignal) =>
    relay.fetch(`/admin/accounts/${id}/test`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      ...(signal && { signal }),
    });

  test("says step by step what happens, and the same in the end", async () => {
    const { id } = await accountThat({ ...GOOD, pauseMs: 20 }, { api_key: "sk-ant-as-events-0001" });
    const response = await asEvents(id);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const events = (await response.text())
      .split("\n\n")
      .filter(Boolean)
      .map((text) => /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [])
      .map(([, type, data = "{}"]) => [type, JSON.parse(data)]);
    const key = { position: 0, hint: "…0001" };
    expect(events).toEqual([
      [
        "step",
        { key, message: expect.stringMatching(/^Asking 127\.0\.0\.1:\d+ for claude-haiku-4-5 with key …0001$/) },
      ],
      ["step", { key, message: expect.stringMatching(/^It began to answer after \d+ ms$/) }],
      ["text", { key, text: "O" }],
      ["text", { key, text: "K" }],
      ["diagnosis", expect.objectContaining({ key, ok: true, text: "OK" })],
      ["done", { ok: true, tested: 1, left_out: 0 }],
    ]);
  });

  test("ends with the upstream's connection closed and its place free when nobody listens any more", async () => {
    const { id, upstream } = await accountThat(
      { chunks: streamOf(["O"]).slice(0, 4), ending: "hang" },
      { max_concurrency: 1 },
    );
    const leaving = new AbortController();
    const response = await asEvents(id, leaving.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    expect((await healthOf(id)).in_flight).toBe(1);
    leaving.abort();
    await expect.poll(async () => (await healthOf(id)).in_flight, { timeout: 60_000 }).toBe(0);
    expect(await upstream.received[0]?.closed).toBe(false);
    expect((await healthOf(id)).last_errors).toEqual([]);
  });

  test("refuses what cannot be tested before it begins", async () => {
    const { id } = await accountThat(GOOD);
    expect((await asEvents("acc_nope")).status).toBe(404);
    expect((await relay.fetch(`/admin/accounts/${id}/test`, { method: "POST" })).status).toBe(401);
    await expect(tested(id, "", { model: "" })).rejects.toThrow(/400.*model/);
    await expect(tested(id, "", { modle: "x" })).rejects.toThrow(/400.*modle/);
  });
});

test("tests leave a trace in the audit, and none in anybody's usage", async () => {
  const { id } = await accountThat(GOOD);
  await tested(id);
  await relay.admin("POST", `/admin/accounts/${id}/reset`);
  const trail = await relay.sql<{ action: string }>("SELECT action FROM audit WHERE target = ? ORDER BY id", id);
  expect(trail.map(({ action }) => action)).toEqual(["account.create", "account.test", "account.reset"]);
  expect(await relay.sql("SELECT * FROM requests WHERE account_id = ?", id)).toEqual([]);
});
