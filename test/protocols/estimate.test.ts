import { describe, expect, test } from "vitest";
import { estimateTokens } from "../../src/protocols/estimate.ts";
import fc from "../fast-check.ts";

const IMAGE = "A".repeat(400_000);
const PDF = "A".repeat(200_000);
const WORDS = "lorem ipsum ".repeat(100);
const SCHEMA = { type: "object", properties: { path: { type: "string", description: WORDS } }, required: ["path"] };

/** What a content block adds to a message of the Messages API. */
function added(block: object): number {
  const ask = (content: object[]) => estimateTokens({ model: "m", messages: [{ role: "user", content }] });
  return ask([block]) - ask([]);
}

function near(value: number, expected: number): void {
  expect(value).toBeGreaterThanOrEqual(expected);
  expect(value).toBeLessThan(expected + 20);
}

describe("text", () => {
  test("counts about four characters a token, and one and a half in Chinese, Japanese and Korean", () => {
    near(added({ type: "text", text: "a".repeat(4000) }), 1000);
    near(added({ type: "text", text: "你好".repeat(750) }), 1000);
    near(added({ type: "text", text: "こんにちは".repeat(300) }), 1000);
    near(added({ type: "text", text: "안녕".repeat(750) }), 1000);
    near(added({ type: "text", text: "a".repeat(2000) + "好".repeat(750) }), 1000);
  });

  test("counts the system prompt, tools and messages of every format", () => {
    const tool = { name: "read", description: WORDS };
    const bodies = {
      anthropic: { system: [{ type: "text", text: WORDS }], tools: [{ ...tool, input_schema: SCHEMA }] },
      chat: { messages: [{ role: "system", content: WORDS }], tools: [{ function: { ...tool, parameters: SCHEMA } }] },
      responses: { instructions: WORDS, tools: [{ type: "function", ...tool, parameters: SCHEMA }] },
      gemini: {
        systemInstruction: { parts: [{ text: WORDS }] },
        tools: [{ functionDeclarations: [{ ...tool, parametersJsonSchema: SCHEMA }] }],
      },
    };
    for (const body of Object.values(bodies)) expect(estimateTokens(body)).toBeGreaterThan(900);
    near(estimateTokens(bodies.anthropic) - estimateTokens(bodies.responses), 340);
  });

  test("the same conversation costs about the same in every format", () => {
    const estimates = [
      { messages: [{ role: "user", content: WORDS }] },
      { messages: [{ role: "user", content: [{ type: "text", text: WORDS }] }] },
      { input: WORDS },
      { input: [{ role: "user", content: [{ type: "input_text", text: WORDS }] }] },
      { contents: [{ role: "user", parts: [{ text: WORDS }] }] },
      { generateContentRequest: { contents: [{ role: "user", parts: [{ text: WORDS }] }] } },
      { request: { contents: [{ role: "user", parts: [{ text: WORDS }] }] } },
      { content: { parts: [{ text: WORDS }] } },
    ].map(estimateTokens);
    for (const estimate of estimates) near(estimate, 300);
  });

  test("nothing outside the prompt counts", () => {
    const body = {
      model: WORDS,
      metadata: { user_id: WORDS },
      stream: true,
      max_tokens: 9,
      generationConfig: { a: WORDS },
    };
    expect(estimateTokens(body)).toBe(0);
  });
});

