/**
 * A JSON array that arrives in pieces: bytes in any cut, the text of each whole element out. Google streams so where
 * nobody asks for server-sent events. Elements are objects; their text is not checked here.
 */
import { stringEnd } from "./json.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class ArrayElements {
  #decoder = new TextDecoder();
  /** From the beginning of the element that is not yet whole. */
  #rest = "";
  /** How far `#rest` has been read, and how many braces are open there. */
  #at = 0;
  #depth = 0;
  #inString = false;
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

  #take(more: string): void {
    let text = this.#rest + more;
    let at = this.#at;
    while (at < text.length) {
      if (this.#inString) {
        const end = stringEnd(text, at);
        if (end < 0) {
          at = text.length;
          break;
        }
        this.#inString = false;
        at = end + 1;
        continue;
      }
      const character = text.charCodeAt(at++);
      if (character === QUOTE) {
        this.#inString = true;
      } else if (character === OPEN_BRACE) {
        if (this.#depth++ === 0) {
          text = text.slice(at - 1);
          at = 1;
        }
      } else if (character === CLOSE_BRACE && this.#depth > 0 && --this.#depth === 0) {
        this.#onElement(text.slice(0, at));
        text = text.slice(at);
        at = 0;
      }
    }
    this.#rest = text;
    this.#at = at;
  }
}
