/**
 * Knows where a client's stream of events has ended when its upstream broke off. An event of the relay's own can only follow a
 * whole line: in the middle of one it would be read as part of that line, and both would be lost.
 */

const BLANK_LINE = /\n\r?\n$/;
/** The end of a line of data: data is JSON, and no other line of an event ends in a bracket. */
const DATA_LINE = /[}\]]\r?\n$/;

export class StreamEnd {
  /**
   * The last three bytes, the latest in the lowest place: enough for a closing bracket and a line end of two characters, or for a
   * blank line after another line. A number, since a string would be made anew at each read. 0: nothing was sent.
   */
  #last = 0;

  /** Call with everything that the client is sent, in order. */
  observe(bytes: Uint8Array): void {
    for (const byte of bytes.subarray(-3)) this.#last = ((this.#last << 8) | byte) & 0xffffff;
  }

  /** What to send so that the client reads `event`. "": it cannot follow, and only the break tells that the answer is not whole. */
  followedBy(event: string): string {
    const last = String.fromCharCode(this.#last >> 16, (this.#last >> 8) & 0xff, this.#last & 0xff);
    if (this.#last === 0 || BLANK_LINE.test(last)) return event;
    // Its data is whole, and only its blank line is missing.
    if (DATA_LINE.test(last)) return `\n${event}`;
    return last.endsWith("\n") ? event : "";
  }
}
