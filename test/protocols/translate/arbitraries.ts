/** Generates well-formed answers, streams and conversations of the hub, for tests of writers and round trips. */

import { eventsOf } from "../../../src/protocols/translate/compose.ts";
import type {
  HubAnswer,
  HubAnswerBlock,
  HubBlock,
  HubEvent,
  HubImage,
  HubMessage,
  HubRequest,
  HubText,
  HubTool,
  HubToolResult,
  HubToolUse,
  Json,
  StopReason,
} from "../../../src/protocols/translate/hub.ts";
import { NO_USAGE, type Usage } from "../../../src/vocabulary.ts";
import fc from "../../fast-check.ts";

/** What an answer or a conversation may contain besides text and calls. */
export interface Contents {
  thinking?: boolean;
  /** Whether thinking may also precede later texts and calls, and may show no text. */
  interleaved?: boolean;
  /** Whether texts cite pages. */
  citations?: boolean;
  search?: boolean;
  images?: boolean;
}

/** A text that is not blank, with characters that confuse parsers of streams. */
export const words: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).filter((text) => /\S/.test(text)),
  },
  fc.constantFrom(
    "Hello",
    'data: {"a":"b"}\n\nevent: error',
    "line\r\nline",
    "\u2028 你好 🚀",
    "[DONE]",
    "<think>x</think>",
  ),
);

const names = fc.constantFrom("Read", "Bash", "constructor", "mcp__server__a-tool", "t".repeat(64));
const ids = fc.stringMatching(/^[A-Za-z0-9_-]{4,24}$/).map((id) => `call_${id}`);

/** Arguments of a call. */
export const inputs: fc.Arbitrary<Json> = fc.oneof(
  fc.constant({}),
  fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
) as fc.Arbitrary<Json>;

const counts = fc.integer({ min: 1, max: 200_000 });

/** Counts that every format has: without writes to a one-hour cache, for which most have no word. */
export const usages: fc.Arbitrary<Usage> = fc
  .record({
    ...{ input: counts, cacheRead: fc.nat(100_000), cacheWrite5m: fc.constantFrom(0, 1_000) },
    ...{ output: counts, reasoning: fc.nat(1) },
  })
  .map((counted) => ({ ...NO_USAGE, ...counted }));

const texts: fc.Arbitrary<HubText> = words.map((text) => ({ type: "text", text }));
const thoughts: fc.Arbitrary<HubAnswerBlock> = fc.oneof(
  fc.record({ type: fc.constant("thinking" as const), thinking: words, signature: fc.constantFrom("", "c2lnbmVk") }),
  fc.record({ type: fc.constant("redacted_thinking" as const), data: fc.constant("c2VhbGVk") }),
);
const hiddenThought: HubAnswerBlock = { type: "thinking", thinking: "", signature: "c2lnbmVk" };
const citedTexts: fc.Arbitrary<HubText> = fc.record({
  ...{ type: fc.constant("text" as const), text: words },
  citations: fc.array(
    fc.record({
      ...{ type: fc.constant("web_search_result_location"), url: fc.webUrl(), title: words },
      ...{ cited_text: words, encrypted_index: fc.constant("ZW5j") },
    }),
    { minLength: 1, maxLength: 2 },
  ),
});
const calls: fc.Arbitrary<HubToolUse> = fc.record({
  ...{ type: fc.constant("tool_use" as const), id: ids, name: names, input: inputs },
});

const searches: fc.Arbitrary<HubAnswerBlock[]> = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9]{4,24}$/), words)
  .map(([id, query]) => [
    { type: "server_tool_use", id: `srvtoolu_${id}`, name: "web_search", input: { query } },
    {
      type: "web_search_tool_result",
      tool_use_id: `srvtoolu_${id}`,
      content: [{ type: "web_search_result", url: "https://example.com/a", title: "A page", encrypted_content: "" }],
    },
  ]);

/** Whole answers: thinking first, then texts and calls in any order. */
export function answers(contents: Contents = {}): fc.Arbitrary<HubAnswer> {
  const { thinking = true, search = false, interleaved = false, citations = false } = contents;
  const later = interleaved ? [thoughts, fc.constant(hiddenThought)] : [];
  const said = fc.oneof(citations ? citedTexts : texts, calls, ...later).map((block): HubAnswerBlock[] => [block]);
  const pieces = search ? fc.oneof({ weight: 4, arbitrary: said }, { weight: 1, arbitrary: searches }) : said;
  return fc
    .record({
      id: fc.stringMatching(/^[A-Za-z0-9_-]{6,20}$/),
      thoughts: thinking ? fc.array(thoughts, { maxLength: 2 }) : fc.constant([]),
      said: fc.array(pieces, { minLength: 1, maxLength: 6 }),
      cut: fc.constantFrom<StopReason | null>(null, null, null, "max_tokens", "refusal"),
      usage: usages,
    })
    .map(({ id, thoughts: thought, said: blocks, cut, usage }) => {
      const content = withIdsOfTheirOwn([...thought, ...blocks.flat()]);
      const stopReason = content.some(({ type }) => type === "tool_use") ? "tool_use" : (cut ?? "end_turn");
      return { id, content, stopReason, stopSequence: null, usage };
    });
}

