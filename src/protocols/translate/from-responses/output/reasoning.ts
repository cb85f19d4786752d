/** What a model has thought, in the two forms that the hub has for it. */
import type { HubRedactedThinking, Json } from "../../hub.ts";
import { encryptedFor, encryptedForRedacted } from "../thinking.ts";
import { OutputItem, type Place } from "./item.ts";

/** Thinking, as one part of a summary. A client sends it back unchanged, so its signature stays valid. */
export class ReasoningItem extends OutputItem {
  #text = "";
  #signature = "";
  #isAdded = false;
  readonly #head: string;

  constructor(place: Place) {
    super("rs", place);
    this.#head = this.head('"summary_index":0,');
  }

  override delta(piece: string): string {
    if (piece === "") return "";
    const begun = this.#text === "" ? this.#begun() : "";
    this.#text += piece;
    return begun + this.ladder.delta("response.reasoning_summary_text.delta", this.#head, piece);
  }

  #begun(): string {
    const part = { type: "summary_text", text: "" };
    return this.#add() + this.event("response.reasoning_summary_part.added", { summary_index: 0, part });
  }

  #add(): string {
    if (this.#isAdded) return "";
    this.#isAdded = true;
    return this.added({ id: this.id, type: "reasoning", summary: [] });
  }

  override signature(signature: string): void {
    this.#signature = signature;
  }

  override end(): string {
    const item = this.item();
    if (!item) return "";
    return this.#add() + this.#summarised() + this.done(item);
  }

  #summarised(): string {
    if (this.#text === "") return "";
    return (
      this.event("response.reasoning_summary_text.done", { summary_index: 0, text: this.#text }) +
      this.event("response.reasoning_summary_part.done", { summary_index: 0, part: this.#part() })
    );
  }

  #part(): Json {
    return { type: "summary_text", text: this.#text };
  }

  override item(): Json | null {
    const encrypted_content = encryptedFor(this.#signature);
    if (this.#text === "" && encrypted_content === null) return null;
    const summary = this.#text === "" ? [] : [this.#part()];
    return { id: this.id, type: "reasoning", summary, ...(encrypted_content !== null && { encrypted_content }) };
  }
}

export class RedactedItem extends OutputItem {
  readonly #block: HubRedactedThinking;

  constructor(place: Place, block: HubRedactedThinking) {
    super("rs", place);
    this.#block = block;
  }

  override begin(): string {
    return this.added({ id: this.id, type: "reasoning", summary: [] });
  }

  override end(): string {
    return this.done(this.item());
  }

  override item(): Json {
    return { id: this.id, type: "reasoning", summary: [], encrypted_content: encryptedForRedacted(this.#block) };
  }
}
