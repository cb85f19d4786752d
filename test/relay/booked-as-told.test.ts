/** What the request log says of an answer in another format is what its client was told. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as chat from "../front/chat.ts";
import { messagesViolations } from "../protocols/translate/validators/messages.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts, settledOnce } from "./relay-in-process.ts";

const GPT = { platform: "openai", protocols: ["chat"], model_mapping: { "claude-*": "gpt-5.5" } };

let key: { id: string; key: string };
beforeEach(async () => {
  await removeAccounts();
  key = await makeKey({ concurrency_limit: 1 });
});
afterEach(() => vi.restoreAllMocks());

const HEAD = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_795_000_000, model: "gpt-5.5" };
const called = (args: string) =>
  chat.event({
    ...HEAD,
    choices: [
      { index: 0, delta: { tool_calls: [{ index: 0, id: "call_1", function: { name: "Read", arguments: args } }] } },
    ],
  });

test("an answer that ends silently behind a whole call, as its service is known for, is completed, and no fault of the account", async () => {
  const account = await makeAccount({ ...GPT, quirks: { ends_silently: true } });
  for (let index = 0; index < 3; index++) {
    key = await makeKey({ concurrency_limit: 1, bound_account_id: account.id });
    behave({ chunks: [called('{"path":"a"}')] });
    const text = await (await ask(key.key)).text();
    expect(messagesViolations(text)).toEqual([]);
    expect(text).toContain('"stop_reason":"tool_use"');
    expect(await settledOnce(key.id)).toMatchObject({ outcome: "completed", status: 200 });
  }
  expect(asked).toHaveLength(1);
});

test("a whole answer that is none of its API is an error of the upstream, for the client and in the log", async () => {
  await makeAccount(GPT);
  behave({ headers: { "content-type": "application/json" }, chunks: ['{"object":"chat.completion","choices":[]}'] });
  const response = await ask(key.key, { body: { stream: false } });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ type: "error" });
  expect(await settledOnce(key.id)).toMatchObject({ outcome: "upstream_error", status: 502 });
});
