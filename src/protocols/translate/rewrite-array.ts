/**
 * Changes a stream that is one JSON array, element by element, in its text. Google streams in this way unless the client asks for
 * server-sent events. The text between the elements stays.
 */
import { StringWalk } from "../long-text.ts";
import { LONGEST_EVENT, type Stage, UnreadableStream } from "./lane.ts";

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Takes chunks, cut anywhere, and gives the elements that are whole by then, changed. Elements are objects. */
export class ElementRewriter implements Stage {
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  readonly #change: (element: string) => string;
  readonly #walk = new StringWalk();
  #depth = 0;
  /** The incomplete element, in pieces: joining them at each chunk would be quadratic. */
  #held: string[] = [];
  #heldLength = 0;

  constructor(change: (element: string) => string) {
    this.#change = change;
  }

  push(chunk: Uint8Array): Uint8Array {
    return this.#encoder.encode(this.#taken(this.#decoder.decode(chunk, { stream: true })));
  }

  /** The rest after the last chunk: an element that never ended, unchanged. */
  end(): Uint8Array {
    const last = this.#taken(this.#decoder.decode());
    return this.#encoder.encode(last + this.#held.join(""));
  }

  #taken(text: string): string {
    let changed = "";
    /** The beginning of what has not been passed on yet, between two elements or inside one. */
    let start = 0;
    let at = 0;
    while (at < text.length) {
      if (this.#walk.inString) {
        at = this.#walk.outOfString(text, at);
        continue;
      }
      const character = text.charCodeAt(at++);
      if (character === QUOTE) {
        this.#walk.inString = true;
      } else if (character === OPEN_BRACE && this.#depth++ === 0) {
        changed += text.slice(start, at - 1);
        start = at - 1;
      } else if (character === CLOSE_BRACE && this.#depth > 0 && --this.#depth === 0) {
        changed += this.#change(this.#held.join("") + text.slice(start, at));
        this.#held = [];
        this.#heldLength = 0;
        start = at;
      }
    }
    const rest = text.slice(start);
    if (this.#depth === 0) return changed + rest;
    this.#held.push(rest);
    this.#heldLength += rest.length;
    if (this.#heldLength > LONGEST_EVENT) throw new UnreadableStream("an element is too long");
    return changed;
  }
}
