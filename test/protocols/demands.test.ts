/** What a request is seen to ask for, in the bytes of its body. */

import { describe, expect, test } from "vitest";
import { DemandReader } from "../../src/protocols/demands.ts";
import { walkTopLevel } from "../../src/protocols/scan.ts";
import { carry } from "../../src/protocols/translate/carried.ts";
import fc from "../fast-check.ts";

function demandsOf(body: unknown) {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  const reader = new DemandReader(bytes);
  expect(walkTopLevel(bytes, () => undefined, reader)).toMatchObject({ ok: true });
  return reader.demands();
}

const content = (...blocks: object[]) => ({ model: "m", messages: [{ role: "user", content: blocks }] });
const picture = (characters: number) => ({ type: "base64", media_type: "image/png", data: "A".repeat(characters) });

describe("references, which can fill the context window", () => {
  test.each<[string, unknown]>([
    ["a document's URL", content({ type: "document", source: { type: "url", url: "https://x.test" } })],
    ["a file's id", content({ type: "document", source: { type: "file", file_id: "file_1" } })],
    ["a picture's URL", content({ type: "image_url", image_url: { url: "https://x.test/a.png" } })],
    [
      "a picture's URL behind another member",
      content({ type: "image_url", image_url: { detail: "low", url: "https://x" } }),
    ],
    [
      "a picture's URL behind a type of its own",
      content({ type: "image_url", image_url: { type: "image", url: "https://x.test/a.png" } }),
    ],
    [
      "a picture's second URL",
      '{"image_url":{"url":"data:image/png;base64,","type":"x","url":"https://x.test/a.png"}}',
    ],
    ["a plugin of OpenRouter's", { model: "m", messages: [], plugins: [{ id: "web" }] }],
    ["a picture's bare URL", { input: [{ content: [{ type: "input_image", image_url: "https://x.test/a.png" }] }] }],
    ["an earlier response", { model: "m", input: "hi", previous_response_id: "resp_1" }],
    ["a stored item", { model: "m", input: [{ type: "item_reference", id: "msg_1" }] }],
    ["cached content", { contents: [], cachedContent: "cachedContents/1" }],
    ["a Gemini file", { contents: [{ parts: [{ fileData: { fileUri: "https://x.test" } }] }] }],
    ["an MCP server", { model: "m", tools: [{ type: "mcp", server_url: "https://x.test" }] }],
    ["a name with an escaped letter", String.raw`{"input":[{"type":"input_file","file\u005fid":"file_1"}]}`],
    ["much white space", `{"input":[{"file_id"${" ".repeat(500)}:${"\n".repeat(500)}"file_1"}]}`],
    ["much white space before a type", `{"input":[{"type":${" ".repeat(500)}"item_reference","id":"msg_1"}]}`],
    ["more names than are told apart", `{"input":[${'{"url":1},'.repeat(100_000)}{"file_id":"file_1"}]}`],
    ["white space around the colon", '{"input":[{"file_id"\n :\t"file_1"}]}'],
  ])("%s", (_, body) => {
    expect(demandsOf(body).refers).toBe(true);
  });

  test.each<[string, unknown]>([
    ["plain text", content({ type: "text", text: 'say "file_id": "x" and "url": "https://x.test"' })],
    [
      "a picture in the body",
      content({ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(999)}` } }),
    ],
    [
      "a tool's schema",
      {
        tools: [
          {
            name: "t",
            input_schema: { properties: { file_id: { type: "string" }, url: {}, prompt: {}, container: {} } },
          },
        ],
      },
    ],
    [
      "a tool that is the client's own",
      {
        tools: [
          { type: "function", name: "web_search" },
          { type: "custom", name: "mcp" },
        ],
      },
    ],
    ["the input of a client's tool", content({ type: "tool_use", name: "WebFetch", input: { url: "https://x.test" } })],
  ])("not %s", (_, body) => {
    expect(demandsOf(body)).toMatchObject({ refers: false, most: {} });
  });

  test("a reference is seen wherever it lies among whatever else", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        fc.constantFrom("file_id", "fileUri", "previous_response_id"),
        (before, after, name) => {
          expect(demandsOf({ a: before, b: [{ [name]: "x" }], c: after }).refers).toBe(true);
        },
      ),
    );
  });
});

describe("hosted tools", () => {
  test("reserve the calls that the request allows, and ten where it says nothing", () => {
    const web = { type: "web_search_20250305", name: "web_search", max_uses: 25 };
    expect(demandsOf({ tools: [web] }).most).toEqual({ webSearches: 25 });
    expect(
      demandsOf({ tools: [{ type: "web_search" }, { type: "file_search", vector_store_ids: ["vs"] }] }).most,
    ).toEqual({
      webSearches: 10,
      fileSearches: 10,
    });
    expect(demandsOf({ tools: [{ googleSearch: {} }] }).most).toEqual({ webSearches: 10 });
    expect(demandsOf({ tools: [{ type: "code_interpreter", container: { type: "auto" } }] }).most).toEqual({
      codeSessions: 10,
    });
    expect(demandsOf({ tools: [{ type: "shell", environment: { type: "container_auto" } }] }).most).toEqual({
      codeSessions: 10,
    });
  });
});

test.each(["web_search_2025_08_26", "web_search_preview_2025_03_11", "web_search_preview", "web_search_20260209"])(
  "a web search is seen under the name %s",
  (type) => {
    expect(demandsOf({ tools: [{ type }] })).toMatchObject({ refers: true, most: { webSearches: 10 } });
  },
);

test.each([
  ["25", 25],
  ['"25"', 25],
  ["1e3", 1_000],
  ["2.5e+2", 250],
  ["1e400", 999_999],
  ["3", 10],
  ["null", 10],
])("calls that are bounded by %s are reserved as %i", (written, calls) => {
  expect(demandsOf(`{"tools":[{"type":"web_search_20250305","max_uses":${written}}]}`).most).toEqual({
    webSearches: calls,
  });
});

describe("an object that is nothing but an id", () => {
  test.each(['{"id":"msg_1"}', '{ "id" : "msg_1" }', '{"\\u0069d":"msg_1"}', '{"type":null,"id":"msg_1"}'])(
    "is seen: %s",
    (item) => {
      expect(demandsOf(`{"input":[${item}]}`).bareId).toBe(true);
    },
  );
  test.each(['{"id":"msg_1","role":"user"}', '{"role":"user","id":"msg_1"}', '{"id":{}}', '{"ids":"x"}'])(
    "is not: %s",
    (item) => {
      expect(demandsOf(`{"input":[${item}]}`).bareId).toBe(false);
    },
  );
});

describe("the estimated input", () => {
  test("takes text at four bytes a token", () => {
    const text = "word ".repeat(10_000);
    expect(demandsOf(content({ type: "text", text })).inputTokens).toBeGreaterThan(12_500);
    expect(demandsOf(content({ type: "text", text })).inputTokens).toBeLessThan(12_600);
  });

  test("does not take a picture for text, whatever its format", () => {
    for (const body of [
      content({ type: "image", source: picture(4_000_000) }),
      content({ type: "image_url", image_url: { url: `data:image/jpeg;base64,${"A".repeat(4_000_000)}` } }),
      { contents: [{ parts: [{ inlineData: { mimeType: "image/png", data: "A".repeat(4_000_000) } }] }] },
    ]) {
      expect(demandsOf(body).inputTokens).toBeLessThan(2_000);
      expect(demandsOf(body).inputTokens).toBeGreaterThan(250);
    }
  });

  test("takes a plain text document for text", () => {
    const source = { type: "text", media_type: "text/plain", data: "word ".repeat(10_000) };
    expect(demandsOf(content({ type: "document", source })).inputTokens).toBeGreaterThan(12_500);
  });
});

describe("what one provider wants back, got through another's format", () => {
  const carries = (body: object) => demandsOf(body).carries;
  const carried = carry("gemini", "signed");

  test.each([
    ["thinking", { messages: [{ content: [{ type: "thinking", thinking: "Hm.", signature: carried }] }] }],
    ["redacted thinking", { messages: [{ content: [{ type: "redacted_thinking", data: carried }] }] }],
    ["a search", { content: [{ content: [{ type: "web_search_result", encrypted_content: carried }] }] }],
    ["a citation", { content: [{ citations: [{ encrypted_index: carried }] }] }],
    ["an item", { input: [{ type: "reasoning", encrypted_content: carried }] }],
    ["a part of Gemini's", { contents: [{ parts: [{ thoughtSignature: Buffer.from(carried).toString("base64") }] }] }],
  ])("is seen in %s", (_, body) => expect(carries(body)).toBe(true));

  test("is no word of the conversation, and no provider's own", () => {
    expect(carries({ messages: [{ content: `signature: ${carried}` }, { signature: "EqQBCkYIBxgCKkA" }] })).toBe(false);
  });
});

describe("a file in a cloud's storage", () => {
  const file = (value: string, name = "fileUri") => `{"contents":[{"parts":[{"fileData":{"${name}":"${value}"}}]}]}`;

  test.each<[string, string]>([
    ["plainly", file("gs://b/x")],
    ["in capitals", file("GS://b/x")],
    ["with escaped letters", file(String.raw`\u0067\u0073\u003a//b/x`)],
    ["behind space", file(String.raw` \u0020gs://b/x`)],
    ["by an escaped name", file("gs://b/x", String.raw`f\u0069leUri`)],
    ["behind other members", '{"fileData":{"mimeType":"}\\"","fileUri":"gs://b/x"}}'],
    [
      "behind more escaped names than are looked at",
      `{"a":[${String.raw`{"file\u005fid":1},`.repeat(1_001)}${file("gs://b/x", String.raw`f\u0069leUri`)}]}`,
    ],
    ["behind more names than are told apart", `{"a":[${'{"url":1},'.repeat(100_000)}${file("gs://b/x")}]}`],
  ])("is seen where it stands %s", (_, body) => {
    expect(demandsOf(body).inCloud).toBe(true);
  });

  test.each<[string, string]>([
    ["an address of the web", file("https://x.test/gs:")],
    ["an argument of a function", '{"args":{"fileUri":"gs://b/x"}}'],
    ["an argument behind a file", '[{"fileData":{"fileUri":"https://x"}},{"args":{"fileUri":"gs://b/x"}}]'],
  ])("is not %s", (_, body) => {
    expect(demandsOf(body.startsWith("[") ? `{"contents":${body}}` : body).inCloud).toBe(false);
  });
});
