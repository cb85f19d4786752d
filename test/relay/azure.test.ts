/** Accounts at Azure OpenAI: their two addresses, what Azure's answers have besides OpenAI's, and its errors. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import {
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

const DATED = { api_version: "2025-04-01-preview" };
const JSON_TYPE = { "content-type": "application/json" };

afterEach(() => vi.restoreAllMocks());

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  key = await makeKey();
});

let resources = 0;

/** `my-chat` is what the resource calls its deployment of gpt-4.1. */
function makeAzure(fields: object = {}) {
  const base_url = `https://resource-${resources++}.openai.azure.com`;
  const mapped = { model_mapping: { "gpt-4.1": "my-chat" } };
  return makeAccount({ platform: "openai", kind: "azure", base_url, ...mapped, ...fields }).then(({ id }) => ({
    id,
    base: base_url,
  }));
}

let conversations = 0;

async function answered(path: string, body: object = {}) {
  forgetSnapshot();
  const messages = [{ role: "user", content: `hello ${conversations++}` }];
  const response = await ask(key.key, { path, body: { model: "gpt-4.1", messages, ...body } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const FILTER = {
  hate: { filtered: false, severity: "safe" },
  self_harm: { filtered: false, severity: "safe" },
  sexual: { filtered: false, severity: "safe" },
  violence: { filtered: false, severity: "safe" },
};
const ID = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1790000000, model: "gpt-4.1-2025-04-14" };
const chunk = (delta: object, finish_reason: string | null = null) => ({
  ...ID,
  choices: [{ index: 0, delta, finish_reason, logprobs: null, content_filter_results: {} }],
  usage: null,
});
const ABOUT_THE_PROMPT = {
  ...{ choices: [], created: 0, id: "", model: "", object: "" },
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: FILTER }],
};
const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 4,
  total_tokens: 24,
  prompt_tokens_details: { cached_tokens: 8, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};
