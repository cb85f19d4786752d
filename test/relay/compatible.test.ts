/** A service that is known by its host: clients of every format reach it through the one that it speaks. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  await makeAccount({ platform: "openai", base_url: "https://api.deepseek.com", allowed_models: ["deepseek-*"] });
  key = await makeKey();
});

const CHUNKS = [
  {
    choices: [{ index: 0, delta: { role: "assistant", content: null, reasoning_content: "Hm." }, finish_reason: null }],
  },
  { choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }] },
  {
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "stop" }],
    usage: {
      prompt_tokens: 10,
      prompt_cache_hit_tokens: 4,
      prompt_cache_miss_tokens: 6,
      completion_tokens: 3,
      total_tokens: 13,
    },
  },
];
const STREAM = [...CHUNKS.map((data) => `data: ${JSON.stringify({ id: "1", ...data })}\n\n`), "data: [DONE]\n\n"];

test("a client of Messages", async () => {
  behave({ chunks: STREAM });
  const response = await ask(key.key, { body: { model: "deepseek-v4-pro", thinking: { type: "adaptive" } } });
  const text = await response.text();
  expect(text).toContain('"thinking_delta","thinking":"Hm."');
  expect(text).toContain('"text_delta","text":"Hi"');
  expect(text).toMatch(
    /"input_tokens":6\b.*"cache_read_input_tokens":4\b|"cache_read_input_tokens":4\b.*"input_tokens":6\b/,
  );
  expect(text).toContain("event: message_stop");
  expect(asked.map(({ url }) => url)).toEqual(["https://api.deepseek.com/chat/completions"]);
  expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ model: "deepseek-v4-pro", thinking: { type: "enabled" } });
});

test("a client of Responses, and one of Chat itself", async () => {
  behave({ chunks: STREAM });
  const responses = await ask(key.key, {
    path: "/openai/responses",
    body: { model: "deepseek-v4-pro", input: "hello" },
  });
  expect(await responses.text()).toContain("event: response.completed");
  const chat = await ask(key.key, {
    path: "/openai/chat/completions",
    body: { model: "deepseek-v4-pro", stream_options: { include_usage: true } },
  });
  expect(await chat.text()).toBe(STREAM.join(""));
  expect(new Set(asked.map(({ url }) => url))).toEqual(new Set(["https://api.deepseek.com/chat/completions"]));
});
