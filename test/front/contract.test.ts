/** What clients can do about an answer of the relay, chosen by what the real ones do (docs/client-behaviour.md). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Protocol } from "../../src/protocols/wire.ts";
import { wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let upstream = "";
let key = { id: "", api_key: "" };
beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { id: string; base_url: string }[] }>("GET", "/admin/accounts");
  upstream = items[0]?.base_url ?? "";
  for (const { id } of items) await relay.admin("DELETE", `/admin/accounts/${id}`);
  key = await relay.makeKey();
});
afterAll(() => relay.stop());

/** An account that serves Claude's models. */
function addServing(): Promise<unknown> {
  const account = { name: "serves", platform: "anthropic", kind: "api-key", base_url: upstream, api_key: "sk-x" };
  return relay.admin("POST", "/admin/accounts", account);
}

const FORMATS: [Protocol, platform: string, tail: string, path: string, body: object][] = [
  ["anthropic", "anthropic", "", "/v1/messages", { model: "claude-sonnet-4-5", max_tokens: 9, messages: [] }],
  ["chat", "openai", "/v1", "/v1/chat/completions", { model: "gpt-5.5", messages: [] }],
  ["responses", "openai", "/v1", "/v1/responses", { model: "gpt-5.5", input: "hi" }],
  ["gemini", "gemini", "", "/v1beta/models/gemini-3.5-flash:generateContent", { contents: [] }],
];

describe.each(FORMATS)("%s", (protocol, platform, tail, path, body) => {
  beforeEach(async () => {
    const { items } = await relay.admin<{ items: { id: string }[] }>("GET", "/admin/accounts");
    for (const { id } of items) await relay.admin("DELETE", `/admin/accounts/${id}`);
  });

  const addAccount = (fields: object = {}) =>
    relay.admin("POST", "/admin/accounts", {
      name: "an account",
      platform,
      kind: "api-key",
      base_url: `${upstream}${tail}`,
      api_key: "sk-x",
      ...fields,
    });
  const ask = () =>
    relay.fetch(path, {
      method: "POST",
      headers: { authorization: `Bearer ${key.api_key}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test("a model that no account serves is a 404 at once, since no waiting helps", async () => {
    await addAccount({ allowed_models: ["another-model"] });
    const response = await ask();
    expect(response.status).toBe(404);
    expect(response.headers.get("x-should-retry")).toBe("false");
    const { error } = (await response.json()) as { error: { message: string; code?: unknown } };
    expect(error.message).toContain("serves the model");
    // Codex gives up at this code, and shows the message alone.
    if (protocol === "chat" || protocol === "responses") expect(error.code).toBe("model_not_found");
  });

  test.each([401, 403])(
    "a credential of ours that is refused with %i is told as final and not as the client's",
    async (refused) => {
      await addAccount();
      const error = { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } };
      relay.upstream.behave({
        status: refused,
        headers: { "content-type": "application/json" },
        chunks: [JSON.stringify(error)],
      });
      const response = await ask();
      // Gemini CLI repeats every 5xx for four minutes, and a client takes a 401 for its own.
      expect(response.status).toBe(424);
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect(response.headers.get("retry-after")).toBeNull();
      expect(await response.text()).toContain("operator");
    },
  );

  test("while another account is back within a minute, a refused credential is a 429 that says when", async () => {
    await addAccount({ name: "limited", priority: 1 });
    await addAccount({ name: "refused", priority: 2, api_key: "sk-refused" });
    relay.upstream.behave((request) => {
      const dead = Object.values(request.headers).some((value) => String(value).includes("sk-refused"));
      const headers = { "content-type": "application/json", ...(!dead && { "retry-after": "40" }) };
      const type = dead ? "authentication_error" : "rate_limit_error";
      const chunks = [JSON.stringify({ type: "error", error: { type, code: dead ? "invalid_api_key" : null } })];
      return { status: dead ? 401 : 429, headers, chunks };
    });
    const response = await ask();
    expect(response.status).toBe(429);
    const seconds = Number(response.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThanOrEqual(40);
    expect(response.headers.get("x-should-retry")).toBeNull();
  });
});

test("a refusal that waits for more than a minute names the time, in the words Codex understands", async () => {
  const limited = await relay.makeKey({ rate_limit_window_minutes: 60, rate_limit_requests: 1 });
  const ask = () =>
    relay.fetch("/v1/responses", {
      method: "POST",
      headers: { authorization: `Bearer ${limited.api_key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5.5", input: "hi" }),
    });
  await (await ask()).text();
  const response = await ask();
  expect(response.status).toBe(429);
  const { error } = (await response.json()) as { error: { type: string; resets_at: number } };
  const wait = error.resets_at - Date.now() / 1000;
  expect(error.type).toBe("usage_limit_reached");
  expect(wait).toBeGreaterThan(3500);
  expect(wait).toBeLessThanOrEqual(3601);
  expect(response.headers.get("x-codex-promo-message")).toContain("1 request per 60 minutes");
  expect(response.headers.get("x-should-retry")).toBe("false");
});

test("a spent budget tells Claude Code that it is the key's own, and when it starts over", async () => {
  const spent = await relay.makeKey({ daily_cost_limit_usd: "0.000001" });
  await addServing();
  relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [wholeMessage("ok")] });
  await (await relay.messages(spent.api_key)).text();
  await relay.rows(spent.id, 1);
  const response = await relay.messages(spent.api_key);
  expect(response.status).toBe(429);
  expect(response.headers.get("anthropic-ratelimit-unified-status")).toBe("rejected");
  expect(response.headers.get("anthropic-ratelimit-unified-overage-period")).toBe("daily");
  expect(response.headers.get("anthropic-ratelimit-unified-representative-claim")).toBeNull();
  const reset = Number(response.headers.get("anthropic-ratelimit-unified-overage-reset"));
  const wait = reset - Date.now() / 1000;
  expect(Math.abs(wait - Number(response.headers.get("retry-after")))).toBeLessThan(60);
});

