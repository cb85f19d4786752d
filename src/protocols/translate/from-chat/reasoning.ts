/**
 * Thinking in Chat Completions, which has no place of its own for it. The text goes into `reasoning_content`, the name that most
 * services and clients use. What a provider wants back with it, above all its signature, goes into OpenRouter's `reasoning_details`,
 * which clients keep that echo a message. Google's own compatible endpoint and its clients have signatures at the calls.
 */
import { array, isObject, object, text } from "../../../ground/json.ts";
import type { HubRedactedThinking, HubThinking, Json } from "../hub.ts";
import { carriedIn, carriedSignature } from "../to-gemini/signatures.ts";

/** `id`: the call that the detail precedes. Left out if it precedes the text. */
export type ReasoningDetail =
  | { type: "reasoning.text"; text: string; signature?: string; id?: string }
  | { type: "reasoning.encrypted"; data: string; format: typeof REDACTED; id?: string };

/** OpenRouter's mark for what only Anthropic can read. */
const REDACTED = "anthropic-claude-v1";

export function detailOf(block: HubThinking | HubRedactedThinking): ReasoningDetail {
  if (block.type === "redacted_thinking") return { type: "reasoning.encrypted", data: block.data, format: REDACTED };
  const { thinking, signature } = block;
  return { type: "reasoning.text", text: thinking, ...(signature !== "" && { signature }) };
}

/** What Google's clients echo at a call: the signature that Gemini gave it; null if this is none of Gemini's. */
export function extraContentOf(signature: string): Json | null {
  const carried = carriedIn(signature);
  return carried?.of === "call" ? { google: { thought_signature: carried.signature } } : null;
}

type Thinking = HubThinking | HubRedactedThinking;

/** The thinking of an assistant's message: what precedes its text, and what precedes each call, by the call's id. */
export interface Reasoning {
  first: Thinking[];
  before: Map<string, Thinking[]>;
}

/** `calls`: the ids of the message's calls. */
export function reasoningIn(message: Json, calls: ReadonlySet<string>): Reasoning {
  const reasoning: Reasoning = { first: [], before: new Map() };
  for (const detail of array(message.reasoning_details).filter(isObject)) {
    const block = thinkingOf(detail);
    const id = text(detail.id);
    if (block && id !== null && calls.has(id)) putBefore(reasoning, id, block);
    else if (block) reasoning.first.push(block);
  }
  const told = text(message.reasoning_content) ?? text(message.reasoning);
  const isTold = reasoning.first.length > 0 || reasoning.before.size > 0;
  if (told !== null && !isTold) reasoning.first.push({ type: "thinking", thinking: told, signature: "" });
  for (const call of array(message.tool_calls).filter(isObject)) addSignature(reasoning, call);
  return reasoning;
}

function thinkingOf(detail: Json): Thinking | null {
  switch (detail.type) {
    case "reasoning.text": {
      const [thinking, signature] = [text(detail.text) ?? "", text(detail.signature) ?? ""];
      return thinking === "" && signature === "" ? null : { type: "thinking", thinking, signature };
    }
    case "reasoning.summary": {
      const summary = text(detail.summary);
      return summary === null ? null : { type: "thinking", thinking: summary, signature: "" };
    }
    case "reasoning.encrypted": {
      const data = detail.format === REDACTED ? text(detail.data) : null;
      return data === null ? null : { type: "redacted_thinking", data };
    }
    default:
      return null;
  }
}

/** Adds the signature at a call, unless the details already have it, together with its text. */
function addSignature(reasoning: Reasoning, call: Json): void {
  const [id, signature] = [text(call.id), text(object(object(call.extra_content)?.google)?.thought_signature)];
  if (id === null || signature === null || reasoning.before.has(id)) return;
  putBefore(reasoning, id, { type: "thinking", thinking: "", signature: carriedSignature("call", signature) });
}

function putBefore({ before }: Reasoning, id: string, block: Thinking): void {
  const blocks = before.get(id);
  if (blocks) blocks.push(block);
  else before.set(id, [block]);
}
