/** Paths that lead clients of one format to the accounts of another's provider; and what is only counted or listed there. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FakeUpstream } from "./fake-upstream.ts";
import { CLIENTS, UPSTREAMS } from "./formats.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const PLATFORMS = { anthropic: "anthropic", responses: "openai", gemini: "gemini" } as const;
type Spoken = keyof typeof PLATFORMS;
const upstreams = {} as Record<Spoken, FakeUpstream>;
const accounts = {} as Record<Spoken, string>;
let key: { id: string; api_key: string };

const JSON_TYPE = { "content-type": "application/json" };
const WORDS = ["one ", "two ", "three"];

beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { id: string }[] }>("GET", "/admin/accounts");
  await relay.admin("DELETE", `/admin/accounts/${items[0]?.id}`);
  for (const protocol of Object.keys(PLATFORMS) as Spoken[]) {
    upstreams[protocol] = new FakeUpstream();
    const { account, tail } = UPSTREAMS[protocol];
    const base_url = `${await upstreams[protocol].start()}${tail}`;
    const fields = { ...account, name: protocol, kind: "api-key", base_url, api_key: "sk-x" };
    accounts[protocol] = (await relay.admin<{ id: string }>("POST", "/admin/accounts", fields)).id;
  }
  key = await relay.makeKey();
});
beforeEach(() => {
  for (const protocol of Object.keys(PLATFORMS) as Spoken[]) {
    upstreams[protocol].behave({ chunks: UPSTREAMS[protocol].stream(WORDS) });
  }
});
afterAll(async () => {
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()));
  await relay.stop();
});

function post(path: string, body: object, by = key): Promise<Response> {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${by.api_key}` };
  return relay.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
}

const asked = () =>
  Object.values(upstreams).flatMap(({ received }) => received.map(({ method, url }) => `${method} ${url}`));

describe("a path of two names", () => {
  test.each([
    ["/openai/claude/v1/chat/completions", "chat", "claude-sonnet-4-5", "POST /v1/messages"],
    [
      "/openai/gemini/v1/chat/completions",
      "chat",
      "gemini-3.5-flash",
      "POST /v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
    ],
    [
      "/gemini-cli/api/v1/messages",
      "anthropic",
      "gemini-3.5-flash",
      "POST /v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse",
    ],
    [
      "/gemini-cli/api/v1/messages",
      "anthropic",
      "whatever",
      "POST /v1beta/models/whatever:streamGenerateContent?alt=sse",
    ],
  ] as const)("%s (%s, %s) leads to the provider of the second", async (path, format, model, at) => {
    const client = CLIENTS[format];
    const own = await relay.makeKey();
    const response = await post(path, client.body(model, true), own);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(client.violations(text)).toEqual([]);
    expect(client.wordsIn(text)).toBe(WORDS.join(""));
    expect(asked()).toEqual([at]);
    const [row] = await relay.rows(own.id, 1);
    expect(row).toMatchObject({ protocol: format, model, served_model: model, outcome: "completed" });
  });

  test("asks nobody else, also for a model that another provider makes", async () => {
    const { error } = (await (
      await post(
        "/openai/claude/v1/chat/completions",
        CLIENTS.chat.body("gpt-5.5", true),
        await relay.makeKey({ permissions: ["openai"] }),
      )
    ).json()) as { error: { message: string } };
    expect(error.message).toContain('platform "anthropic"');
    expect(asked()).toEqual([]);
  });

  test("lists the provider's models in the asker's format", async () => {
    const data = [{ type: "model", id: "claude-x", display_name: "X" }];
    upstreams.anthropic.behave({ headers: JSON_TYPE, chunks: [JSON.stringify({ data, has_more: false })] });
    const models = [{ name: "models/gemini-x", displayName: "Gemini X" }, { name: "models/unheard-of" }];
    upstreams.gemini.behave({ headers: JSON_TYPE, chunks: [JSON.stringify({ models })] });
    const get = async (path: string) =>
      (await relay.fetch(path, { headers: { authorization: `Bearer ${key.api_key}` } })).json();
    expect(await get("/openai/claude/v1/models")).toMatchObject({
      object: "list",
      data: [{ id: "claude-x", object: "model" }],
    });
    expect(await get("/openai/gemini/v1/models")).toMatchObject({ data: [{ id: "gemini-x" }, { id: "unheard-of" }] });
    expect(await get("/gemini-cli/api/v1/models")).toMatchObject({
      data: [{ id: "gemini-x", display_name: "Gemini X", type: "model" }, { id: "unheard-of" }],
    });
    expect(asked()).toEqual(["GET /v1/models?limit=1000", "GET /v1beta/models?pageSize=1000"]);
    expect(upstreams.anthropic.received[0]?.headers["anthropic-version"]).toBe("2023-06-01");
  });
});

describe("a Gemini client on another upstream", () => {
  const contents = [{ role: "user", parts: [{ text: "hello" }] }];
  const words = (elements: { candidates?: { content?: { parts?: { text?: string }[] } }[] }[]) =>
    elements.flatMap(({ candidates }) => candidates?.[0]?.content?.parts?.map(({ text = "" }) => text) ?? []).join("");

  test("that asks for no events gets one array of JSON, whole", async () => {
    const response = await post("/v1beta/models/gpt-5.5:streamGenerateContent", { contents });
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(words((await response.json()) as never)).toBe(WORDS.join(""));
    expect(asked()).toEqual(["POST /v1/responses"]);
  });

  test("in Code Assist mode gets its envelope, and an error without one", async () => {
    const body = { model: "claude-sonnet-4-5", request: { contents } };
    const text = await (await post("/v1internal:streamGenerateContent?alt=sse", body)).text();
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
    expect(words(events.map(({ response }) => response))).toBe(WORDS.join(""));
    expect(asked()).toEqual(["POST /v1/messages"]);
    upstreams.anthropic.behave({
      status: 400,
      headers: JSON_TYPE,
      chunks: [JSON.stringify(UPSTREAMS.anthropic.error)],
    });
    const refused = await post("/v1internal:generateContent", body);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject(CLIENTS.gemini.errorBody);
  });
});

describe("a count", () => {
  const MESSAGES = { model: "m", messages: [{ role: "user", content: "hello" }] };
  const own = (protocol: Spoken) => relay.makeKey({ bound_account_id: accounts[protocol] });
  const COUNTED = {
    anthropic: '{"input_tokens":7}',
    responses: '{"object":"response.input_tokens","input_tokens":7}',
    gemini: '{"totalTokens":7}',
  };
  const ASKED = {
    anthropic: "POST /v1/messages/count_tokens",
    responses: "POST /v1/responses/input_tokens",
    gemini: "POST /v1beta/models/gemini-3.5-flash:countTokens",
  };

  test.each([
    ["/v1/messages/count_tokens", "responses", { ...MESSAGES, model: "gpt-5.5" }, { input_tokens: 7 }],
    ["/v1/messages/count_tokens", "gemini", { ...MESSAGES, model: "gemini-3.5-flash" }, { input_tokens: 7 }],
    [
      "/v1/responses/input_tokens",
      "anthropic",
      { model: "claude-sonnet-4-5", input: "hello" },
      { object: "response.input_tokens", input_tokens: 7 },
    ],
    [
      "/v1/responses/input_tokens",
      "gemini",
      { model: "gemini-3.5-flash", input: "hello" },
      { object: "response.input_tokens", input_tokens: 7 },
    ],
  ] as const)("%s is made by the %s upstream's own counter", async (path, protocol, body, answer) => {
    upstreams[protocol].behave({ headers: JSON_TYPE, chunks: [COUNTED[protocol]] });
    const response = await post(path, body, await own(protocol));
    expect(response.headers.get("x-edge-relay-estimated")).toBeNull();
    expect(await response.json()).toEqual(answer);
    expect(asked()).toEqual([ASKED[protocol]]);
    expect(upstreams[protocol].received[0]?.body.toString()).toContain("hello");
  });

  test.each([
    ["has no such route", { status: 404, chunks: ["{}"] }],
    [
      "finds fault with a body that the client has not written",
      { status: 400, chunks: ['{"error":{"message":"no"}}'] },
    ],
    ["answers something else", { chunks: ['{"ok":true}'] }],
    ["fails", { status: 500, chunks: ["{}"] }],
    ["cannot be reached", { chunks: [], ending: "refuse" as const }],
  ])("is estimated where an upstream of another format %s", async (_, behaviour) => {
    upstreams.gemini.behave({ headers: JSON_TYPE, ...behaviour });
    const bound = await own("gemini");
    const response = await post("/v1/messages/count_tokens", { ...MESSAGES, model: "gemini-3.5-flash" }, bound);
    expect([response.status, response.headers.get("x-edge-relay-estimated")]).toEqual([200, "true"]);
    expect(await response.json()).toEqual({ input_tokens: expect.any(Number) });
    const health = await relay.admin("GET", `/admin/accounts/${accounts.gemini}/health`);
    expect(health).toMatchObject({ status: "ok", temporary_states: [] });
  });
});
