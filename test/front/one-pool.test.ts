/** Accounts of several providers in one pool: who serves, who is next, and what a client sees of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { messagesViolations } from "../protocols/translate/validators/messages.ts";
import * as chat from "./chat.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import * as messages from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const glm = new FakeUpstream();
const WORDS = Array.from({ length: 20 }, (_, index) => `word${index} `);
const JSON_TYPE = { "content-type": "application/json" };
let claude: { id: string };
let other: { id: string };

beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { id: string }[] }>("GET", "/admin/accounts");
  claude = items[0] as { id: string };
  other = await relay.admin("POST", "/admin/accounts", {
    name: "glm",
    platform: "openai",
    protocols: ["chat"],
    kind: "api-key",
    base_url: `${await glm.start()}/v1`,
    api_key: "sk-glm",
    model_mapping: { "claude-*": "glm-5", "claude-named": "glm-5" },
  });
});
beforeEach(async () => {
  await relay.forgiveAccounts();
  relay.upstream.behave({ chunks: messages.streamOf(WORDS) });
  glm.behave({ chunks: chat.streamOf(WORDS, "glm-5") });
});
afterAll(async () => {
  await glm.stop();
  await relay.stop();
});

const limited = (retryAfter: string) => ({
  status: 429,
  headers: { ...JSON_TYPE, "retry-after": retryAfter },
  chunks: [JSON.stringify(messages.errorOf("rate_limit_error", "Slow down"))],
});

describe("a request for a model that two providers serve", () => {
  test("goes to the one that speaks the client's own format", async () => {
    const key = await relay.makeKey();
    const text = await (await relay.messages(key.api_key, { stream: true })).text();
    expect(text).toBe(messages.streamOf(WORDS).join(""));
    expect(glm.received).toEqual([]);
    const [row] = await relay.rows(key.id, 1);
    expect(row).toMatchObject({ account_id: claude.id, platform: "anthropic", upstream_protocol: "anthropic" });
  });

  test.each([
    ["is limited", limited("60")],
    ["begins with an error", { chunks: [messages.event(messages.errorOf("overloaded_error", "Overloaded"))] }],
    ["cannot be reached", { chunks: [], ending: "refuse" as const }],
  ])("is answered by the next, of another format, within the same request, when the first %s", async (_, behaviour) => {
    relay.upstream.behave(behaviour);
    const key = await relay.makeKey({ concurrency_limit: 1 });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(messagesViolations(text)).toEqual([]);
    expect(text).toContain("word19");
    const [row, ...none] = await relay.rows(key.id, 1);
    expect(none).toEqual([]);
    expect(row).toMatchObject({
      ...{ account_id: other.id, platform: "openai", protocol: "anthropic", upstream_protocol: "chat" },
      ...{ model: "claude-sonnet-4-5", served_model: "glm-5", outcome: "completed", ...chat.BOOKED },
      attempts: [
        { account_id: claude.id, error: expect.any(String) },
        { account_id: other.id, status: 200, error: null },
      ],
    });
    expect(await relay.report(key.id)).toMatchObject({ leases: [], totals: { requests: 1 } });
  });

  test("is told of the first one's limit when all are limited, in the client's words", async () => {
    relay.upstream.behave(limited("60"));
    glm.behave({ ...limited("20"), chunks: [JSON.stringify(chat.errorOf("requests", "Slow", "rate_limit_exceeded"))] });
    const key = await relay.makeKey();
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeLessThan(21);
    expect(await response.json()).toMatchObject({
      type: "error",
      error: { type: "rate_limit_error", message: "Slow" },
    });
  });

  test("stays with the account that its session had", async () => {
    const key = await relay.makeKey();
    const headers = { "x-claude-code-session-id": "session-1" };
    const servedBy = async () => {
      await (await relay.messages(key.api_key, { stream: true }, { headers })).text();
      return [relay.upstream, glm].map(({ received }) => received.length);
    };
    relay.upstream.behave(limited("1"));
    await servedBy();
    await relay.rows(key.id, 1);
    await relay.forgiveAccounts();
    relay.upstream.behave({ chunks: messages.streamOf(WORDS) });
    glm.behave({ chunks: chat.streamOf(WORDS) });
    expect(await servedBy()).toEqual([0, 1]);
  });
});

describe("a key", () => {
  test("is served by what its permissions leave, whichever format that speaks", async () => {
    const key = await relay.makeKey({ permissions: ["openai"] });
    const text = await (await relay.messages(key.api_key, { stream: true })).text();
    expect(messagesViolations(text)).toEqual([]);
    expect(relay.upstream.received).toEqual([]);
    expect(glm.received).toHaveLength(1);
  });

  test("is refused by name of the platform that it would need", async () => {
    const key = await relay.makeKey({ permissions: ["gemini"] });
    const refused = await relay.messages(key.api_key);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('platform \\"anthropic\\"');
    const gpt = await relay.messages(key.api_key, { model: "gpt-5.5" });
    expect(gpt.status).toBe(403);
    expect(await gpt.text()).toContain('platform \\"openai\\"');
  });

  test("that is bound to a group has the group's accounts, of whatever platform", async () => {
    const group = await relay.admin<{ id: string }>("POST", "/admin/groups", { name: "g", account_ids: [other.id] });
    const key = await relay.makeKey({ bound_group_id: group.id });
    expect((await relay.messages(key.api_key, { stream: true })).status).toBe(200);
    expect(glm.received).toHaveLength(1);
  });

  test("whose rules name models is asked for the name that its client has used", async () => {
    const key = await relay.makeKey({ denied_models: ["glm-*", "claude-opus-*"], permissions: ["openai"] });
    expect((await relay.messages(key.api_key, { stream: true })).status).toBe(200);
    expect((await relay.messages(key.api_key, { model: "claude-opus-4-8" })).status).toBe(404);
  });
});

describe("a model of another provider", () => {
  test("is asked of its own, and not of the path's", async () => {
    const key = await relay.makeKey();
    const response = await relay.messages(key.api_key, { stream: true, model: "gpt-5.5" });
    expect(messagesViolations(await response.text())).toEqual([]);
    expect(relay.upstream.received).toEqual([]);
    expect(JSON.parse(String(glm.received[0]?.body))).toMatchObject({ model: "gpt-5.5", stream: true });
  });

  test("is not served under a path that names a provider", async () => {
    const key = await relay.makeKey({ permissions: ["anthropic"] });
    const body = JSON.stringify({ model: "claude-sonnet-4-5", messages: [{ role: "user", content: "hi" }] });
    const headers = { ...JSON_TYPE, authorization: `Bearer ${key.api_key}` };
    const response = await relay.fetch("/openai/v1/chat/completions", { method: "POST", headers, body });
    expect(response.status).toBe(403);
  });

  test("is counted by an estimate where its upstream has no counter", async () => {
    const key = await relay.makeKey({ bound_account_id: other.id });
    const response = await relay.messages(key.api_key, {}, { path: "/v1/messages/count_tokens" });
    expect(response.headers.get("x-edge-relay-estimated")).toBe("true");
    expect(glm.received).toEqual([]);
  });
});

describe("a list of models", () => {
  const listed = async (path: string, key: string, headers: Record<string, string> = {}) => {
    const response = await relay.fetch(path, { headers: { authorization: `Bearer ${key}`, ...headers } });
    expect(response.status).toBe(200);
    return (await response.json()) as { data: Record<string, unknown>[] };
  };
  const MESSAGES = { "anthropic-version": "2023-06-01" };

  test("has what accounts of other platforms name, in the asker's format", async () => {
    relay.upstream.behave({ headers: JSON_TYPE, chunks: ['{"data":[{"id":"claude-x"}],"has_more":false}'] });
    const key = await relay.makeKey();
    const { data } = await listed("/v1/models?limit=1000", key.api_key, MESSAGES);
    expect(data.map(({ id, display_name }) => [id, display_name])).toEqual([
      ["claude-x", "Claude X"],
      ["claude-named", "Claude Named"],
    ]);
  });

  test("has what the upstream of another platform lists of its own models, under their names", async () => {
    const plain = await relay.admin<{ id: string }>("PATCH", `/admin/accounts/${other.id}`, { model_mapping: {} });
    const entries = [{ id: "gpt-6" }, { id: "o9", name: "O 9" }, { id: "llama-7" }];
    glm.behave({ headers: JSON_TYPE, chunks: [JSON.stringify({ object: "list", data: entries })] });
    const key = await relay.makeKey({ bound_account_id: plain.id, denied_models: ["gpt-5*"] });
    const { data } = await listed("/v1/models", key.api_key, MESSAGES);
    expect(data.map(({ id, display_name }) => [id, display_name])).toEqual([
      ["gpt-6", "gpt-6"],
      ["o9", "O 9"],
    ]);
    expect(glm.received.map(({ url }) => url)).toEqual(["/v1/models"]);
    const one = await relay.fetch("/v1/models/o9", { headers: { "x-api-key": key.api_key, ...MESSAGES } });
    expect(await one.json()).toMatchObject({ type: "model", id: "o9", display_name: "O 9" });
    const none = await relay.fetch("/v1/models/gpt-7", { headers: { "x-api-key": key.api_key, ...MESSAGES } });
    expect(none.status).toBe(404);
    await relay.admin("PATCH", `/admin/accounts/${other.id}`, {
      model_mapping: { "claude-*": "glm-5", "claude-named": "glm-5" },
    });
  });
});
