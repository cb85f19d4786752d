/** `POST /admin/accounts/{id}/test`: a small real request under each key, and what follows from what it shows. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { AccountView, LimitedAccountView } from "../../src/admin/accounts/schema.ts";
import { CheckedRelay, error, GOOD, JSON_TYPE } from "./checked-relay.ts";
import { USED, wholeMessage } from "./messages.ts";

const relay = new CheckedRelay();
beforeAll(() => relay.start());
afterEach(() => relay.stopUpstreams());
afterAll(() => relay.stop());

describe("a healthy account", () => {
  test("is said to work, with its latency, model and tokens", async () => {
    const { id, upstream } = await relay.accountThat(GOOD);
    const { results, ...answer } = await relay.tested(id);
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
    expect((await relay.healthOf(id)).last_errors).toEqual([]);
    expect(upstream.received).toHaveLength(1);
  });

  test("is asked in the relay's own name, with the account's key, extra headers and mapping", async () => {
    const { id, upstream } = await relay.accountThat(GOOD, {
      extra_headers: { "x-team": "red" },
      model_mapping: { "claude-*": "vendor.claude-*" },
    });
    await relay.tested(id, "", { model: "claude-opus-4-1" });
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
    const { id } = await relay.accountThat(GOOD, { allowed_models: ["claude-*", "claude-sonnet-4-5"] });
    expect((await relay.tested(id)).model).toBe("claude-sonnet-4-5");
  });

  test("may answer as a whole", async () => {
    const result = await relay.resultOf({ headers: JSON_TYPE, chunks: [wholeMessage("OK")] });
    expect(result).toMatchObject({ ok: true, text: "OK", ttft_ms: null, model_reported: "claude-sonnet-4-5" });
  });
});

describe("what a test shows counts", () => {
  test("a fault is held against the account, and listed with reason and end", async () => {
    const { id } = await relay.accountThat(error(429, "rate_limit_error", "no", { "retry-after": "600" }));
    await relay.tested(id);
    const health = await relay.healthOf(id);
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
    const { id, upstream } = await relay.accountThat(error(401, "authentication_error"));
    await relay.tested(id);
    expect((await relay.healthOf(id)).status).toBe("cooling_down");
    expect((await relay.healthOf(id)).last_test).toMatchObject({ ok: false, condition: "key_refused" });
    upstream.behave(GOOD);
    expect((await relay.tested(id)).ok).toBe(true);
    expect(await relay.healthOf(id)).toMatchObject({ status: "ok", temporary_states: [], last_test: { ok: true } });
    expect((await relay.healthOf(id)).last_errors).toHaveLength(1);
  });

  test("a success ends an open breaker", async () => {
    const { id, upstream } = await relay.accountThat(error(500, "api_error"));
    for (let fault = 0; fault < 3; fault++) await relay.tested(id);
    expect(await relay.healthOf(id)).toMatchObject({ status: "cooling_down", probing: true });
    upstream.behave(GOOD);
    await relay.tested(id);
    expect(await relay.healthOf(id)).toMatchObject({ status: "ok", probing: false, temporary_states: [] });
  });

  test("an end that the provider has named stays, and the test says so; a reset ends it", async () => {
    const { id, upstream } = await relay.accountThat(error(429, "rate_limit_error", "no", { "retry-after": "600" }));
    await relay.tested(id);
    upstream.behave(GOOD);
    const { results } = await relay.tested(id);
    const until = (await relay.healthOf(id)).temporary_states[0]?.until;
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
    const { id, upstream } = await relay.accountThat(GOOD, { api_key: undefined, api_keys: KEYS });
    upstream.behave(({ headers }) => (headers["x-api-key"] === KEYS[1] ? error(401, "authentication_error") : GOOD));
    const { ok, tested: count, results } = await relay.tested(id);
    expect([ok, count]).toEqual([false, 3]);
    expect(results.map((result) => [result.key.position, result.key.hint, result.ok])).toEqual([
      [0, "…0000", true],
      [1, "…0001", false],
      [2, "…0002", true],
    ]);
    const health = await relay.healthOf(id);
    expect(health.status).toBe("ok");
    expect(health.temporary_states).toMatchObject([{ scope: "key", key: { position: 1, hint: "…0001" } }]);
  });

  test("may be asked for one of them", async () => {
    const { id, upstream } = await relay.accountThat(GOOD, { api_key: undefined, api_keys: KEYS });
    const { results } = await relay.tested(id, "&key=2");
    expect(results.map(({ key }) => key)).toEqual([{ position: 2, hint: "…0002" }]);
    expect(upstream.received.map(({ headers }) => headers["x-api-key"])).toEqual([KEYS[2]]);
    await expect(relay.tested(id, "&key=3")).rejects.toThrow(/400.*key/);
    await expect(relay.tested(id, "&key=first")).rejects.toThrow(/400.*key/);
  });
});

describe("while the account is in use", () => {
  test("its places count: none free, nothing is sent; afterwards the test's own place is free again", async () => {
    const tried = Promise.withResolvers<void>();
    const { id, upstream } = await relay.accountThat({ ...GOOD, until: tried.promise }, { max_concurrency: 1 });
    const key = await relay.makeKey();
    const running = relay.messages(key.api_key, { stream: true });
    await expect.poll(() => upstream.received.length, { timeout: 60_000 }).toBe(1);
    const { results } = await relay.tested(id);
    expect(results[0]).toMatchObject({ ok: false, condition: "busy", class: null });
    expect(upstream.received).toHaveLength(1);
    expect((await relay.healthOf(id)).in_flight).toBe(1);
    tried.resolve();
    await (await running).text();
    await expect.poll(async () => (await relay.healthOf(id)).in_flight, { timeout: 60_000 }).toBe(0);
    expect((await relay.tested(id)).ok).toBe(true);
    expect((await relay.healthOf(id)).in_flight).toBe(0);
  });
});

test("tests leave a trace in the audit, and none in anybody's usage", async () => {
  const { id } = await relay.accountThat(GOOD);
  await relay.tested(id);
  await relay.admin("POST", `/admin/accounts/${id}/reset`);
  const trail = await relay.sql<{ action: string }>("SELECT action FROM audit WHERE target = ? ORDER BY id", id);
  expect(trail.map(({ action }) => action)).toEqual(["account.create", "account.test", "account.reset"]);
  expect(await relay.sql("SELECT * FROM requests WHERE account_id = ?", id)).toEqual([]);
});
