/** Answers of any make, as hub values and as the events that stream them in pieces. */
import fc from "fast-check";
import { eventsOf } from "../../../src/protocols/translate/compose.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent, StopReason } from "../../../src/protocols/translate/hub.ts";
import { NO_USAGE } from "../../../src/vocabulary.ts";

const words = fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }));
const name = fc.constantFrom("look", "see", "patch", "constructor", "mcp__a__b-c");
const input = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 });
const citation = fc.record({
  type: fc.constant("web_search_result_location"),
  url: fc.webUrl(),
  title: fc.string(),
  cited_text: fc.string(),
  encrypted_index: fc.string(),
});
const search = fc.record({
  type: fc.constant("server_tool_use" as const),
  id: fc.constant("srvtoolu_1"),
  name: fc.constant("web_search" as const),
  input: fc.record({ query: fc.string() }),
});

const block: fc.Arbitrary<HubAnswerBlock> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text: words }),
  fc.record({ type: fc.constant("text" as const), text: words, citations: fc.array(citation, { maxLength: 2 }) }),
  fc.record({ type: fc.constant("thinking" as const), thinking: words, signature: fc.string() }),
  fc.record({ type: fc.constant("thinking" as const), thinking: fc.constant(""), signature: words }),
  fc.record({ type: fc.constant("redacted_thinking" as const), data: words }),
  fc.record({ type: fc.constant("tool_use" as const), id: fc.uuid(), name, input }),
  search,
);

const count = fc.nat(100_000);
const usage = fc
  .record({ input: count, cacheWrite5m: count, cacheWrite1h: count, cacheRead: count, output: count })
  .chain((counts) => fc.nat(counts.output).map((reasoning) => ({ ...NO_USAGE, ...counts, reasoning })));

const ENDS: readonly StopReason[] = [
  ...(["end_turn", "max_tokens", "stop_sequence", "pause_turn", "refusal", "model_context_window_exceeded"] as const),
];

/** Whole answers with any blocks. One with calls ends for them, or at its limit. */
export const answers: fc.Arbitrary<HubAnswer> = fc
  .record({
    id: fc.constantFrom("msg_01", "resp_1", ""),
    content: fc.uniqueArray(block, { maxLength: 7, selector: (each) => ("id" in each ? each.id : each) }),
    stopReason: fc.constantFrom(...ENDS),
    stopSequence: fc.constant(null),
    usage,
  })
  .map((answer) => {
    const calls = answer.content.some(({ type }) => type === "tool_use");
    return calls && answer.stopReason !== "max_tokens" ? { ...answer, stopReason: "tool_use" as const } : answer;
  });

/** The events of the answer, with its texts in pieces of the given sizes (repeated). */
export function eventsInPieces(answer: HubAnswer, sizes: readonly number[]): HubEvent[] {
  let turn = 0;
  return eventsOf(answer).flatMap((event) => {
    if (event.type !== "delta" || event.text === "") return [event];
    const pieces: HubEvent[] = [];
    for (let at = 0; at < event.text.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push({ type: "delta", text: event.text.slice(at, at + size) });
      at += size;
    }
    return pieces;
  });
}

/** Sizes of pieces, of text or of bytes. */
export const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });
