/** Whatever a client sends, it gets an answer: a request that is understood, or a refusal. */

import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import { balanced } from "../../../../src/protocols/translate/turns.ts";
import fc from "../../../fast-check.ts";
import { reading } from "./asked.ts";

/** What stands in requests, and what does not. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    "text",
    "user",
    "assistant",
    "system",
    "tool_use",
    "tool_result",
    "thinking",
    "image",
    "document",
    "",
  ),
);
const block: fc.Arbitrary<unknown> = fc.oneof(
  value,
  fc.dictionary(
    fc.constantFrom(
      ...["type", "text", "id", "name", "input", "content", "tool_use_id", "source", "data", "media_type", "url"],
      ...["signature", "citations", "cache_control", "title", "query", "tool", "__proto__"],
    ),
    fc.oneof(
      value,
      fc.constantFrom({ type: "base64", media_type: "image/png", data: "" }, { type: "content", content: [] }),
    ),
  ),
);
const message = fc.record(
  {
    role: fc.constantFrom("user", "assistant", "system", "tool"),
    content: fc.oneof(value, fc.array(block, { maxLength: 4 })),
    output_config: value,
    clear_at: fc.constantFrom("next_user_message", "never", 1),
  },
  { requiredKeys: [] },
);
const body = fc.record(
  {
    ...{ system: fc.oneof(value, fc.array(block)), tools: fc.array(block), tool_choice: block, thinking: block },
    ...{ output_config: block, output_format: block, metadata: block, stop_sequences: value, cache_control: block },
    ...{ max_tokens: value, temperature: value, messages: fc.oneof(value, fc.array(fc.oneof(message, value))) },
  },
  { requiredKeys: [] },
);

describe("a body of any shape", () => {
  test("is read or refused, and the same as JSON's own parser makes it", () => {
    fc.assert(
      fc.property(body, (asked) => {
        const result = reading(JSON.parse(JSON.stringify(asked)) as Json);
        if (!result.ok) {
          expect(result.refusal.reason).toBe("member_refused");
          return;
        }
        const { hub } = result.value;
        expect(hub.messages.length).toBeGreaterThan(0);
        expect(hub.messages.every(({ content }) => content.length > 0)).toBe(true);
        const turns = balanced(hub.messages);
        expect(balanced(turns)).toBe(turns);
      }),
      { numRuns: 1_000 },
    );
  });

  test("of many blocks takes no longer than they are many", () => {
    const content = Array.from({ length: 100_000 }, () => ({ type: "tool_result", tool_use_id: "t", content: "x" }));
    const result = reading({ messages: [{ role: "user", content }], tools: content.map(() => ({ type: "bash_1" })) });
    expect(result.ok && result.value.hub.messages[0]?.content.length).toBe(100_000);
    expect(result.ok && balanced(result.value.hub.messages)[0]?.content.length).toBe(200_000);
  });
});
