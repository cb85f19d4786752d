/**
 * A JSON array that arrives in pieces: bytes in any cut, the text of each whole element out. Google streams so where
 * nobody asks for server-sent events. Elements are objects; their text is not checked here, and the
 * long strings of a very long one are shortened (long-text.ts).
 */
import { LongText, StringWalk } from "./long-text.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class ArrayElements {
  #decoder = new TextDecoder();
  /** The beginning of the element that is not yet whole, and how many braces are open there. */
  readonly #element = new LongText();
  #depth = 0;
  readonly #walk = new StringWalk();
  readonly #onElement: (text: string) => void;

  constructor(onElement: (text: string) => void) {
    this.#onElement = onElement;
  }

  feed(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Call once after the last chunk. An element that is not whole is dropped. */
  end(): void {
    this.#take(this.#decoder.decode());
  }

  #take(text: string): void {
    const walk = this.#walk;
    let start = 0;
    let at = 0;
    while (at < text.length) {
      if (walk.inString) {
        at = walk.outOfString(text, at);
        continue;
      }
      const character = text.charCodeAt(at++);
      if (character === QUOTE) {
        walk.inString = true;
      } else if (character === OPEN_BRACE) {
        if (this.#depth++ === 0) start = at - 1;
      } else if (character === CLOSE_BRACE && this.#depth > 0 && --this.#depth === 0) {
        this.#element.add(text.slice(start, at));
        this.#onElement(this.#element.take());
      }
    }
    if (this.#depth > 0) this.#element.add(text.slice(start));
  }
}
