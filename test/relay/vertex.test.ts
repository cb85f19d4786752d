/** Accounts at Vertex AI, of Claude's and of Google's own models: their tokens, their paths, their answers and errors. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
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
  rows,
} from "./relay-in-process.ts";

const JSON_TYPE = { "content-type": "application/json" };
const TOKEN_URL = "https://oauth2.googleapis.com/token";
const PREFIX = "/v1/projects/made-up-project/locations/us-east5/publishers";

afterEach(() => vi.restoreAllMocks());

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  key = await makeKey();
});

const json = (body: unknown, status = 200): Behaviour => ({
  status,
  headers: JSON_TYPE,
  chunks: [JSON.stringify(body)],
});
let tokens = 0;

/** Google: tokens, and what `models` answers behind them. */
function google(models: (one: Asked) => Behaviour, token?: Behaviour): void {
  behave((one) => {
    if (one.url !== TOKEN_URL) return models(one);
    return token ?? json({ access_token: `ya29.token-${tokens++}`, expires_in: 3599, token_type: "Bearer" });
  });
}

const modelsAsked = () => asked.filter(({ url }) => url !== TOKEN_URL);
const tokensAsked = () => asked.filter(({ url }) => url === TOKEN_URL);

function makeVertex(platform: "anthropic" | "gemini", fields: object = {}) {
  const service = { service_account: KEY_FILE, vertex_region: "us-east5", api_key: undefined };
  return makeAccount({ platform, kind: "vertex", ...service, ...fields });
}

let conversations = 0;
const fresh = () => [{ role: "user", content: `hello ${conversations++}` }];

