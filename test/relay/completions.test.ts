/** The old completions through the front door: an OpenAI account is asked in Chat. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as chat from "../front/chat.ts";
import * as messages from "../front/messages.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts, rows } from "./relay-in-process.ts";

const COMPLETION = { max_tokens: 50, messages: undefined, model: "gpt-5.5", prompt: "Once upon" };

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  await makeAccount({ platform: "openai" });
  key = await makeKey();
});
afterEach(() => vi.restoreAllMocks());

test.each(["/v1/completions", "/openai/v1/completions", "/openai/completions"])(
  "%s streams what a chat model says, and books what it has used",
  async (path) => {
    behave({ chunks: chat.streamOf(["a ", "time"]) });
    const response = await ask(key.key, { path, body: COMPLETION });
    const frames = (await response.text()).split("\n\n").filter(Boolean);
    expect(frames.pop()).toBe("data: [DONE]");
    const chunks = frames.map((frame) => JSON.parse(frame.slice("data: ".length)));
    expect(chunks.map(({ object, choices: [choice] }) => [object, choice.text, choice.finish_reason])).toEqual([
      ["text_completion", "a ", null],
      ["text_completion", "time", null],
      ["text_completion", "", "stop"],
    ]);
    expect(asked[0]?.url).toMatch(/\/chat\/completions$/);
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ messages: [{ role: "user", content: "Once upon" }] });
    expect(await rows(key.id)).toMatchObject([{ ...chat.BOOKED, outcome: "completed", model: "gpt-5.5" }]);
  },
);

test("a Claude account serves them too, where the path or the model says so", async () => {
  await makeAccount();
  behave({ chunks: messages.streamOf(["a ", "time"]) });
  for (const path of ["/openai/claude/v1/completions", "/v1/completions"]) {
    const response = await ask(key.key, { path, body: { ...COMPLETION, model: "claude-sonnet-4-5" } });
    expect(await response.text()).toContain('"text":"time"');
    expect(asked.at(-1)?.url).toMatch(/\/v1\/messages$/);
  }
});

test("a whole completion is answered whole, and what is dropped is named", async () => {
  behave({ headers: { "content-type": "application/json" }, chunks: [chat.wholeChat("a time")] });
  const body = { ...COMPLETION, stream: false, logprobs: 2 };
  const response = await ask(key.key, { path: "/v1/completions", body });
  expect(await response.json()).toMatchObject({
    object: "text_completion",
    model: "gpt-5.5",
    choices: [{ text: "a time", index: 0, logprobs: null, finish_reason: "stop" }],
    usage: { prompt_tokens: 82, completion_tokens: 57, total_tokens: 139 },
  });
  expect(response.headers.get("x-edge-relay-dropped")).toBe("logprobs");
});

test("what a chat model cannot do is refused in OpenAI's envelope, and nothing is asked", async () => {
  behave({});
  const response = await ask(key.key, { path: "/v1/completions", body: { ...COMPLETION, suffix: "the end" } });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { type: "invalid_request_error", message: expect.stringMatching(/^suffix: /) },
  });
  expect(asked).toEqual([]);
});