test("a key holder is told how far the key's own limits are used up, and nothing of the shared account's", async () => {
  await addServing();
  const own = await relay.makeKey({ rate_limit_window_minutes: 60, rate_limit_requests: 4 });
  const account = {
    "content-type": "application/json",
    "anthropic-ratelimit-unified-5h-utilization": "0.97",
    "anthropic-ratelimit-tokens-remaining": "3",
    "anthropic-organization-id": "operator",
    "anthropic-fast-mode": "on",
    "x-codex-primary-used-percent": "97",
    "x-codex-turn-state": "sticky",
    "x-models-etag": "v1",
    "x-ratelimit-remaining-tokens": "3",
  };
  relay.upstream.behave({ headers: account, chunks: [wholeMessage("ok")] });
  const responses = [];
  for (let turn = 0; turn < 3; turn++) {
    const response = await relay.messages(own.api_key);
    await response.text();
    responses.push(response.headers);
  }
  const claim = "anthropic-ratelimit-unified-overage";
  expect(responses.map((headers) => headers.get(`${claim}-utilization`))).toEqual(["0.25", "0.50", "0.75"]);
  expect(responses.map((headers) => headers.get(`${claim}-surpassed-threshold`))).toEqual([null, null, "0.75"]);
  const [headers = new Headers()] = responses;
  expect(headers.get("anthropic-ratelimit-requests-remaining")).toBe("3");
  expect(headers.get("anthropic-fast-mode")).toBe("on");
  expect(headers.get("x-codex-turn-state")).toBe("sticky");
  expect(headers.get("x-models-etag")).toBe("v1");
  for (const name of [
    ...Object.keys(account).slice(1, 4),
    "x-codex-primary-used-percent",
    "x-ratelimit-remaining-tokens",
  ])
    expect(headers.get(name)).toBeNull();

  const unlimited = await relay.messages((await relay.makeKey()).api_key);
  expect([...unlimited.headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
});
