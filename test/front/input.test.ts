/** What the holder of a key writes into paths, queries, headers and bodies stays within the route and the key's rules. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as chat from "./chat.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import * as gemini from "./gemini.ts";
import { wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";
import * as responses from "./responses.ts";

const relay = new RelayUnderTest();
const openai = new FakeUpstream();
const google = new FakeUpstream();
const JSON_TYPE = { "content-type": "application/json" };
let key: { id: string; api_key: string };

beforeAll(async () => {
  await relay.start();
  for (const [platform, upstream, tail] of [
    ["openai", openai, "/v1"],
    ["gemini", google, ""],
  ] as const) {
    const base_url = `${await upstream.start()}${tail}`;
    await relay.admin("POST", "/admin/accounts", {
      name: platform,
      platform,
      kind: "api-key",
      base_url,
      api_key: "sk-x",
    });
  }
  key = await relay.makeKey({ denied_models: ["*-pro", "gpt-5*", "claude-opus*"] });
});
afterAll(async () => {
  await Promise.all([openai.stop(), google.stop()]);
  await relay.stop();
});

beforeEach(() => {
  relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("ok")] });
  openai.behave({ headers: JSON_TYPE, chunks: [chat.wholeChat("ok")] });
  google.behave({ headers: JSON_TYPE, chunks: [gemini.wholeContent("ok")] });
});

const received = () => [relay.upstream, openai, google].flatMap((upstream) => upstream.received);

/** fetch would tidy the path up before it is sent. */
function raw(method: string, path: string, body: string | null = null, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(relay.url);
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = httpRequest(
      { hostname, port, method, path, headers: { "x-goog-api-key": key.api_key, ...JSON_TYPE, ...headers } },
      (response) => {
        let text = "";
        response.on("data", (piece) => {
          text += piece;
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const post = (path: string, body: string | object, headers: Record<string, string> = {}) =>
  relay.fetch(path, {
    method: "POST",
    headers: { "x-api-key": key.api_key, ...JSON_TYPE, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("a model's name never leads to another endpoint", () => {
  const ESCAPES = [
    "gemini-2.5-flash/../gemini-2.5-pro:generateContent?x=",
    "gemini-2.5-flash/../../../v1beta/cachedContents?x=",
    "../files",
    "..",
    "gemini-2.5-flash:generateContent",
    "gemini-2.5-flash#",
    "gemini-2.5-flash%2F..%2Fgemini-2.5-pro",
    "gemini\\..\\x",
    "/gemini-2.5-flash",
    "models/models/gemini-2.5-flash",
    "gemini-2.5-flash/operations",
  ];
  test.each(ESCAPES)("%s in a Code Assist body is a 400 that names it", async (model) => {
    const response = await post("/v1internal:countTokens", { model, request: { contents: [] } });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain("model");
    expect(received()).toHaveLength(0);
  });

  test.each([
    "/v1beta/models/gemini-2.5-flash%2F..%2Fgemini-2.5-pro:countTokens",
    "/v1beta/models/..%2F..%2Fv1beta%2FcachedContents:countTokens",
    "/v1beta/models/%2e%2e%2Fx:generateContent",
    "/v1beta/models/a%3AgenerateContent:countTokens",
    "/v1beta/models/a%253AgenerateContent:countTokens",
    "/v1beta/models/a%3Fx=:countTokens",
    "/v1beta/models/a%23:countTokens",
    "/v1beta/models/a%5C..%5Cb:countTokens",
    "/v1beta/models/a%:countTokens",
    "/v1beta/models/a%00:countTokens",
  ])("POST %s is a 404", async (path) => {
    expect((await raw("POST", path, '{"contents":[]}')).status).toBe(404);
    expect(received()).toHaveLength(0);
  });

  test.each([
    "/v1/responses/..%2Fmodels",
    "/v1/responses/%2e%2e",
    "/v1/responses/resp_1%3Fx",
    "/openai/v1/models/..%2Ffiles",
    "/v1beta/models/veo-3.0/operations",
    "/v1beta/models/veo-3.0%2Foperations%2F1",
  ])("GET %s is a 404", async (path) => {
    expect((await raw("GET", path)).status).toBe(404);
    expect(received()).toHaveLength(0);
  });

  test("an account's own name for a model cannot lead elsewhere either", async () => {
    const { items } = await relay.admin<{ items: { id: string; platform: string }[] }>("GET", "/admin/accounts");
    const path = `/admin/accounts/${items.find(({ platform }) => platform === "gemini")?.id}`;
    await relay.admin("PATCH", path, { model_mapping: { astray: "x/../../files", "with space": "a b?c" } });
    expect((await post("/v1beta/models/astray:generateContent", { contents: [] })).status).toBe(404);
    expect(received()).toHaveLength(0);
    await relay.admin("PATCH", path, { model_mapping: { odd: "a b?c" } });
    expect((await post("/v1beta/models/odd:generateContent", { contents: [] })).status).toBe(200);
    expect(received()[0]?.url).toBe("/v1beta/models/a%20b%3Fc:generateContent");
    await relay.admin("PATCH", path, { model_mapping: {} });
  });
});

describe("a model's name", () => {
  test.each([
    "deepseek-r1:14b",
    "openai/gpt-oss-20b:free",
    "claude-sonnet-4-5[1m]",
    "@cf/meta/llama-3",
    "模型-1",
    "a b",
  ])("%s passes, as it came", async (model) => {
    expect((await post("/v1/messages", { model, max_tokens: 1, messages: [] })).status).toBe(200);
    expect(JSON.parse(received()[0]?.body.toString() ?? "").model).toBe(model);
  });

  test("an ARN passes, under a key without denials: it may stand for what they deny", async () => {
    const model = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6";
    const asks = { model, max_tokens: 1, messages: [] };
    const own = await relay.makeKey();
    expect((await post("/v1/messages", asks, { "x-api-key": own.api_key })).status).toBe(200);
    expect((await post("/v1/messages", asks)).status).toBe(404);
  });

  test.each([
    ["longer than 256 characters", "m".repeat(257)],
    ["of megabytes", "m".repeat(3_000_000)],
    ["with a line break", "claude\nx"],
    ["with a zero byte", "claude\0"],
    ["with what cannot be seen", "claude\u200b-opus"],
    ["with a space at its end", "claude-opus-4 "],
  ])("%s is a 400, and nothing is booked", async (_, model) => {
    const own = await relay.makeKey();
    const response = await relay.messages(own.api_key, { model });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("at most 256 printable characters");
    expect(received()).toHaveLength(0);
    expect(await relay.report(own.id)).toMatchObject({ unflushed: 0, leases: [] });
  });

  test("that Google writes with `models/` before it is the same to the key's rules", async () => {
    for (const model of ["models/gemini-2.5-pro", "gemini-2.5-pro"]) {
      const inside = await post("/v1internal:generateContent", { model, request: { contents: [] } });
      expect(inside.status).toBe(404);
      expect((await raw("POST", `/v1beta/models/${model}:generateContent`, '{"contents":[]}')).status).toBe(404);
    }
    expect(received()).toHaveLength(0);
  });

  test.each([
    [
      "batchEmbedContents",
      {
        requests: [
          { model: "models/flash", content: {} },
          { model: "models/big-pro", content: {} },
        ],
      },
    ],
    ["countTokens", { generateContentRequest: { model: "models/big-pro", contents: [] } }],
    ["generateContent", { model: "models/big-pro", contents: [] }],
  ])("in a body of %s is that of the path", async (action, body) => {
    const path = `/v1beta/models/flash:${action}`;
    expect((await post(path, body)).status).toBe(400);
    expect(received()).toHaveLength(0);
    const same = JSON.parse(JSON.stringify(body).replaceAll("big-pro", "flash"));
    expect((await post(path, same)).status).toBe(200);
  });
});

describe("of a query string only what the route lists goes upstream", () => {
  const STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
  const DENIED = [
    "fields=candidates",
    "access_token=x",
    "oauth_token=x",
    "$alt=proto",
    "%24.xgafv=2",
    "callback=f",
    "x=1",
  ];
  test.each(DENIED)("%s is left out", async (pair) => {
    google.behave({ chunks: gemini.streamOf(["ok"]) });
    const body = '{"contents":[]}';
    expect((await raw("POST", `${STREAM}?${pair}&%61lt=sse&prettyPrint=1`, body)).status).toBe(200);
    expect((await raw("POST", `/v1/messages?${pair}&beta=true`, '{"model":"m","messages":[]}')).status).toBe(200);
    expect(
      received()
        .map(({ url }) => url)
        .sort(),
    ).toEqual([`${STREAM}?alt=sse`, "/v1/messages?beta=true"].sort());
  });

  test.each([`%6bey=`, "key=", "%6B%65%79=", "beta=true&key="])("the relay key in ?%s… never leaves", async (name) => {
    const response = await relay.fetch(`/v1/messages?${name}${key.api_key}`, {
      method: "POST",
      headers: JSON_TYPE,
      body: '{"model":"m","messages":[]}',
    });
    expect(response.status).toBe(200);
    expect(JSON.stringify(received().map(({ url, headers }) => [url, headers]))).not.toContain("cr_");
  });

  test.each(["alt=proto", "alt=sse&alt=json", "alt=", "alt=media"])("?%s is refused by name", async (query) => {
    const response = await raw("POST", `${STREAM}?${query}`, '{"contents":[]}');
    expect([response.status, response.text.includes('\\"alt\\"')]).toEqual([400, true]);
    expect(received()).toHaveLength(0);
  });

  test("a page token that is a relay key is refused", async () => {
    expect((await raw("GET", `/v1beta/models?pageToken=${key.api_key}`)).status).toBe(400);
    expect(received()).toHaveLength(0);
  });

  test("what a stored response is asked to include goes along", async () => {
    const own = await relay.makeKey();
    openai.behave({ headers: JSON_TYPE, chunks: [responses.wholeResponse("ok")] });
    await (await post("/v1/responses", { model: "gpt-5.5", input: "hi" }, { "x-api-key": own.api_key })).text();
    await relay.rows(own.id, 1);
    openai.behave({ headers: JSON_TYPE, chunks: [responses.wholeResponse("ok")] });
    await raw(
      "GET",
      "/v1/responses/resp_1?include[]=reasoning.encrypted_content&include[]=file_search_call.results&x=1",
      null,
      { "x-goog-api-key": own.api_key },
    );
    expect(received()[0]?.url).toBe(
      "/v1/responses/resp_1?include%5B%5D=reasoning.encrypted_content&include%5B%5D=file_search_call.results",
    );
  });
});

describe("headers say nothing upstream that the relay did not read", () => {
  test("the body goes on as JSON, whatever the client calls it", async () => {
    for (const type of ["application/x-protobuf", "application/json; charset=utf-7", "text/plain"]) {
      await post("/v1/messages", { model: "m", messages: [] }, { "content-type": type });
    }
    expect(received().map(({ headers }) => headers["content-type"])).toEqual(Array(3).fill("application/json"));
  });

  test("no form of the answer is asked for that the meter cannot read", async () => {
    const path = "/v1beta/models/gemini-2.5-flash:generateContent";
    for (const accept of [
      "application/x-protobuf",
      "application/json, application/x-protobuf;q=2",
      "text/event-stream",
    ]) {
      await post(path, { contents: [] }, { accept });
    }
    expect(received().map(({ headers }) => headers.accept)).not.toContain(expect.stringContaining("protobuf"));
    expect(received().at(-1)?.headers.accept).toBe("text/event-stream");
  });

  test("a relay key in any header stays here", async () => {
    const headers = { "user-agent": `x ${key.api_key}`, "anthropic-note": key.api_key, "x-stainless-os": key.api_key };
    expect((await post("/v1/messages", { model: "m", messages: [] }, headers)).status).toBe(200);
    expect(JSON.stringify(received()[0]?.headers)).not.toContain("cr_");
  });
});

describe("a member of a body that parsers could read differently is a 400 that names it", () => {
  const CHAT = "/v1/chat/completions";
  const RESPONSES = "/v1/responses";
  const GEMINI = "/v1beta/models/gemini-2.5-flash:generateContent";
  test.each([
    ["/v1/messages", '{"model":"claude-haiku","model":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"model":"claude-haiku","mod\\u0065l":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"model":"claude-haiku","MODEL":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"Model":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"model":"m","model\\u0000":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"model":"m"," model":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"model":"m","\\ufeffmodel":"claude-opus-4","messages":[]}', "model"],
    ["/v1/messages", '{"model":"m","max_tokens":1,"Max_Tokens":100000,"messages":[]}', "max_tokens"],
    ["/v1/messages", '{"model":"m","max_to\u212aens":100000,"messages":[]}', "max_tokens"],
    ["/v1/messages", '{"model":"m","\u017ftream":true,"messages":[]}', "stream"],
    ["/v1/messages", '{"model":"m","stream":"true","messages":[]}', "stream"],
    [CHAT, '{"model":"gpt-4","n":1,"n":9,"messages":[]}', "n"],
    [CHAT, '{"model":"gpt-4","n":[9],"messages":[]}', "n"],
    [
      CHAT,
      '{"model":"gpt-4","stream":true,"stream_options":{"include_usage":false,"include_usage":true},"messages":[]}',
      "stream_options.include_usage",
    ],
    [
      CHAT,
      '{"model":"gpt-4","stream":true,"stream_options":{"Include_Usage":true},"messages":[]}',
      "stream_options.include_usage",
    ],
    [CHAT, '{"model":"gpt-4","models":["gpt-5-pro"],"messages":[]}', "models"],
    [CHAT, '{"model":"gpt-4","fallbacks":["gpt-5-pro"],"messages":[]}', "fallbacks"],
    [
      RESPONSES,
      '{"model":"gpt-4","context_window_fallbacks":[{"gpt-4":["gpt-5-pro"]}],"input":"x"}',
      "context_window_fallbacks",
    ],
    [RESPONSES, '{"model":"gpt-4","model":"gpt-5","input":"x"}', "model"],
    [
      GEMINI,
      '{"generationConfig":{"maxOutputTokens":1},"generation_config":{"maxOutputTokens":9},"contents":[]}',
      "generationConfig",
    ],
    [
      GEMINI,
      '{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9},"contents":[]}',
      "generationConfig.maxOutputTokens",
    ],
    [GEMINI, '{"GenerationConfig":{},"contents":[]}', "generationConfig"],
    [
      "/v1internal:generateContent",
      '{"model":"gemini-2.5-flash","Model":"gemini-2.5-pro","request":{"contents":[]}}',
      "model",
    ],
    [
      "/v1internal:generateContent",
      '{"model":"gemini-2.5-flash","request":{"contents":[],"generationConfig":{},"generation_config":{}}}',
      "generationConfig",
    ],
  ])("%s %s", async (path, body, member) => {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message.startsWith(`${member}: `)).toBe(true);
    expect(received()).toHaveLength(0);
  });

  test("what the relay does not read passes, repeated or not; Google's names in snake case as well", async () => {
    const messages =
      '{"model":"m","temperature":1,"temperature":0,"messages":[{"model":1,"MODEL":2}],"metadata":{"model":1}}';
    expect((await post("/v1/messages", messages)).status).toBe(200);
    expect(received()[0]?.body.toString()).toBe(messages);
    const snake = '{"generation_config":{"max_output_tokens":9},"system_instruction":{},"contents":[]}';
    expect((await post(GEMINI, snake)).status).toBe(200);
    expect(google.received[0]?.body.toString()).toBe(snake);
  });
});

test("a Responses body on Chat's address is refused by name", async () => {
  const response = await post("/v1/chat/completions", {
    model: "gpt-4",
    input: [{ role: "user", content: "hi" }],
    stream: true,
  });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("/v1/responses");
  expect(received()).toHaveLength(0);
});

test.each(["", "/api", "/claude", "/anthropic", "/api/anthropic", "/droid/claude"])(
  "%s/messages, as the AI SDK asks where a base lacks its /v1, is Messages",
  async (base) => {
    const body = { model: "claude-haiku", max_tokens: 1, messages: [] };
    expect((await post(`${base}/messages`, body)).status).toBe(200);
    expect((await post(`${base}/v1/messages`, body)).status).toBe(200);
    expect(received().map(({ url }) => url)).toEqual(["/v1/messages", "/v1/messages"]);
  },
);
