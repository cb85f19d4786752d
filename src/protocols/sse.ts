/**
 * Reads server-sent events for the meters: takes bytes, cut anywhere, and gives the data of each line.
 *
 * A meter needs no event boundaries: every provider writes the data of an event as one `data:` line of JSON, so lines are enough
 * and cheaper. Lines end with LF or CRLF (the standard also allows a lone CR, but nobody sends it).
 */
import { LongText } from "./long-text.ts";

const DATA = "data:";

/**
 * Takes chunks and calls `onData` with the text after `data:` of each complete line. UTF-8 may be cut anywhere. In a very long line
 * the long strings are shortened (long-text.ts).
 */
export class DataLines {
  #decoder = new TextDecoder();
  /** The beginning of a line whose end has not arrived yet. */
  readonly #line = new LongText();
  readonly #onData: (data: string) => void;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  feed(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Call once after the last chunk. A last line without a line end counts too. */
  end(): void {
    this.#take(`${this.#decoder.decode()}\n`);
  }

  #take(text: string): void {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      if (!this.#line.isEmpty) {
        this.#line.add(text.slice(start, end));
        const line = this.#line.take();
        if (line.startsWith(DATA)) this.#onData(line.slice(DATA.length));
      } else if (text.startsWith(DATA, start)) {
        // The standard allows one optional space after the colon. JSON ignores it, and a trailing CR too.
        this.#onData(text.slice(start + DATA.length, end));
      }
      start = end + 1;
    }
    if (start < text.length) this.#line.add(text.slice(start));
  }
}