const events = (chunks: object[]) => [...chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`), "data: [DONE]\n\n"];
const STREAM = events([
  ABOUT_THE_PROMPT,
  chunk({ role: "assistant", content: "", refusal: null }),
  chunk({ content: "Hi" }),
  chunk({}, "stop"),
  { ...ID, choices: [], usage: USAGE },
]);
const RESPONSE = {
  ...{ id: "resp_1", object: "response", status: "completed", model: "gpt-4.1", output: [], content_filters: [] },
  usage: { input_tokens: 20, output_tokens: 4, total_tokens: 24 },
};
const RESPONSES = [
  { type: "response.created", response: { ...RESPONSE, status: "in_progress", usage: null } },
  { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "Hi" },
  { type: "response.completed", response: RESPONSE },
].map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
const streamed = ({ url }: { url: string }): Behaviour => ({ chunks: url.includes("/responses") ? RESPONSES : STREAM });

function refusal(status: number, error: object, headers: Record<string, string> = {}): Behaviour {
  return { status, headers: { ...JSON_TYPE, ...headers }, chunks: [JSON.stringify({ error })] };
}

describe("the address", () => {
  test("is the v1 form without a version, the deployment being the model of the body", async () => {
    const { base } = await makeAzure();
    behave(streamed);
    const { text } = await answered("/azure/chat/completions", { stream_options: { include_usage: true } });
    expect(text).toBe(STREAM.join(""));
    await answered("/azure/v1/responses", { messages: undefined, input: "hello" });
    expect(asked.map(({ url }) => url)).toEqual([`${base}/openai/v1/chat/completions`, `${base}/openai/v1/responses`]);
    for (const { body } of asked) expect(JSON.parse(body)).toMatchObject({ model: "my-chat" });
  });

  test("is the same with the version of the v1 form", async () => {
    const { base } = await makeAzure({ api_version: "preview" });
    behave(streamed);
    await answered("/azure/openai/v1/chat/completions");
    expect(asked[0]?.url).toBe(`${base}/openai/v1/chat/completions?api-version=preview`);
  });

  test("is the deployment's with a dated version; Responses and what is stored of them stand beside it", async () => {
    const { base } = await makeAzure(DATED);
    behave(streamed);
    await answered("/openai/v1/chat/completions");
    await answered("/azure/responses", { messages: undefined, input: "hello" });
    const version = "api-version=2025-04-01-preview";
    expect(asked.map(({ url }) => url)).toEqual([
      `${base}/openai/deployments/my-chat/chat/completions?${version}`,
      `${base}/openai/responses?${version}`,
    ]);
  });

  test("of a version from before Responses is asked in Chat alone, whatever the client speaks", async () => {
    const { base } = await makeAzure({ api_version: "2024-10-21" });
    behave(streamed);
    const { text } = await answered("/azure/responses", { messages: undefined, input: "hello" });
    expect(text).toContain("event: response.completed");
    expect(asked[0]?.url).toBe(`${base}/openai/deployments/my-chat/chat/completions?api-version=2024-10-21`);
  });

  test("holds no name that would lead elsewhere: the account does not have such a model", async () => {
    await makeAzure({ ...DATED, model_mapping: { "gpt-4.1": "../../models" } });
    await makeAzure({ ...DATED, model_mapping: { "gpt-4.1": ".." } });
    behave(streamed);
    expect((await answered("/azure/chat/completions")).status).toBe(404);
    expect(asked).toEqual([]);
  });

  test.each([
    ["https://r.openai.azure.com/", "https://r.openai.azure.com"],
    ["https://r.openai.azure.com/openai/v1/", "https://r.openai.azure.com"],
    [
      "https://r.cognitiveservices.azure.com/openai/deployments/x/chat/completions",
      "https://r.cognitiveservices.azure.com",
    ],
    ["https://r.services.ai.azure.com/openai/v1/responses", "https://r.services.ai.azure.com"],
  ])("%s is stored as %s", async (base_url, stored) => {
    const { id } = await makeAzure({ base_url });
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.base_url).toBe(stored);
  });

  test("has to be given, and a version has to be one", async () => {
    const account = { name: "azure", platform: "openai", kind: "azure", api_key: "azure-key-0123456789" };
    expect(await asAdmin("POST", "/admin/accounts", account)).toMatchObject({ status: 400 });
    const at = { ...account, base_url: "https://r.openai.azure.com" };
    for (const api_version of ["yesterday", "2024-10-21&x=1", "2024-1-1"]) {
      expect(await asAdmin("POST", "/admin/accounts", { ...at, api_version })).toMatchObject({ status: 400 });
    }
    const made = await asAdmin("POST", "/admin/accounts", { ...at, api_version: "2024-10-21" });
    expect(made).toMatchObject({ status: 201, body: { api_version: "2024-10-21" } });
  });
});

test("the key goes in Azure's own header, and in no other", async () => {
  await makeAzure();
  behave(streamed);
  await answered("/azure/chat/completions");
  expect(asked[0]?.headers.get("api-key")).toBe("sk-upstream");
  for (const name of ["authorization", "x-api-key"]) expect(asked[0]?.headers.get(name)).toBeNull();
});

test("paths under /azure are served by accounts at Azure alone, those under /openai by all of OpenAI's kinds", async () => {
  const { origin } = await makeAccount({ platform: "openai" });
  behave(streamed);
  expect((await answered("/azure/chat/completions")).status).toBeGreaterThanOrEqual(400);
  expect(asked).toEqual([]);
  const { base } = await makeAzure();
  expect((await answered("/azure/chat/completions")).status).toBe(200);
  for (let turn = 0; turn < 6; turn++) await answered("/openai/v1/chat/completions");
  expect(asked[0]?.url).toContain(base);
  const origins = new Set(asked.slice(1).map(({ url }) => new URL(url).origin));
  expect(origins).toEqual(new Set([base, origin]));
});

test("what it used is booked, cached tokens apart, and the answer's first chunk is about the prompt only", async () => {
  await makeAzure(DATED);
  behave(streamed);
  const { text } = await answered("/azure/chat/completions");
  expect(text).toContain("prompt_filter_results");
  const [row] = await rows(key.id);
  expect(row).toMatchObject({
    ...{ model: "gpt-4.1", served_model: "my-chat", outcome: "completed", estimated: 0 },
    ...{ input_tokens: 12, cache_read_tokens: 8, output_tokens: 4 },
  });
  expect(Number(row?.cost_nanos)).toBeGreaterThan(0);
});

test("a client of Messages gets an answer through Chat's lane", async () => {
  await makeAzure({ api_version: "2024-10-21", allowed_models: ["gpt-*"] });
  behave(streamed);
  const { text } = await answered("/v1/messages");
  expect(text).toContain('"text":"Hi"');
  expect(text).toContain("event: message_stop");
});

describe("an error", () => {
  const RATE = {
    code: "429",
    message:
      "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2025-04-01-preview have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 7 seconds.",
  };

  test("of the rate closes that deployment for as long as it asks, and another account answers", async () => {
    const first = await makeAzure({ priority: 1 });
    const second = await makeAzure({ priority: 2 });
    behave(({ url }) =>
      url.startsWith(first.base)
        ? refusal(429, RATE, { "retry-after": "7", "retry-after-ms": "6500" })
        : streamed({ url }),
    );
    const before = Date.now();
    expect((await answered("/azure/chat/completions")).status).toBe(200);
    expect(asked.map(({ url }) => new URL(url).origin)).toEqual([first.base, second.base]);
    const { body } = await asAdmin("GET", `/admin/accounts/${first.id}/health`);
    expect(body.temporary_states).toMatchObject([{ scope: "family", family: "my-chat", condition: "rate_limited" }]);
    const waitMs = Date.parse(Object(body.temporary_states)[0].until) - before;
    expect(waitMs).toBeGreaterThan(5_000);
    expect(waitMs).toBeLessThan(60_000);
  });

  test("of the content filter is the request's: it is told as it is, and no account is worse for it", async () => {
    const { id } = await makeAzure();
    await makeAzure();
    const filtered = {
      message:
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
      ...{ type: null, param: "prompt", code: "content_filter", status: 400 },
      innererror: {
        code: "ResponsibleAIPolicyViolation",
        content_filter_result: { ...FILTER, violence: { filtered: true, severity: "medium" } },
      },
    };
    behave(refusal(400, filtered));
    const { status, text } = await answered("/azure/chat/completions", { stream: false });
    expect(status).toBe(400);
    expect(JSON.parse(text).error).toMatchObject({ code: "content_filter", message: filtered.message });
    expect(asked).toHaveLength(1);
    expect((await asAdmin("GET", `/admin/accounts/${id}/health`)).body.temporary_states).toEqual([]);
  });

  test.each([
    [401, "401", "Access denied due to invalid subscription key or wrong API endpoint.", "key_refused"],
    [404, "DeploymentNotFound", "The API deployment for this resource does not exist.", "model_unknown"],
    [503, "503", "The service is temporarily unable to process your request.", "unavailable"],
  ])("%d %s goes to another account", async (status, code, message, condition) => {
    const { id, base } = await makeAzure({ priority: 1 });
    await makeAzure({ priority: 2 });
    behave(({ url }) => (url.startsWith(base) ? refusal(status, { code, message }) : streamed({ url })));
    expect((await answered("/azure/chat/completions")).status).toBe(200);
    expect(asked).toHaveLength(2);
    const { body } = await asAdmin("GET", `/admin/accounts/${id}/health`);
    expect(JSON.stringify(body)).toContain(condition);
  });
});

describe("a stream", () => {
  test("that the content filter ends is a whole answer, and is booked", async () => {
    await makeAzure();
    const filtered = events([
      ABOUT_THE_PROMPT,
      chunk({ content: "Hi" }),
      chunk({}, "content_filter"),
      { ...ID, choices: [], usage: USAGE },
    ]);
    behave({ chunks: filtered });
    const { text } = await answered("/azure/chat/completions", { stream_options: { include_usage: true } });
    expect(text).toBe(filtered.join(""));
    expect(await rows(key.id)).toMatchObject([{ outcome: "completed", output_tokens: 4 }]);
  });

  test("that ends behind the chunk about the prompt has said nothing: another account answers", async () => {
    const { base } = await makeAzure({ priority: 1 });
    await makeAzure({ priority: 2 });
    behave(({ url }) => (url.startsWith(base) ? { chunks: STREAM.slice(0, 1) } : streamed({ url })));
    expect((await answered("/azure/chat/completions")).text).toContain("Hi");
    expect(asked).toHaveLength(2);
  });

  test("that breaks off in the middle is booked as broken, and its lease is free", async () => {
    await makeAzure();
    behave({ chunks: STREAM.slice(0, 3) });
    await expect(answered("/azure/chat/completions")).rejects.toThrow("broke off");
    await leasesFreed(key.id);
    expect(await rows(key.id)).toMatchObject([{ outcome: "upstream_broke", estimated: 1 }]);
  });

  test("whose client leaves is closed upstream, and its lease is free", async () => {
    await makeAzure();
    behave({ chunks: STREAM.slice(0, 3), ending: "hang" });
    forgetSnapshot();
    const response = await ask(key.key, { path: "/azure/chat/completions", body: { model: "gpt-4.1" } });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await leasesFreed(key.id);
    expect(await rows(key.id)).toMatchObject([{ outcome: "client_left" }]);
  });
});

test("a check of the account asks its deployment", async () => {
  const { id, base } = await makeAzure({ api_version: "2024-10-21" });
  behave(streamed);
  const checked = await asAdmin("POST", `/admin/accounts/${id}/test?stream=false`, {});
  expect(checked).toMatchObject({ status: 200, body: { ok: true, model: "gpt-4.1" } });
  expect(asked[0]?.url).toBe(`${base}/openai/deployments/my-chat/chat/completions?api-version=2024-10-21`);
});
