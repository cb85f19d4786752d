/**
 * Where a stream of events that its upstream broke off has ended for the client. An event of the relay's own can only follow
 * a whole line: in the middle of one it would be read as part of that line, and both would be lost.
 */

const BLANK_LINE = /\n\r?\n$/;
/** Data is JSON, and no other line of an event ends like it. */
const DATA_LINE = /[}\]]\r?\n$/;

export class StreamEnd {
  /**
   * The last three bytes, the latest in the lowest place: a closing brace and a line end of two characters, or a blank line behind
   * another line. A number, since a string would be made anew at each read. 0: nothing was sent.
   */
  #last = 0;

  /** Call for all that the client is sent, in order. */
  observe(bytes: Uint8Array): void {
    for (const byte of bytes.subarray(-3)) this.#last = ((this.#last << 8) | byte) & 0xffffff;
  }

  /** What may be sent of an event of ours: "" for nothing, and the break alone tells that the answer is not whole. */
  followedBy(event: string): string {
    const last = String.fromCharCode(this.#last >> 16, (this.#last >> 8) & 0xff, this.#last & 0xff);
    if (this.#last === 0 || BLANK_LINE.test(last)) return event;
    // Its data is whole, and only its blank line is missing.
    if (DATA_LINE.test(last)) return `\n${event}`;
    return last.endsWith("\n") ? event : "";
  }
}
