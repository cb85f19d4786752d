/**
 * Server-sent events as the meters see them: bytes in any cut, the data of each line out.
 *
 * A meter needs no event boundaries: every provider writes the data of an event as one `data:` line of JSON, so
 * lines are enough and cheaper. Line ends are LF or CRLF (a lone CR is legal in the standard and sent by nobody).
 */

/** Feeds chunks, calls `onData` with the text after `data:` of each complete line. UTF-8 may be cut anywhere. */
export class DataLines {
  #decoder = new TextDecoder();
  #rest = "";
  readonly #onData: (data: string) => void;

  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  feed(chunk: Uint8Array): void {
    this.#take(this.#rest + this.#decoder.decode(chunk, { stream: true }));
  }

  /** Call once after the last chunk: a last line without a line end counts too. */
  end(): void {
    this.#take(`${this.#rest}${this.#decoder.decode()}\n`);
  }

  #take(text: string): void {
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      // The standard allows one optional space after the colon; JSON does not mind it, nor a trailing CR.
      if (text.startsWith("data:", start)) this.#onData(text.slice(start + 5, end));
      start = end + 1;
    }
    this.#rest = text.slice(start);
  }
}

/** Whether a blank line, the end of an event, has arrived in `text`. */
export function hasWholeEvent(text: string): boolean {
  return /\r?\n\r?\n/.test(text);
}
