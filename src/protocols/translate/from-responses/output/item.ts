/**
 * An item of a response's output, and the events that build it. It begins with a block of the hub and may take the following ones.
 * Its owner ends it when another item begins. Events: as OpenAI sends them, see the types of the `openai` package.
 */
import type { HubAnswerBlock, Json } from "../../hub.ts";
import type { Ladder } from "../ladder.ts";

/** Where an item stands, and what its events need. */
export interface Place {
  index: number;
  /** The common part of the response's ids. */
  base: string;
  ladder: Ladder;
}

export abstract class OutputItem {
  readonly ladder: Ladder;
  readonly id: string;
  readonly #index: number;

  constructor(prefix: string, { index, base, ladder }: Place) {
    this.ladder = ladder;
    this.#index = index;
    this.id = `${prefix}_${base}_${index}`;
  }

  /** The events with which the item begins; none for an item that may turn out to be empty. */
  begin(): string {
    return "";
  }

  /** Whether `block` continues this item. */
  takes(_block: HubAnswerBlock): boolean {
    return false;
  }

  delta(_text: string): string {
    return "";
  }

  signature(_signature: string): void {}

  cite(_citation: Json): void {}

  closeBlock(): string {
    return "";
  }

  /** The events that end it. `whole`: the model came to its end; otherwise the item was cut off. */
  abstract end(whole: boolean): string;

  /** The item as it is in the output; null if it is empty. Call it after `end`. */
  abstract item(whole: boolean): Json | null;

  added(item: Json): string {
    return this.ladder.event("response.output_item.added", { output_index: this.#index, item });
  }

  done(item: Json): string {
    return this.ladder.event("response.output_item.done", { output_index: this.#index, item });
  }

  event(type: string, members: Json = {}): string {
    return this.ladder.event(type, { item_id: this.id, output_index: this.#index, ...members });
  }

  /** The members of a delta of this item, up to its text. */
  head(more: string): string {
    return `"item_id":"${this.id}","output_index":${this.#index},${more}"delta":`;
  }
}

export function statusOf(whole: boolean): "completed" | "incomplete" {
  return whole ? "completed" : "incomplete";
}
