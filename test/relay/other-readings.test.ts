/** Bodies that another reader takes for something else. */
import { exports } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { asked, behave, makeAccount, makeKey } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

test("Google's batches name no other model: neither as a single object nor in a list that is too long to look at", async () => {
  await makeAccount({ platform: "gemini" });
  const { key } = await makeKey();
  behave({ status: 400 });
  const embed = (requests: string) =>
    exports.default.fetch(
      new Request("https://relay.test/v1beta/models/gemini-embedding-001:batchEmbedContents", {
        method: "POST",
        headers: { "x-goog-api-key": key, "content-type": "application/json" },
        body: `{"requests":${requests}}`,
      }),
    );
  const other = '{"model":"models/gemini-embedding-dearer"}';
  for (const requests of [other, `[${other}]`, `[${`${other},`.repeat(10_000)}${other}]`]) {
    const response = await embed(requests);
    expect(await response.json()).toMatchObject({ error: { code: 400 } });
  }
  expect(asked).toHaveLength(0);
});

test.each([
  '{"max_tokens":1e400}',
  '{"max_tokens":1e308,"n":1e308}',
  '{"n":1e400}',
  '{"max_tokens":10,"best_of":1e300}',
])("numbers that no sum can be done with are no fault of the relay: %s", async (members) => {
  await makeAccount({ platform: "openai" });
  const { key } = await makeKey();
  behave({ status: 400 });
  const response = await exports.default.fetch(
    new Request("https://relay.test/v1/chat/completions", {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: `{"model":"unknown-model","messages":[],${members.slice(1)}`,
    }),
  );
  await response.text();
  expect(response.status).not.toBe(500);
});

test("a name that some end at a zero byte is refused, however much follows", async () => {
  const { key } = await makeKey();
  behave({ status: 400 });
  const response = await exports.default.fetch(
    new Request("https://relay.test/v1/messages", {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: `{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],"model\\u0000${"x".repeat(300)}":"claude-opus-4-5"}`,
    }),
  );
  expect(await response.text()).toContain("model: it must be written like this");
  expect(asked).toHaveLength(0);
});
