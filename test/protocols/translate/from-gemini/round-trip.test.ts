import { expect, test } from "vitest";
import { FROM_GEMINI } from "../../../../src/protocols/translate/from-gemini/half.ts";
import type { HubBlock, HubMessage, HubToolResult } from "../../../../src/protocols/translate/hub.ts";
import { TO_GEMINI } from "../../../../src/protocols/translate/to-gemini/half.ts";
import { carriedSignature } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import fc from "../../../fast-check.ts";
import { requests } from "../arbitraries.ts";
import { ASKED } from "../requests.ts";
import { GEMINI_3 } from "../to-gemini/ask.ts";

/** As Google signs: each block of thinking belongs to the part behind it, and there is one for each part. None is sealed. */
function signedByGoogle({ role, content: given }: HubMessage): HubMessage {
  const opened = given.filter(({ type }) => type !== "redacted_thinking");
  const content: HubBlock[] = opened.length > 0 ? opened : [{ type: "text", text: "I see." }];
  const blocks = content.flatMap((block, index): HubBlock[] => {
    if (block.type !== "thinking") return [block];
    const next = content[index + 1];
    if (next?.type === "thinking") return [];
    const signature = Buffer.from(`${index}-${block.signature}`).toString("base64");
    return [{ ...block, signature: carriedSignature(next?.type === "tool_use" ? "call" : "text", signature) }];
  });
  return { role, content: blocks };
}

/** What Google's form does not tell apart: the texts of a result are one, and its pictures stand behind them. */
function asGoogleHasIt({ role, content }: HubMessage): HubMessage {
  return { role, content: content.map((block) => (block.type === "tool_result" ? resultOf(block) : block)) };
}

function resultOf(result: HubToolResult): HubToolResult {
  const texts = result.content.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const text = texts.join("\n");
  const others = result.content.filter(({ type }) => type !== "text");
  return { ...result, content: [...(text === "" ? [] : [{ type: "text" as const, text }]), ...others] };
}

/** Google's value for no signature is one of its own. */
function unsigned({ role, content }: HubMessage): HubMessage {
  const skip = carriedSignature("call", "skip_thought_signature_validator");
  return { role, content: content.filter((block) => block.type !== "thinking" || block.signature !== skip) };
}

test("a conversation of up to 30 turns comes through Google's form and back as it was", () => {
  fc.assert(
    fc.property(requests(30, { interleaved: true }), (request) => {
      const hub = { ...request, messages: request.messages.map(signedByGoogle) };
      const written = TO_GEMINI.write(hub, GEMINI_3);
      if (!written.ok) throw new Error(JSON.stringify(written.refusal));
      const read = FROM_GEMINI.read(JSON.parse(JSON.stringify(written.value.body)), ASKED);
      if (!read.ok) throw new Error(JSON.stringify(read.refusal));
      const { system, messages, tools, maxTokens } = read.value.hub;
      expect(messages.map(unsigned)).toEqual(hub.messages.map(asGoogleHasIt));
      expect({ system, tools, maxTokens }).toEqual({ system: hub.system, tools: hub.tools, maxTokens: hub.maxTokens });
    }),
    { numRuns: 30 },
  );
});
