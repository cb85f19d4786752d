/**
 * One line of JSON that arrives in pieces, kept so that its cost grows with its length and its memory does not: a
 * picture travels as one string of many megabytes, in one line, beside the usage that a meter wants of it.
 *
 * Pieces are kept apart and joined once (joining at each piece is quadratic: 4.6 s for 16 MB). Beyond a size, pieces
 * that lie wholly within a long string are left out: what is read is the same JSON with a shorter string.
 */

/** Up to here a line is kept as it is; nearly every line is a hundredth of this. */
const WHOLE_CHARACTERS = 64 * 1024;
/** A line that is still longer without its long strings is given up: 128 MB have to do for all of an isolate's streams. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Small pieces are joined at this number, since each costs more than its characters. */
const SMALL_PIECES = 1_024;
/** The beginning of a string that is kept in any case: names of members and values that mean something are shorter. */
const KEPT_OF_STRING = 4 * 1024;
/** An escape is no longer than this (`\u0041`), and must not be left without its end. */
const ESCAPE_CHARACTERS = 6;

const BACKSLASH = 0x5c;

export class LongText {
  #joined: string[] = [];
  #pieces: string[] = [];
  #kept = 0;
  #walk: StringWalk | null = null;
  #tail = "";
  /** How far the string has gone on without an end or an escape. */
  #content = 0;
  /** Nothing has been added since the last `take`. */
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

  /** What was added, and begins anew; "" for what was too long to be kept. */
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

/** Where a reader of JSON in pieces stands: within a string or not. */
export class StringWalk {
  inString = false;
  #escaped = false;

  /** The place behind the end of the string in which the piece is at `from`, or its length where it does not end here. */
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
      // An even run of backslashes escapes only itself.
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
