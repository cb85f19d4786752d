/**
 * Reads a JSON array that arrives in pieces: takes bytes, cut anywhere, and gives the text of each whole element. Google streams
 * in this way unless the client asks for server-sent events. Elements are objects. Their text is not checked here, and in a very
 * long one the long strings are shortened (long-text.ts).
 */
import { LongText, StringWalk } from "./long-text.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class ArrayElements {
  #decoder = new TextDecoder();
  /** The beginning of an element that is not whole yet, and how many braces are open in it. */
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

  /** Call once after the last chunk. An element that is still incomplete is dropped. */
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
