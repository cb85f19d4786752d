/** A conversation as Chat has it, read again: what an upstream is asked is what the client has said. */

import { expect, test } from "vitest";
import type { HubBlock, HubMessage, HubRequest } from "../../../src/protocols/translate/hub.ts";
import { NO_QUIRKS } from "../../../src/protocols/translate/quirks.ts";
import { TO_CHAT } from "../../../src/protocols/translate/to-chat/half.ts";
import fc from "../../fast-check.ts";
import { requests } from "./arbitraries.ts";
import { read } from "./from-chat/reading.ts";
import { UPSTREAM } from "./requests.ts";

/** A service that takes all that Chat has a place for. */
const QUIRKS = { ...NO_QUIRKS, reasoningHistory: "reasoning_content" as const, imagesInToolResults: true };

function throughChat(hub: HubRequest): HubRequest {
  const written = TO_CHAT.write(hub, { ...UPSTREAM, official: false, quirks: QUIRKS });
  if (!written.ok) throw new Error(JSON.stringify(written.refusal));
  return read(JSON.parse(JSON.stringify(written.value.body))).hub;
}

/** What a turn says, without what Chat cannot tell apart: where one text ends and the next begins, and whose a signature is. */
function told({ role, content }: HubMessage): object {
  const of = <Type extends HubBlock["type"]>(type: Type) =>
    content.filter((block): block is Extract<HubBlock, { type: Type }> => block.type === type);
  return {
    role,
    thinking: squeezed(of("thinking").map(({ thinking }) => thinking)),
    text: squeezed(of("text").map(({ text }) => text)),
    images: of("image"),
    calls: of("tool_use"),
    results: of("tool_result").map(({ tool_use_id, content: blocks, is_error }) => ({
      tool_use_id,
      text: squeezed([is_error ? (blocks[0]?.type === "text" ? "Error: " : "Error") : "", ...textsOf(blocks)]),
      images: blocks.filter(({ type }) => type === "image"),
    })),
  };
}

const textsOf = (blocks: HubBlock[]) => blocks.flatMap((block) => (block.type === "text" ? [block.text] : []));
const squeezed = (texts: string[]) => texts.join("").replace(/\s/g, "");

/** Neighbours of one role as one message. */
function merged(messages: readonly HubMessage[]): HubMessage[] {
  const together: HubMessage[] = [];
  for (const { role, content } of messages) {
    const last = together.at(-1);
    if (last?.role === role) last.content.push(...content);
    else together.push({ role, content: [...content] });
  }
  return together;
}

test("text, pictures, calls, results, thinking and tools of 30 turns come through Chat as they were", () => {
  fc.assert(
    fc.property(requests(30), (hub) => {
      const back = throughChat(hub);
      expect(merged(back.messages).map(told)).toEqual(merged(hub.messages).map(told));
      expect(squeezed(textsOf(back.system))).toBe(squeezed(textsOf(hub.system)));
      const { tools, maxTokens, temperature, stopSequences } = hub;
      expect(back).toMatchObject({ tools, maxTokens, temperature, stopSequences });
    }),
    { numRuns: 60 },
  );
});
