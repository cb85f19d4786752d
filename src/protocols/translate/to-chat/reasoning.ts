/**
 * Thinking in Chat, where each service has its own name for it. What OpenRouter's providers have signed or encrypted is in
 * `reasoning_details`. It travels in the signature of the hub's block, and goes back unchanged.
 */
import { array, isObject, parse, text } from "../../../ground/json.ts";
import { carriedFrom, carry } from "../carried.ts";
import type { HubThinking, Json } from "../hub.ts";
import type { Quirks } from "../quirks.ts";

export interface WrittenReasoning {
  /** Members of the assistant's message. */
  members: Json;
  /** Parts that precede its content. */
  parts: Json[];
  required: boolean;
}

/** The thinking of one turn, in the form in which the service wants it back. */
export function reasoningOf(blocks: readonly HubThinking[], quirks: Quirks): WrittenReasoning {
  const { reasoningHistory, reasoningRequired: required } = quirks;
  const thought = blocks.map(({ thinking }) => thinking).join("");
  const written = { members: {}, parts: [], required };
  if (reasoningHistory === null) return written;
  if (reasoningHistory === "signed_details" || reasoningHistory === "reasoning_details") {
    return { ...written, members: detailsOf(blocks, reasoningHistory === "reasoning_details", thought) };
  }
  if (thought === "") return written;
  if (reasoningHistory === "parts") {
    return { ...written, parts: [{ type: "thinking", thinking: [{ type: "text", text: thought }] }] };
  }
  return { ...written, members: { [reasoningHistory]: thought } };
}

function detailsOf(blocks: readonly HubThinking[], unsigned: boolean, thought: string): Json {
  const carried = blocks.map((block) => carriedDetails(block));
  if (carried.some((details) => details !== null)) return { reasoning_details: carried.flatMap((each) => each ?? []) };
  if (thought === "") return {};
  return unsigned ? { reasoning_details: [{ type: "reasoning.text", text: thought }] } : { reasoning: thought };
}

/** The `reasoning_details` in a block's signature, with its text put back in; null if it holds none. */
function carriedDetails({ thinking, signature }: HubThinking): Json[] | null {
  const payload = carriedFrom("chat", signature);
  if (payload === null) return null;
  const details = array(parse(payload)).filter(isObject);
  return details.map((detail) => (detail.text === OMITTED ? { ...detail, text: thinking } : detail));
}

/** Replaces the text of the block in its own signature, so that it is not held twice. */
const OMITTED = 0;

/** The text in a delta's `reasoning_details`. */
export function textOfDetails(details: unknown): string {
  return array(details)
    .filter(isObject)
    .map((detail) => text(detail.text) ?? text(detail.summary) ?? "")
    .join("");
}

/** Collects the `reasoning_details` of a stream. Each piece names the detail that it belongs to. */
export class Details {
  readonly #details = new Map<string, Json>();

  add(details: unknown): void {
    for (const piece of array(details).filter(isObject)) {
      const key = `${piece.type} ${piece.index ?? 0} ${piece.type === "reasoning.encrypted" ? (piece.id ?? "") : ""}`;
      const known = this.#details.get(key);
      if (!known) {
        this.#details.set(key, { ...piece });
        continue;
      }
      for (const [name, value] of Object.entries(piece)) {
        const grows = name === "text" || name === "summary" || name === "data";
        if (grows && typeof value === "string") known[name] = (text(known[name]) ?? "") + value;
        else if (value !== null) known[name] = value;
      }
    }
  }

  /** The signature that brings them back; null if they add nothing to the text. */
  signature(): string | null {
    const details = [...this.#details.values()];
    if (!details.some(({ signature, data }) => text(signature) !== null || text(data) !== null)) return null;
    const texts = details.filter((detail) => text(detail.text) !== null);
    const [only] = texts;
    const isAlone = texts.length === 1 && details.every((detail) => text(detail.summary) === null);
    const kept = details.map((detail) => (isAlone && detail === only ? { ...detail, text: OMITTED } : detail));
    return carry("chat", JSON.stringify(kept));
  }
}