async function answered(path: string, body: object = {}, headers: Record<string, string> = {}) {
  forgetSnapshot();
  const response = await ask(key.key, { path, headers, body: { messages: fresh(), ...body } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const MESSAGE = { id: "msg_vrtx_1", type: "message", role: "assistant", model: "claude-sonnet-4-5-20250929" };
const event = (data: { type: string; [member: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const CLAUDE = [
  { type: "vertex_event" },
  { type: "message_start", message: { ...MESSAGE, content: [], usage: { input_tokens: 20, output_tokens: 1 } } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 4 } },
  { type: "message_stop" },
].map(event);
const GEMINI = [
  `data: ${JSON.stringify({
    candidates: [{ content: { role: "model", parts: [{ text: "Hi" }] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 4, totalTokenCount: 24, trafficType: "ON_DEMAND" },
    modelVersion: "gemini-2.5-flash",
  })}\n\n`,
];
const CONTENTS = { contents: [{ role: "user", parts: [{ text: "hello" }] }] };

describe("Claude", () => {
  test("is asked under its project and location, with a token, the version in the body and no model there", async () => {
    const { origin } = await makeVertex("anthropic");
    google(() => ({ chunks: CLAUDE }));
    const headers = { "anthropic-version": "2023-06-01", "anthropic-beta": "context-1m-2025-08-07,effort-2025-11-24" };
    const { text, headers: got } = await answered("/v1/messages", { model: "claude-sonnet-4-5-20250929" }, headers);
    expect(text).toBe(CLAUDE.join(""));
    const [sent] = modelsAsked();
    expect(sent?.url).toBe(`${origin}${PREFIX}/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict`);
    expect(sent?.headers.get("authorization")).toMatch(/^Bearer ya29\.token-/);
    expect(sent?.headers.get("anthropic-beta")).toBe("context-1m-2025-08-07");
    expect(sent?.headers.get("x-api-key")).toBeNull();
    const body = JSON.parse(sent?.body ?? "");
    expect(body).toMatchObject({ anthropic_version: "vertex-2023-10-16", stream: true, max_tokens: 100 });
    expect(body).not.toHaveProperty("model");
    expect([...got].flat().join(" ")).toContain("effort-2025-11-24");
  });

  test("is metered and booked, also where it answers whole", async () => {
    await makeVertex("anthropic");
    const whole = {
      ...MESSAGE,
      content: [{ type: "text", text: "Hi" }],
      usage: { input_tokens: 20, output_tokens: 4 },
    };
    google(({ url }) => (url.endsWith(":rawPredict") ? json(whole) : { chunks: CLAUDE }));
    await answered("/v1/messages");
    await answered("/v1/messages", { stream: false });
    const booked = { outcome: "completed", input_tokens: 20, output_tokens: 4, estimated: 0 };
    expect(await rows(key.id)).toMatchObject([booked, booked]);
  });

  test("counts tokens at the endpoint that it has for that", async () => {
    const { origin } = await makeVertex("anthropic");
    google(() => json({ input_tokens: 7 }));
    const { text } = await answered("/v1/messages/count_tokens", { stream: undefined, max_tokens: undefined });
    expect(JSON.parse(text)).toEqual({ input_tokens: 7 });
    expect(modelsAsked()[0]?.url).toBe(`${origin}${PREFIX}/anthropic/models/count-tokens:rawPredict`);
  });

  test("answers a client of Chat through the lane of Messages", async () => {
    await makeVertex("anthropic");
    google(() => ({ chunks: CLAUDE }));
    const { text } = await answered("/v1/chat/completions", { model: "claude-sonnet-4-5" });
    expect(text).toContain('"content":"Hi"');
    expect(modelsAsked()[0]?.url).toContain("/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict");
  });
});

describe("Gemini", () => {
  test("is asked at Vertex' path in the same form, events or not, and is booked", async () => {
    const { origin } = await makeVertex("gemini");
    google(({ url }) => (url.includes("streamGenerateContent") ? { chunks: GEMINI } : json({ totalTokens: 3 })));
    const models = "/gemini/v1beta/models/gemini-2.5-flash";
    const body = { ...CONTENTS, messages: undefined, model: undefined, max_tokens: undefined, stream: undefined };
    const { text } = await answered(`${models}:streamGenerateContent?alt=sse`, body);
    expect(text).toBe(GEMINI.join(""));
    expect(JSON.parse((await answered(`${models}:countTokens`, body)).text)).toEqual({ totalTokens: 3 });
    expect(modelsAsked().map(({ url }) => url)).toEqual([
      `${origin}${PREFIX}/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
      `${origin}${PREFIX}/google/models/gemini-2.5-flash:countTokens`,
    ]);
    expect(modelsAsked()[0]?.headers.get("x-goog-api-key")).toBeNull();
    expect(await rows(key.id)).toMatchObject([{ outcome: "completed", input_tokens: 20, output_tokens: 4 }]);
  });

  test("answers a client of Messages through its lane", async () => {
    await makeVertex("gemini");
    google(() => ({ chunks: GEMINI }));
    const { text } = await answered("/gemini-cli/api/v1/messages", { model: "gemini-2.5-flash" });
    expect(text).toContain('"text":"Hi"');
    expect(modelsAsked()[0]?.url).toContain("/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  });
});

describe("what the operator has stored at Google Cloud", () => {
  const GEMINI_PATH = "/v1beta/models/gemini-2.5-flash:generateContent";
  const ASSIST_PATH = "/v1internal:generateContent";
  const contents = (part: object) => [{ role: "user", parts: [{ text: "read this" }, part] }];
  const bare = { messages: undefined, model: undefined, max_tokens: undefined, stream: undefined };
  const file = (fileUri: string) => contents({ fileData: { mimeType: "application/pdf", fileUri } });
  const externalApi = { endpoint: "https://evil.test", apiAuth: { apiKeyConfig: { apiKeySecretVersion: "s/1" } } };

  beforeEach(async () => {
    await makeVertex("gemini");
    google(() => json({ candidates: [], promptFeedback: { blockReason: "OTHER" } }));
  });

  test.each<[string, string, object]>([
    ["a file in its storage", GEMINI_PATH, { contents: file("gs://books/2026.pdf") }],
    [
      "one in the names of protocol buffers",
      GEMINI_PATH,
      { contents: contents({ file_data: { file_uri: "gs://b/x" } }) },
    ],
    ["one behind a whole other file", GEMINI_PATH, { contents: [...file("https://x.test"), ...file("gs://b/x")] }],
    ["one in an envelope", ASSIST_PATH, { model: "gemini-2.5-flash", request: { contents: file("gs://b/x") } }],
    ["a store of documents", GEMINI_PATH, { tools: [{ retrieval: { vertexAiSearch: { datastore: "projects/p" } } }] }],
    ["a secret, for a search of the client's own", GEMINI_PATH, { tools: { retrieval: { externalApi } } }],
  ])("is not read for who holds a key: %s", async (_, path, body) => {
    const { status, text } = await answered(path, { ...bare, ...CONTENTS, ...body });
    expect(status, text).toBe(400);
    expect(text).toMatch(/operator's account/);
    expect(modelsAsked()).toEqual([]);
  });

  test("is not read either for a client of Messages", async () => {
    const source = { type: "url", url: "gs://books/2026.pdf" };
    const messages = [{ role: "user", content: [{ type: "document", source }] }];
    const { status, text } = await answered("/v1/messages", { model: "gemini-2.5-flash", messages });
    expect(status, text).toBe(400);
    expect(modelsAsked()).toEqual([]);
  });

  test("has nothing written to it for who holds a key", async () => {
    const outputConfig = { outputUriPrefix: "gs://books/" };
    for (const [path, body] of [
      [GEMINI_PATH, { outputConfig }],
      [GEMINI_PATH, { output_config: { output_uri_prefix: "gs://books/" } }],
      [ASSIST_PATH, { model: "gemini-2.5-flash", request: { ...CONTENTS, outputConfig } }],
    ] as const) {
      const { status, text } = await answered(path, { ...bare, ...CONTENTS, ...body });
      expect(status, text).toBe(400);
      expect(text).toContain("outputConfig");
    }
    expect(modelsAsked()).toEqual([]);
  });

  test("is not meant by what a function is called with, nor by a function's schema", async () => {
    const args = { file_uri: "gs://books/2026.pdf" };
    const properties = { retrieval: { type: "OBJECT" } };
    const body = {
      contents: [...file("https://x.test/a.pdf"), { role: "model", parts: [{ functionCall: { name: "read", args } }] }],
      tools: [{ functionDeclarations: [{ name: "read", parameters: { type: "OBJECT", properties } }] }],
    };
    await answered(GEMINI_PATH, { ...bare, ...body });
    expect(modelsAsked()).toHaveLength(1);
  });
});

test("a model is not named in the configuration of a generation, past the rules of the key and at nobody's price", async () => {
  await makeVertex("gemini");
  google(() => json({ candidates: [], promptFeedback: { blockReason: "OTHER" } }));
  const { key: ruled } = await makeKey({ allowed_models: ["gemini-2.5-flash"] });
  const asking = (generationConfig: object) =>
    ask(ruled, {
      path: "/v1beta/models/gemini-2.5-flash:generateContent",
      body: {
        messages: undefined,
        model: undefined,
        max_tokens: undefined,
        stream: undefined,
        ...CONTENTS,
        generationConfig,
      },
    });
  for (const config of [
    { routingConfig: { manualMode: { modelName: "gemini-3.1-pro-preview" } } },
    { routing_config: { auto_mode: { model_routing_preference: "PRIORITIZE_QUALITY" } } },
  ]) {
    expect((await asking(config)).status).toBe(400);
  }
  expect(modelsAsked()).toEqual([]);
  await (await asking({ routingConfig: null })).text();
  expect(modelsAsked()).toHaveLength(1);
});

describe("the token", () => {
  test("is fetched once for many requests, and again near its end", async () => {
    await makeVertex("anthropic");
    // Another is fetched five minutes before its end.
    google(() => ({ chunks: CLAUDE }), json({ access_token: "ya29.short", expires_in: 303, token_type: "Bearer" }));
    forgetSnapshot();
    const turn = async () => (await ask(key.key, { body: { messages: fresh() } })).text();
    for (let turns = 0; turns < 3; turns++) await turn();
    expect([tokensAsked().length, modelsAsked().length]).toEqual([1, 3]);
    await scheduler.wait(3_100);
    await turn();
    expect([tokensAsked().length, modelsAsked().length]).toEqual([2, 4]);
  });

  test("that is not given costs the account its turn: another answers, and nothing of the key is told", async () => {
    await makeVertex("anthropic", { priority: 1 });
    const { origin } = await makeAccount({ priority: 2 });
    google(
      () => ({ chunks: CLAUDE }),
      json({ error: "invalid_grant", error_description: "Invalid JWT Signature." }, 400),
    );
    const { status, text } = await answered("/v1/messages");
    expect(status).toBe(200);
    expect(text).toContain("Hi");
    expect(modelsAsked().map(({ url }) => new URL(url).origin)).toEqual([origin]);
  });

  test("that nobody gives is no words of Google's for the client", async () => {
    const { id } = await makeVertex("anthropic");
    google(() => ({ chunks: CLAUDE }), json({ error: "invalid_grant", error_description: "secret words" }, 400));
    const log = vi.spyOn(console, "warn");
    const { status, text } = await answered("/v1/messages");
    const logged = JSON.stringify(log.mock.calls);
    expect(logged).toContain("access_token_not_issued");
    const [token] = tokensAsked();
    const assertion = new URLSearchParams(token?.body).get("assertion") ?? "";
    for (const secret of ["PRIVATE", "secret words", assertion.slice(-40)]) expect(logged).not.toContain(secret);
    expect(status).toBe(429);
    expect(modelsAsked()).toEqual([]);
    expect(text).not.toContain("secret words");
    expect(text).not.toContain("invalid_grant");
    await scheduler.wait(2_100);
    const checked = await asAdmin("POST", `/admin/accounts/${id}/test?stream=false`, {});
    expect(checked.body).toMatchObject({ ok: false, results: [{ condition: "access_token_unavailable" }] });
  });
});

describe("the key", () => {
  test("is sealed, hinted at by its id, and never shown", async () => {
    const { id } = await makeVertex("anthropic");
    const { body } = await asAdmin("GET", `/admin/accounts/${id}`);
    expect(body.api_keys).toEqual([{ hint: `…${KEY_FILE.private_key_id.slice(-4)}` }]);
    expect(JSON.stringify(body)).not.toContain("PRIVATE");
    const { results } = await env.DB.prepare("SELECT * FROM credentials WHERE account_id = ?").bind(id).all();
    const middle = KEY_FILE.private_key.slice(100, 160);
    expect(JSON.stringify(results)).not.toContain("PRIVATE");
    expect(JSON.stringify(results)).not.toContain(middle);
  });

  test("makes the account's address from its location, and is asked for where it is missing", async () => {
    const account = { name: "vertex", platform: "anthropic", kind: "vertex", vertex_region: "global" };
    const made = await asAdmin("POST", "/admin/accounts", { ...account, service_account: JSON.stringify(KEY_FILE) });
    expect(made).toMatchObject({ status: 201, body: { base_url: "https://aiplatform.googleapis.com" } });
    expect(await asAdmin("POST", "/admin/accounts", { ...account, vertex_region: undefined })).toMatchObject({
      status: 400,
    });
  });
});

describe("an error", () => {
  const failure = (status: number, word: string, message = "words") =>
    json({ error: { code: status, message, status: word } }, status);

  test.each([
    ["anthropic", 429, "RESOURCE_EXHAUSTED", "rate_limited"],
    ["anthropic", 403, "PERMISSION_DENIED", "not_permitted"],
    ["anthropic", 401, "UNAUTHENTICATED", "key_refused"],
    ["anthropic", 503, "UNAVAILABLE", "overloaded"],
  ] as const)("of %s (%d %s) goes to another account", async (platform, status, word, condition) => {
    const { id, origin } = await makeVertex(platform, { priority: 1 });
    await makeVertex(platform, { priority: 2 });
    google(({ url }) => (url.startsWith(origin) ? failure(status, word) : { chunks: CLAUDE }));
    expect((await answered("/v1/messages")).text).toContain("Hi");
    expect(modelsAsked()).toHaveLength(2);
    expect(JSON.stringify((await asAdmin("GET", `/admin/accounts/${id}/health`)).body)).toContain(condition);
  });

  test("of the request is told in the client's own form, and no account is worse for it", async () => {
    const { id } = await makeVertex("anthropic");
    await makeVertex("anthropic");
    google(() => failure(400, "INVALID_ARGUMENT", "max_tokens: too large"));
    const { status, text } = await answered("/v1/messages");
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error", message: "max_tokens: too large" },
    });
    expect(modelsAsked()).toHaveLength(1);
    expect((await asAdmin("GET", `/admin/accounts/${id}/health`)).body.temporary_states).toEqual([]);
  });
});

describe.each([
  ["anthropic", "/v1/messages", CLAUDE.slice(0, 4)],
  ["gemini", "/gemini-cli/api/v1/messages", [GEMINI.join("").replace(',"finishReason":"STOP"', "")]],
] as const)("a stream of %s", (platform, path, begun) => {
  const body = platform === "gemini" ? { model: "gemini-2.5-flash" } : {};

  test("that breaks off is booked as broken, and its lease is free", async () => {
    await makeVertex(platform);
    google(() => ({ chunks: [...begun] }));
    await answered(path, body).catch(() => undefined);
    await leasesFreed(key.id);
    expect(await rows(key.id)).toMatchObject([{ outcome: "upstream_broke" }]);
  });

  test("that ends before any output goes to another account", async () => {
    const { origin } = await makeVertex(platform, { priority: 1 });
    await makeVertex(platform, { priority: 2 });
    google(({ url }) => ({ chunks: url.startsWith(origin) ? [] : platform === "gemini" ? GEMINI : CLAUDE }));
    expect((await answered(path, body)).text).toContain("Hi");
    expect(modelsAsked()).toHaveLength(2);
  });

  test("whose client leaves is closed, and its lease is free", async () => {
    await makeVertex(platform);
    google(() => ({ chunks: [...begun], ending: "hang" }));
    forgetSnapshot();
    const response = await ask(key.key, { path, body: { messages: fresh(), ...body } });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await leasesFreed(key.id);
    expect(await rows(key.id)).toMatchObject([{ outcome: "client_left" }]);
  });
});

test.each(["anthropic", "gemini"] as const)(
  "a check of the account of %s gets a token and asks its model",
  async (platform) => {
    const { id } = await makeVertex(platform);
    google(() => ({ chunks: platform === "gemini" ? GEMINI : CLAUDE }));
    const checked = await asAdmin("POST", `/admin/accounts/${id}/test?stream=false`, {});
    expect(checked).toMatchObject({ status: 200, body: { ok: true } });
  },
);
