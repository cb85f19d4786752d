/** A body is translated only where it is not made of more values than a request has: each takes memory that all requests share. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

beforeEach(async () => {
  await removeAccounts();
  await makeAccount({ platform: "openai", protocols: ["chat"], allowed_models: ["small-*"] });
});
afterEach(() => vi.restoreAllMocks());

test.each([
  ["lists of nothing", { metadata: Array(300_000).fill([]) }],
  [
    "lists of nothing among the arguments of a call",
    { messages: [{ role: "user", content: JSON.stringify(Array(300_000).fill([])) }] },
  ],
])("a body of hundreds of thousands of %s is refused before it is parsed", async (_, more) => {
  behave({ chunks: [] });
  const { key } = await makeKey();
  const response = await ask(key, { body: { model: "small-1", stream: false, ...more } });
  expect(response.status).toBe(413);
  expect(await response.text()).toContain("hundreds of thousands of values");
  expect(asked).toEqual([]);
});
