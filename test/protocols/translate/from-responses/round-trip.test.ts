/** A conversation that goes to an upstream as items of the Responses API is read out of those items again as it was. */

import { expect, test } from "vitest";
import type { HubBlock, HubMessage, HubToolResult, Json } from "../../../../src/protocols/translate/hub.ts";
import { TO_RESPONSES } from "../../../../src/protocols/translate/to-responses/half.ts";
import fc from "../../../fast-check.ts";
import { requests } from "../arbitraries.ts";
import { UPSTREAM } from "../requests.ts";
import { read } from "./asked.ts";

/** Items have no word for a result that is an error, and texts that follow each other in a turn or in a result are one. */
function plain({ role, content }: HubMessage): HubMessage {
  const blocks = role === "assistant" ? joined(content, "") : content;
  return { role, content: blocks.map((block) => (block.type === "tool_result" ? plainResult(block) : block)) };
}

function plainResult(result: HubToolResult): HubToolResult {
  const isText = result.content.every(({ type }) => type === "text");
  return { ...result, content: isText ? joined(result.content, "\n") : result.content, is_error: false };
}

function joined<Block extends HubBlock>(content: Block[], between: string): Block[] {
  const blocks: Block[] = [];
  for (const block of content) {
    const last = blocks.at(-1);
    if (last?.type === "text" && block.type === "text") last.text += between + block.text;
    else blocks.push(structuredClone(block));
  }
  return blocks;
}

test("texts, pictures, calls, results and tools survive conversations of up to 30 turns", () => {
  fc.assert(
    fc.property(requests(30, { thinking: false }), (generated) => {
      const hub = { ...generated, stopSequences: [], messages: generated.messages.map(plain) };
      const written = TO_RESPONSES.write(hub, UPSTREAM);
      if (!written.ok) throw new Error(JSON.stringify(written.refusal));
      const body = JSON.parse(JSON.stringify(written.value.body)) as Json;
      const { hub: back } = read(body, { stream: hub.stream });
      expect(back.messages.map(plain)).toEqual(hub.messages);
      expect(back.system.map(({ text }) => text).join("\n\n")).toBe(hub.system.map(({ text }) => text).join("\n\n"));
      expect(back.tools).toEqual(hub.tools);
      expect([back.maxTokens, back.temperature, back.stream]).toEqual([hub.maxTokens, hub.temperature, hub.stream]);
    }),
    { numRuns: 50 },
  );
});
