/**
 * Keeps one line of JSON that arrives in pieces. Its cost grows with the length of the line, its memory does not: a picture
 * travels as one string of many megabytes, in the same line as the usage that a meter needs.
 *
 * Pieces are kept apart and joined once (joining at each piece is quadratic: 4.6 s for 16 MB). Beyond a size, pieces that lie
 * wholly within a long string are left out. What is read is then the same JSON with a shorter string.
 */

/** Up to this length a line is kept as it is. Nearly every line is a hundredth of it. */
const WHOLE_CHARACTERS = 64 * 1024;
/** A line that is longer even without its long strings is given up: all streams of an isolate share 128 MB. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Small pieces are joined once there are this many, because a piece costs more than its characters. */
const SMALL_PIECES = 1_024;
/** The part of a string that is always kept. Names of members and values with a meaning are shorter. */
const KEPT_OF_STRING = 4 * 1024;
/** The longest escape (`\u0041`). An escape must not be kept without its end. */
const ESCAPE_CHARACTERS = 6;

const BACKSLASH = 0x5c;

export class LongText {
  #joined: string[] = [];
  #pieces: string[] = [];
  #kept = 0;
  #walk: StringWalk | null = null;
  #tail = "";
  /** How many characters of the string have come without an end or an escape. */
  #content = 0;
  /** Whether nothing was added since the last `take`. */
  isEmpty = true;

  add(piece: string): void {
    this.isEmpty = false;
    if (this.#kept > MOST_CHARACTERS) return;
    if (this.#walk && this.#canLeaveOut(this.#walk, piece)) return;
    this.#kept += piece.length;
    this.#pieces.push(piece);
    if (this.#pieces.length >= SMALL_PIECES) this.#join();
    if (!this.#walk && this.#kept > WHOLE_CHARACTERS) {
      this.#join();
      this.#walk = new StringWalk();
      for (const before of this.#joined) this.#canLeaveOut(this.#walk, before);
    }
  }

  /** Returns what was added, and begins anew; "" if that was too long to be kept. */
  take(): string {
    this.#join();
    const text = this.#kept > MOST_CHARACTERS ? "" : this.#joined.join("");
    this.#joined = [];
    this.#kept = 0;
    this.#walk = null;
    this.#tail = "";
    this.#content = 0;
    this.isEmpty = true;
    return text;
  }

  #join(): void {
    if (this.#pieces.length > 0) this.#joined.push(this.#pieces.join(""));
    this.#pieces = [];
  }

  #canLeaveOut(walk: StringWalk, piece: string): boolean {
    const afterEscape = this.#tail.includes("\\");
    this.#tail = (this.#tail + piece.slice(-ESCAPE_CHARACTERS)).slice(-ESCAPE_CHARACTERS);
    const isContent = walk.inString && !piece.includes('"') && !piece.includes("\\");
    walk.over(piece);
    this.#content = isContent ? this.#content + piece.length : 0;
    return this.#content > KEPT_OF_STRING && !afterEscape;
  }
}

/** Remembers whether a reader of JSON in pieces is inside a string. */
export class StringWalk {
  inString = false;
  #escaped = false;

  /** The index after the end of the string that contains `from`; the piece's length if the string does not end in it. */
  outOfString(piece: string, from: number): number {
    let at = from;
    if (this.#escaped && at < piece.length) {
      this.#escaped = false;
      at++;
    }
    for (;;) {
      const quote = piece.indexOf('"', at);
      const stop = quote < 0 ? piece.length : quote;
      let backslashes = 0;
      while (stop - 1 - backslashes >= at && piece.charCodeAt(stop - 1 - backslashes) === BACKSLASH) backslashes++;
      // An even number of backslashes escape each other, not the quote.
      const escaped = backslashes % 2 === 1;
      if (quote < 0) {
        if (stop > at) this.#escaped = escaped;
        return piece.length;
      }
      if (!escaped) {
        this.inString = false;
        return quote + 1;
      }
      at = quote + 1;
    }
  }

  /** Walks over a whole piece. */
  over(piece: string): void {
    let at = 0;
    while (at < piece.length) {
      if (this.inString) {
        at = this.outOfString(piece, at);
      } else {
        const quote = piece.indexOf('"', at);
        if (quote < 0) return;
        this.inString = true;
        at = quote + 1;
      }
    }
  }
}
