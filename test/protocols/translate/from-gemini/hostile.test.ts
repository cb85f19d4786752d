/** Whatever a client of Google's sends, it gets an answer: a request that is understood, or a refusal. */

import { describe, expect, test } from "vitest";
import { FROM_GEMINI } from "../../../../src/protocols/translate/from-gemini/half.ts";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import fc from "../../../fast-check.ts";
import { ASKED } from "../requests.ts";

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("text", "user", "model", "function", "OBJECT", "ANY", "application/json", "ZWRnZS1yZWxheS5hLg==", ""),
);
const members = fc.dictionary(
  fc.constantFrom(
    ...[
      "text",
      "thought",
      "thoughtSignature",
      "thought_signature",
      "inlineData",
      "file_data",
      "functionCall",
      "functionResponse",
    ],
    ...[
      "toolCall",
      "name",
      "id",
      "args",
      "response",
      "output",
      "error",
      "parts",
      "mimeType",
      "data",
      "fileUri",
      "role",
    ],
    ...[
      "functionDeclarations",
      "googleSearch",
      "parameters",
      "parametersJsonSchema",
      "type",
      "properties",
      "items",
      "anyOf",
    ],
    ...[
      "mode",
      "allowedFunctionNames",
      "functionCallingConfig",
      "thinkingConfig",
      "thinkingBudget",
      "responseSchema",
      "__proto__",
    ],
  ),
  fc.oneof(
    value,
    fc.dictionary(fc.constantFrom("name", "id", "args", "response", "data", "mimeType", "parts", "type"), value),
  ),
  { maxKeys: 4 },
);
const some = fc.oneof(value, members);
const content = fc.record(
  {
    role: fc.constantFrom("user", "model", "function", "x", null),
    parts: fc.oneof(some, fc.array(some, { maxLength: 4 })),
  },
  { requiredKeys: [] },
);
const body = fc.record(
  {
    ...{
      contents: fc.oneof(some, fc.array(fc.oneof(content, some), { maxLength: 4 })),
      systemInstruction: fc.oneof(content, some),
    },
    ...{ tools: fc.oneof(some, fc.array(some)), toolConfig: some, generationConfig: some, cachedContent: value },
    ...{ generateContentRequest: some, safetySettings: value },
  },
  { requiredKeys: ["contents"] },
);

function read(given: unknown) {
  return FROM_GEMINI.read(JSON.parse(JSON.stringify(given)) as Json, ASKED);
}

describe("a body of any shape", () => {
  test("is read or refused", () => {
    fc.assert(
      fc.property(body, (asked) => {
        const result = read(asked);
        if (!result.ok) {
          expect(result.refusal.reason).toBe("member_refused");
          return;
        }
        expect(result.value.hub.messages.every(({ content: blocks }) => blocks.length > 0)).toBe(true);
        for (const tool of result.value.hub.tools) {
          if (tool.type === "function") expect(tool.input_schema).toHaveProperty("type");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("of many calls and responses takes no longer than they are many", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => index);
    const calls = many.map((index) => ({ functionCall: { name: "x", id: `c${index}` } }));
    const responses = many.map((index) => ({ functionResponse: { name: "y", id: `c${many.length - 1 - index}` } }));
    const result = read({ contents: [{ role: "model", parts: calls }, { parts: [...responses, ...responses] }] });
    expect(result.ok && result.value.hub.messages.map(({ content: blocks }) => blocks.length)).toEqual([
      100_000, 200_000,
    ]);
    const thoughts = many.map(() => ({ text: "a", thought: true }));
    expect(read({ contents: [{ role: "model", parts: thoughts }] }).ok).toBe(true);
  });
});
