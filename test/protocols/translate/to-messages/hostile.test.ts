/** Whatever an upstream sends, the client gets a stream of its own format. */

import { expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import fc from "../../../fast-check.ts";
import { read } from "../from-messages/asked.ts";
import { messagesViolations } from "../validators/messages.ts";
import { write } from "./writing.ts";

const index = fc.constantFrom<unknown>(0, 1, 2, "0", undefined);
const word = fc.constantFrom<unknown>("", "x", 1, null, undefined, {});
const blocks = fc.record({
  type: fc.constantFrom<unknown>(
    "text",
    "thinking",
    "tool_use",
    "server_tool_use",
    "web_search_tool_result",
    "smell",
    1,
  ),
  ...{
    text: word,
    thinking: word,
    signature: word,
    id: word,
    input: fc.constantFrom<unknown>({}, { a: 1 }, "{}", null),
  },
  name: fc.constantFrom<unknown>("web_search", "a"),
  content: fc.constantFrom<unknown>([], [{ url: "https://a.example" }, 1], "x"),
});
const deltas = fc.record({
  type: fc.constantFrom("text_delta", "thinking_delta", "input_json_delta", "signature_delta", "citations_delta", "x"),
  ...{ text: word, thinking: word, partial_json: word, signature: word, citation: word },
});
const event: fc.Arbitrary<Json> = fc.oneof(
  fc.record({ type: fc.constant("message_start"), message: fc.constantFrom<unknown>({ id: "m" }, {}, null) }),
  fc.record({ type: fc.constant("content_block_start"), index, content_block: blocks }),
  fc.record({ type: fc.constant("content_block_delta"), index, delta: deltas }),
  fc.record({ type: fc.constant("content_block_stop"), index }),
  fc.record({
    type: fc.constant("message_delta"),
    delta: fc.record({ stop_reason: fc.constantFrom<unknown>("end_turn", "tool_use", "x", null), stop_sequence: word }),
    usage: fc.constantFrom<unknown>({ output_tokens: 3 }, { output_tokens: -1 }, null),
  }),
  fc.constant({ type: "message_stop" }),
  fc.record({ type: fc.constant("error"), error: word }),
);

/** What depends on what the upstream has said, and not on its order. */
const ABOUT_CONTENT = /arguments are an object|no block of text is empty/;

test("events in any order and of any shape are a stream of the client's own format", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const reader = write({}).answer.stream();
      const writer = read({ thinking: { type: "adaptive" } }).answer.stream();
      const said = [...events.flatMap((each) => reader.read(JSON.stringify(each))), ...reader.end()];
      const over = said.some(({ type }) => type === "end" || type === "error");
      const text = said.map((each) => writer.write(each)).join("") + (over ? "" : writer.broken("It broke off."));
      expect(messagesViolations(text).filter((words) => !ABOUT_CONTENT.test(words))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});
