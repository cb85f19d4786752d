/** Whatever an upstream of Google's sends, the client gets a stream of its own format; whatever the hub has, Google gets a request. */

import { expect, test } from "vitest";
import { FROM_MESSAGES } from "../../../../src/protocols/translate/from-messages/half.ts";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import { carriedParts } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import fc from "../../../fast-check.ts";
import { ASKED } from "../requests.ts";
import { messagesViolations } from "../validators/messages.ts";
import { assistant, bodyOf, call, GEMINI_2_5, result, user, write } from "./ask.ts";

const word = fc.constantFrom<unknown>("", "x", 1, null, true, {}, [], [null]);
const part = fc.oneof(
  word,
  fc.dictionary(
    fc.constantFrom(
      "text",
      "thought",
      "thoughtSignature",
      "functionCall",
      "inlineData",
      "executableCode",
      "toolCall",
      "toolResponse",
    ),
    fc.oneof(word, fc.record({ name: word, args: word, id: word, code: word, mimeType: word })),
  ),
);
const candidate = fc.oneof(
  word,
  fc.record(
    {
      content: fc.oneof(word, fc.record({ parts: fc.oneof(word, fc.array(part, { maxLength: 4 })) })),
      finishReason: fc.constantFrom<unknown>("STOP", "MALFORMED_FUNCTION_CALL", "SAFETY", "", 7, null),
      groundingMetadata: fc.oneof(
        word,
        fc.record({
          webSearchQueries: fc.oneof(word, fc.array(word)),
          groundingChunks: fc.oneof(word, fc.constant([{ web: { uri: "https://a.test" } }, 7])),
          groundingSupports: fc.oneof(
            word,
            fc.constant([{ segment: 7, groundingChunkIndices: [0, 1, "0", -1, 1e9] }, {}]),
          ),
        }),
      ),
    },
    { requiredKeys: [] },
  ),
);
const event = fc.oneof(
  word,
  fc.record(
    {
      candidates: fc.oneof(word, fc.array(candidate, { maxLength: 2 })),
      usageMetadata: fc.oneof(
        word,
        fc.record({ promptTokenCount: word, candidatesTokenCount: fc.constantFrom<unknown>(-1, 3, "4") }),
      ),
      promptFeedback: fc.oneof(word, fc.record({ blockReason: word })),
      responseId: word,
      response: word,
      error: fc.oneof(fc.constant(undefined), word),
    },
    { requiredKeys: [] },
  ),
);

test("events of any shape are a stream of the client's own format, and no event is thought useless by mistake", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (events) => {
      const { answer } = write({});
      const reader = answer.stream();
      const read = FROM_MESSAGES.read(
        { messages: [{ role: "user", content: "a" }], max_tokens: 1, thinking: { type: "adaptive" } },
        ASKED,
      );
      if (!read.ok) throw new Error("refused");
      const writer = read.value.answer.stream();
      const data = events.map((each) => JSON.stringify(each) ?? "");
      for (const each of data) answer.isUseless?.(each);
      const said = [...data.flatMap((each) => reader.read(each)), ...reader.end()];
      const over = said.some(({ type }) => type === "end" || type === "error");
      const text = said.map((each) => writer.write(each)).join("") + (over ? "" : writer.broken("It broke off."));
      expect(messagesViolations(text)).toEqual([]);
      for (const each of events) {
        if (typeof each === "object" && each !== null && !Array.isArray(each)) answer.whole(each as Json);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a request of very many parts is written like any other", () => {
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBO" } } as const;
  const many = Array.from({ length: 200_000 }, () => image);
  const hosted = Array.from({ length: 200_000 }, () => ({ toolCall: {} }));
  const thinking = { type: "thinking", thinking: "", signature: carriedParts(hosted) } as const;
  const messages = [user("a"), assistant(thinking, call("1")), user(result("1", many))];
  const { contents } = bodyOf({ messages }, GEMINI_2_5) as { contents: { parts: unknown[] }[] };
  expect(contents.map(({ parts }) => parts.length)).toEqual([1, 200_001, 200_001]);
});