function withIdsOfTheirOwn<Block extends HubBlock>(blocks: Block[]): Block[] {
  return blocks.map((block, index) => {
    if (block.type === "tool_use" || block.type === "server_tool_use") return { ...block, id: `${block.id}_${index}` };
    // A result comes after its search.
    if (block.type === "web_search_tool_result") return { ...block, tool_use_id: `${block.tool_use_id}_${index - 1}` };
    return block;
  });
}

/** A stream of an answer, its deltas cut anywhere. */
export interface Streamed {
  answer: HubAnswer;
  events: HubEvent[];
}

export function streams(contents: Contents = {}): fc.Arbitrary<Streamed> {
  return fc
    .record({
      answer: answers(contents),
      sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      early: fc.boolean(),
    })
    .map(({ answer, sizes, early }) => {
      let turn = 0;
      const events = eventsOf(answer).flatMap((event): HubEvent[] => {
        // Most upstreams report their usage only at the end.
        if (event.type === "start") return [{ ...event, usage: early ? event.usage : null }];
        if (event.type !== "delta") return [event];
        return cutIn(event.text, () => sizes[turn++ % sizes.length] ?? 1).map((text) => ({ type: "delta", text }));
      });
      return { answer, events };
    });
}

/** A stream that ends in an error after any of its events. */
export function failingStreams(contents: Contents = {}): fc.Arbitrary<HubEvent[]> {
  return fc
    .tuple(streams(contents), fc.nat())
    .map(([{ events }, at]) => [
      ...events.slice(0, 1 + (at % (events.length - 1))),
      { type: "error", error: { status: 529, category: "overloaded", message: "Overloaded" } },
    ]);
}

function cutIn(text: string, size: () => number): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; ) {
    const length = size();
    pieces.push(characters.slice(at, at + length).join(""));
    at += length;
  }
  return pieces;
}

const images: fc.Arbitrary<HubImage> = fc.constantFrom(
  { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
  { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
);

interface Exchange {
  asked: HubBlock[];
  answer: HubAnswer;
  results: { content: HubToolResult["content"]; is_error: boolean }[];
}

/** Conversations that begin and end with the user, of up to `turns` turns of the assistant; each call has its result. */
export function conversations(turns = 30, contents: Contents = {}): fc.Arbitrary<HubMessage[]> {
  const shown = contents.images === false ? texts : fc.oneof({ weight: 3, arbitrary: texts }, images);
  const exchange: fc.Arbitrary<Exchange> = fc.record({
    asked: fc.array(shown, { minLength: 1, maxLength: 3 }),
    answer: answers(contents),
    results: fc.array(fc.record({ content: fc.array(shown, { maxLength: 2 }), is_error: fc.boolean() }), {
      ...{ minLength: 6, maxLength: 6 },
    }),
  });
  const last = fc.array(shown, { minLength: 1, maxLength: 3 });
  return fc
    .tuple(fc.array(exchange, { maxLength: turns }), last)
    .map(([exchanges, end]) => [...exchanges.flatMap(messagesOf), { role: "user" as const, content: end }])
    .map(merged);
}

function messagesOf({ asked, answer, results }: Exchange, turn: number): HubMessage[] {
  const content = answer.content.map((block) =>
    block.type === "tool_use" ? { ...block, id: `${block.id}_${turn}` } : block,
  );
  const made = content.filter((block) => block.type === "tool_use");
  const came = made.map(({ id }, index): HubToolResult => {
    const result = results[index % results.length] ?? { content: [], is_error: false };
    // An error must have a text.
    return { type: "tool_result", tool_use_id: id, ...result, is_error: result.is_error && result.content.length > 0 };
  });
  const messages: HubMessage[] = [
    { role: "user", content: asked },
    { role: "assistant", content },
  ];
  return came.length === 0 ? messages : [...messages, { role: "user", content: came }];
}

/** Neighbours of one role as one message, results first, as in most formats. */
function merged(messages: HubMessage[]): HubMessage[] {
  const together: HubMessage[] = [];
  for (const message of messages) {
    const before = together.at(-1);
    if (before?.role === message.role) before.content.push(...message.content);
    else together.push({ role: message.role, content: [...message.content] });
  }
  return together;
}

const tools: fc.Arbitrary<HubTool> = names.map((name) => ({
  ...{ type: "function", name, description: `Does ${name}.` },
  input_schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
}));

/** Requests with such conversations, and with members that every format has. */
export function requests(turns = 30, contents: Contents = {}): fc.Arbitrary<HubRequest> {
  return fc
    .record({
      system: fc.array(texts, { maxLength: 2 }),
      messages: conversations(turns, contents),
      tools: fc.uniqueArray(tools, { selector: (tool) => tool.type === "function" && tool.name, maxLength: 5 }),
      maxTokens: fc.option(fc.integer({ min: 2_000, max: 8_000 })),
      temperature: fc.constantFrom(null, 0, 0.5, 1),
      stopSequences: fc.constantFrom<string[]>([], ["END"]),
      stream: fc.boolean(),
    })
    .map((said) => ({ ...NOTHING_ASKED, ...said }));
}

const NOTHING_ASKED = {
  ...{ model: "asked", toolChoice: null, disableParallelToolUse: false, topP: null, topK: null, thinking: null },
  ...{ effort: null, showThinking: false, format: null, verbosity: null, user: null, session: null },
};
