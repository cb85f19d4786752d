/** JSON that takes many times its bytes once it is parsed, where the relay reads a value: it is not parsed. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { asked, behave, makeAccount, makeKey, rows } from "./relay-in-process.ts";

/** Half a million lists: some 20 MB of objects. */
const LISTS = `[${"[],".repeat(500_000)}[]]`;

beforeAll(async () => {
  for (const platform of ["anthropic", "openai", "gemini"]) await makeAccount({ platform });
});

const parse = JSON.parse;
let longest = 0;

/** How long the longest text was that was parsed while the request was answered. */
async function parsedBy(path: string, body: string): Promise<{ longest: number; response: Response }> {
  const { key } = await makeKey();
  longest = 0;
  vi.spyOn(JSON, "parse").mockImplementation((text, reviver) => {
    longest = Math.max(longest, text.length);
    return parse(text, reviver);
  });
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const request = new Request(`https://relay.test${path}`, { method: "POST", headers, body });
  const response = await exports.default.fetch(request);
  await response.clone().text();
  vi.restoreAllMocks();
  return { longest, response };
}

afterEach(() => vi.restoreAllMocks());

test.each([
  ["/v1/messages", "metadata"],
  ["/v1/messages", "container"],
  ["/v1/messages", "fallbacks"],
  ["/v1/messages", "stream"],
  ["/v1/messages", "max_tokens"],
  ["/v1/chat/completions", "stream_options"],
  ["/v1/chat/completions", "n"],
  ["/v1/responses", "prompt"],
  ["/v1/responses", "previous_response_id"],
  ["/v1/audio/speech", "input"],
  ["/v1beta/models/m:generateContent", "model"],
])("%s does not parse a %s of a megabyte", async (path, member) => {
  behave({ status: 400 });
  const more = member === "stream" ? "" : '"stream":true,';
  expect((await parsedBy(path, `{${more}"model":"m","messages":[],"${member}":${LISTS}}`)).longest).toBeLessThan(
    100_000,
  );
});

test("Code Assist's envelope is opened without parsing what is in it", async () => {
  behave({ status: 400 });
  const { longest } = await parsedBy("/v1internal:generateContent", `{"model":"m","request":{"contents":${LISTS}}}`);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.body).toBe(`{"contents":${LISTS}}`);
  expect(longest).toBeLessThan(100_000);
});

test("a count that is estimated here does not parse a large body", async () => {
  behave({ status: 404 });
  const body = `{"model":"m","messages":${LISTS}}`;
  const { longest, response } = await parsedBy("/v1/messages/count_tokens", body);
  expect(await response.json()).toEqual({ input_tokens: Math.ceil(body.length / 4) });
  expect(longest).toBeLessThan(100_000);
});

test("a text to be spoken that is too long to be read is reserved for, a character for a byte", async () => {
  const text = "a".repeat(100_000);
  behave({ chunks: ["sound"], headers: { "content-type": "audio/mpeg" } });
  const { key, id } = await makeKey();
  const headers = { "x-api-key": key, "content-type": "application/json" };
  const body = JSON.stringify({ model: "tts-1", input: text });
  const response = await exports.default.fetch(
    new Request("https://relay.test/v1/audio/speech", { method: "POST", headers, body }),
  );
  await response.text();
  expect(await rows(id)).toMatchObject([{ characters: body.length }]);
});
