/** A turn of the model as parts: what it thought, said and called, each with the signature that Google gave it. */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import type { HubSearchResult, HubThinking, HubToolUse } from "../hub.ts";
import type { Placed } from "./contents.ts";
import { mediaPart } from "./media.ts";
import { carriedIn, type Signed, UNSIGNED } from "./signatures.ts";
import type { Part } from "./wire.ts";
import { SIGNATURES, type Writing } from "./writing.ts";

/** A call that needs a response. */
export interface Call {
  id: string;
  /** The name that Google knows. */
  name: string;
}

export interface ModelTurn {
  parts: Part[];
  calls: Call[];
}

export function modelParts(blocks: readonly Placed[], writing: Writing): Result<ModelTurn, Refusal> {
  const turn = new TurnWriter(writing);
  for (const { block, at } of blocks) {
    switch (block.type) {
      case "text":
        if (block.text !== "") turn.push({ text: block.text }, "text");
        break;
      case "thinking":
        turn.thinking(block);
        break;
      case "tool_use":
        turn.call(block);
        break;
      case "image":
      case "document":
      case "audio": {
        const part = mediaPart(block, at, writing);
        if (!part.ok) return part;
        turn.parts.push(part.value);
        break;
      }
      case "web_search_tool_result":
        // What Google has searched goes back unchanged (signatures.ts), and what it found is in the text.
        if (hasFoundElsewhere(block)) writing.dropped.add("messages[web_search_tool_result]");
        break;
      default:
        break;
    }
  }
  turn.end();
  return { ok: true, value: turn };
}

/** Whether another provider has found this. Its findings are sealed. */
function hasFoundElsewhere({ content }: HubSearchResult): boolean {
  return Array.isArray(content) && content.some(({ encrypted_content }) => encrypted_content !== "");
}

class TurnWriter implements ModelTurn {
  readonly parts: Part[] = [];
  readonly calls: Call[] = [];
  readonly #writing: Writing;
  /** Signatures whose parts are still to come. */
  readonly #signatures = new Map<Signed, string>();

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  push(part: Part, signed: Signed): void {
    const signature = this.#signatures.get(signed);
    this.#signatures.delete(signed);
    this.parts.push(signature === undefined ? part : { ...part, thoughtSignature: signature });
  }

  /** Thinking of others means nothing to Google, which refuses it if it is signed. */
  thinking({ thinking, signature }: HubThinking): void {
    const carried = carriedIn(signature);
    const { signing, takes } = this.#writing;
    if (!carried || !signing.keep || !takes(SIGNATURES)) return;
    if (carried.of !== "hosted") this.#signatures.set(carried.of, carried.signature);
    if (thinking !== "") this.push({ text: thinking, thought: true }, "thought");
    if (carried.of === "hosted") for (const part of carried.parts) this.parts.push(part);
  }

  call({ id, name, input }: HubToolUse): void {
    const { names, facts, signing, takes } = this.#writing;
    const known = names.to(name);
    const first = this.calls.length === 0;
    this.calls.push({ id, name: known });
    // The first call of a step must have a signature.
    if (first && !this.#signatures.has("call") && (signing.fill || facts.signsCalls) && takes(SIGNATURES)) {
      this.#signatures.set("call", UNSIGNED);
    }
    this.push({ functionCall: { ...(takes("id") && { id }), name: known, args: input } }, "call");
  }

  /** The last part of a streamed answer may have only a signature. */
  end(): void {
    if (this.#signatures.has("text")) this.push({ text: "" }, "text");
  }
}
