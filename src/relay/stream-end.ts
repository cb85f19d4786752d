/**
 * Where a stream of events that its upstream broke off has ended for the client. An event of the relay's own can only follow
 * a whole line: in the middle of one it would be read as part of that line, and both would be lost.
 */

/** A closing brace and a line end of two characters, or a blank line behind another line. */
const CHARACTERS = 3;
const BLANK_LINE = /\n\r?\n$/;
/** Data is JSON, and no other line of an event ends like it. */
const DATA_LINE = /[}\]]\r?\n$/;

export class StreamEnd {
  #last = "";

  /** Call for all that the client is sent, in order. */
  observe(bytes: Uint8Array): void {
    this.#last = (this.#last + String.fromCharCode(...bytes.subarray(-CHARACTERS))).slice(-CHARACTERS);
  }

  /** What may be sent of an event of ours: "" for nothing, and the break alone tells that the answer is not whole. */
  followedBy(event: string): string {
    if (this.#last === "" || BLANK_LINE.test(this.#last)) return event;
    // Its data is whole, and only its blank line is missing.
    if (DATA_LINE.test(this.#last)) return `\n${event}`;
    return this.#last.endsWith("\n") ? event : "";
  }
}