describe("every kind of block", () => {
  test.each([
    ["thinking", { type: "thinking", thinking: WORDS, signature: IMAGE }],
    ["a tool's call", { type: "tool_use", id: IMAGE, name: "read", input: { path: WORDS } }],
    ["a tool's result", { type: "tool_result", tool_use_id: IMAGE, content: [{ type: "text", text: WORDS }] }],
    ["a search result", { type: "search_result", source: "u", title: "t", content: [{ type: "text", text: WORDS }] }],
    ["a document of text", { type: "document", source: { type: "text", media_type: "text/plain", data: WORDS } }],
    [
      "a document of blocks",
      { type: "document", source: { type: "content", content: [{ type: "text", text: WORDS }] } },
    ],
    ["Chat's call", { tool_calls: [{ id: IMAGE, type: "function", function: { name: "f", arguments: WORDS } }] }],
    ["Responses' call", { type: "function_call", call_id: IMAGE, name: "f", arguments: WORDS }],
    ["Responses' result", { type: "function_call_output", call_id: IMAGE, output: WORDS }],
    ["reasoning", { type: "reasoning", summary: [{ type: "summary_text", text: WORDS }] }],
    ["sealed reasoning", { type: "reasoning", id: IMAGE, summary: [], encrypted_content: "A".repeat(1800) }],
    ["Gemini's call", { functionCall: { name: "f", args: { path: WORDS } }, thoughtSignature: IMAGE }],
    ["Gemini's result", { functionResponse: { name: "f", response: { output: WORDS } } }],
  ])("%s counts by its text, not by its ids and signatures", (_, block) => {
    const tokens = added(block);
    expect(tokens).toBeGreaterThanOrEqual(300);
    expect(tokens).toBeLessThan(335);
  });

  test.each([
    ["Anthropic's", { type: "image", source: { type: "base64", media_type: "image/png", data: IMAGE } }, 1_600],
    ["Anthropic's, by URL", { type: "image", source: { type: "url", url: "https://x" } }, 1_600],
    ["in a tool's result", { type: "tool_result", content: [{ type: "image", source: { data: IMAGE } }] }, 1_600],
    ["Chat's", { type: "image_url", image_url: { url: `data:image/png;base64,${IMAGE}` } }, 765],
    ["Chat's at low detail", { type: "image_url", image_url: { url: "https://x", detail: "low" } }, 85],
    ["Responses'", { type: "input_image", image_url: `data:image/png;base64,${IMAGE}` }, 765],
    ["Gemini's", { inlineData: { mimeType: "image/png", data: IMAGE } }, 1_120],
    ["Gemini's, by reference", { fileData: { mimeType: "image/png", fileUri: "https://x" } }, 1_120],
  ])("an image counts as one, whatever its bytes: %s", (_, block, tokens) => {
    near(added(block), tokens);
  });

  test.each([
    [
      "Anthropic's PDF",
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: PDF } },
      6_000,
    ],
    [
      "Chat's PDF",
      { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${PDF}` } },
      6_000,
    ],
    ["Responses' PDF", { type: "input_file", file_data: `data:application/pdf;base64,${PDF}` }, 6_000],
    ["Gemini's PDF", { inlineData: { mimeType: "application/pdf", data: PDF } }, 6_000],
    ["a PDF elsewhere", { type: "document", source: { type: "url", url: "https://x" } }, 2_000],
    ["a file elsewhere", { type: "input_file", file_id: "file_1" }, 2_000],
    ["Chat's sound", { type: "input_audio", input_audio: { format: "mp3", data: PDF } }, 300],
    ["Gemini's video", { inlineData: { mimeType: "video/mp4", data: PDF } }, 300],
  ])("a file counts by its size: %s", (_, block, tokens) => {
    near(added(block), tokens);
  });

  test("a schema's member called id, type or image is part of the schema", () => {
    const schema = (name: string) => ({ tools: [{ parameters: { properties: { [name]: { description: WORDS } } } }] });
    for (const name of ["id", "type", "image", "signature", "call_id"]) near(estimateTokens(schema(name)), 300);
  });
});

describe("anything", () => {
  test("is a finite count, never an exception", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const body = { messages: value, system: value, tools: value, input: value, contents: value };
        expect(estimateTokens(body)).toBeGreaterThanOrEqual(0);
        expect(Number.isSafeInteger(estimateTokens(value))).toBe(true);
      }),
    );
  });

  test("may nest deeper than a stack reaches", () => {
    let nested: unknown = "deep";
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    expect(estimateTokens({ messages: nested })).toBe(1);
  });
});
