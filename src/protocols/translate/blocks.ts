/**
 * One open block at a time. Chat and Responses may fill several calls in turn; the Messages API, and with it the hub, has one
 * block after another. So the first that begins streams on as it arrives, and the others are kept until it closes.
 */
import type { HubAnswerBlock, HubEvent } from "./hub.ts";

interface Waiting {
  block: HubAnswerBlock;
  /** What has come for it, in order. */
  events: HubEvent[];
}

export class Blocks<Key extends object> {
  #open: Key | null = null;
  readonly #waiting = new Map<Key, Waiting>();
  /** Goes on where it was: the places of those that have opened are not passed again and again. */
  #queue = this.#waiting.entries();
  readonly #out: (event: HubEvent) => void;

  /** `out` gets the events of the blocks, well-formed. */
  constructor(out: (event: HubEvent) => void) {
    this.#out = out;
  }

  /** The one that the others wait for; null for none. */
  get open(): Key | null {
    return this.#open;
  }

  /** A block begins; it waits where another is open. */
  begin(key: Key, block: HubAnswerBlock): void {
    if (this.#open) {
      this.#waiting.set(key, { block, events: [] });
      return;
    }
    this.#open = key;
    this.#out({ type: "open", block });
  }

  /** Whether a block of this key has begun and not yet closed. */
  has(key: Key): boolean {
    return this.#open === key || this.#waiting.has(key);
  }

  /** `delta`, `signature` or `citation` of a block that has begun. */
  add(key: Key, event: HubEvent): void {
    if (this.#open === key) this.#out(event);
    else this.#waiting.get(key)?.events.push(event);
  }

  /** A block is whole. The next that waits opens, and so on through those that are whole already. */
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

  /** Nothing more comes: all that is open or waits is whole. */
  closeAll(): void {
    while (this.#open) this.close(this.#open);
  }
}
