/**
 * Keeps one block open at a time. Chat and Responses may fill several calls in turn, but in the Messages API, and so in the hub,
 * one block follows another. So the first block that begins streams as it arrives, and the others are kept until it closes.
 */
import type { HubAnswerBlock, HubEvent } from "./hub.ts";

interface Waiting {
  block: HubAnswerBlock;
  /** The events of the block so far, in order. */
  events: HubEvent[];
}

export class Blocks<Key extends object> {
  #open: Key | null = null;
  readonly #waiting = new Map<Key, Waiting>();
  /** This iterator continues where it was, so blocks that have opened already are not passed over again and again. */
  #queue = this.#waiting.entries();
  readonly #out: (event: HubEvent) => void;

  /** `out` receives the events of the blocks, well-formed. */
  constructor(out: (event: HubEvent) => void) {
    this.#out = out;
  }

  /** The key of the block for which the others wait; null if no block is open. */
  get open(): Key | null {
    return this.#open;
  }

  /** Begins a block. It waits while another is open. */
  begin(key: Key, block: HubAnswerBlock): void {
    if (this.#open) {
      this.#waiting.set(key, { block, events: [] });
      return;
    }
    this.#open = key;
    this.#out({ type: "open", block });
  }

  /** Whether a block of this key has begun and has not closed yet. */
  has(key: Key): boolean {
    return this.#open === key || this.#waiting.has(key);
  }

  /** Adds a `delta`, `signature` or `citation` to a block that has begun. */
  add(key: Key, event: HubEvent): void {
    if (this.#open === key) this.#out(event);
    else this.#waiting.get(key)?.events.push(event);
  }

  /** Marks a block as whole. The next block that waits opens; if it is whole already, it closes and the one after it opens. */
  close(key: Key): void {
    if (this.#open !== key) {
      this.#waiting.get(key)?.events.push({ type: "close" });
      return;
    }
    this.#out({ type: "close" });
    this.#open = null;
    for (let begun = this.#queue.next(); !begun.done; begun = this.#queue.next()) {
      const [next, { block, events }] = begun.value;
      this.#waiting.delete(next);
      this.#out({ type: "open", block });
      for (const event of events) this.#out(event);
      if (events.at(-1)?.type === "close") continue;
      this.#open = next;
      return;
    }
    this.#queue = this.#waiting.entries();
  }

  /** Nothing more comes: marks all blocks that are open or wait as whole. */
  closeAll(): void {
    while (this.#open) this.close(this.#open);
  }
}
