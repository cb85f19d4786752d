/**
 * Streams that are changed event by event, in their text: Code Assist's envelope, and the usage chunk that a Chat client
 * did not ask for. No event is parsed here.
 */
import { LONGEST_EVENT, type Stage, UnreadableStream } from "./lane.ts";

export interface EventChange {
  /** What becomes of one event, its blank line included; "" drops it. */
  whole: (event: string) => string;
  /**
   * What an event too long to be held gets around the data of its `data:` line, told from its beginning; null where it
   * passes as it is. A picture of 16 MB is one such event. Missing: its end must be known, and it is held until then.
   */
  around?: (head: string) => { before: string; after: string } | null;
}

/** Longer events go on to the client while they arrive. */
const HELD_CHARACTERS = 64 * 1024;
const EVENT_END = /\r?\n\r?\n/g;
/** The characters of an event's end that may lie in the piece before its last one. */
const END_OVERLAP = 3;
const DATA = /^data:[ \t]*/m;

/** What of a long event is on its way: its data, or the lines behind that. */
interface Passing {
  /** Goes before the end of the data's line; null once it has, or where nothing does. */
  after: string | null;
  /** Nothing of the present line has been seen. */
  lineIsEmpty: boolean;
}

/**
 * Takes chunks in any cut, gives the events that are whole by then, changed. Each byte is looked at
 * once, and no more than one event of ordinary length is held.
 */
export class EventRewriter implements Stage {
  #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  readonly #change: EventChange;
  /** The event that is not yet whole, in pieces: joining them at each chunk would be quadratic. */
  #held: string[] = [];
  #heldLength = 0;
  /** Its last characters, where its end may have begun. */
  #overlap = "";
  #passing: Passing | null = null;

  constructor(change: EventChange) {
    this.#change = change;
  }

  push(chunk: Uint8Array): Uint8Array {
    return this.#encoder.encode(this.#taken(this.#decoder.decode(chunk, { stream: true })));
  }

  /** What is left after the last chunk: an event that never ended, as it is. */
  end(): Uint8Array {
    const last = this.#taken(this.#decoder.decode());
    return this.#encoder.encode(last + this.#held.join(""));
  }

  #taken(text: string): string {
    if (text === "") return "";
    const { passed, at } = this.#passing ? this.#pass(text, this.#passing) : { passed: "", at: 0 };
    if (at === text.length) return passed;
    const seen = this.#overlap + text.slice(at);
    let changed = passed;
    let start = this.#overlap.length;
    for (const end of seen.matchAll(EVENT_END)) {
      const next = end.index + end[0].length;
      const event = this.#held.join("") + seen.slice(start, next);
      changed += this.#change.whole(event);
      this.#hold([]);
      start = next;
    }
    const rest = seen.slice(start);
    this.#overlap = (start === this.#overlap.length ? seen : rest).slice(-END_OVERLAP);
    if (rest !== "") this.#held.push(rest);
    this.#heldLength += rest.length;
    if (this.#change.around) return this.#heldLength > HELD_CHARACTERS ? changed + this.#letGo() : changed;
    if (this.#heldLength > LONGEST_EVENT) throw new UnreadableStream("an event is too long");
    return changed;
  }

  #hold(pieces: string[]): void {
    this.#held = pieces;
    this.#heldLength = 0;
    this.#overlap = "";
  }

  /** The beginning of an event that has grown too long, as it goes to the client. */
  #letGo(): string {
    const head = this.#held.join("");
    this.#hold([]);
    const data = head.match(DATA);
    const around = data?.index === undefined ? null : (this.#change.around?.(head) ?? null);
    const at = around && data ? (data.index ?? 0) + data[0].length : 0;
    this.#passing = { after: around?.after ?? null, lineIsEmpty: false };
    const { passed } = this.#pass(head.slice(at), this.#passing);
    return head.slice(0, at) + (around?.before ?? "") + passed;
  }

  /** Passes on what belongs to the long event; `at` is where the next one begins in `text`. */
  #pass(text: string, passing: Passing): { passed: string; at: number } {
    const piece = this.#held.join("") + text;
    const lead = piece.length - text.length;
    this.#held = [];
    let passed = "";
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      const isEmpty = passing.lineIsEmpty && (end === start || (end === start + 1 && piece[start] === "\r"));
      const dataEnd = end > start && piece[end - 1] === "\r" ? end - 1 : end;
      passed += piece.slice(start, dataEnd) + (passing.after ?? "") + piece.slice(dataEnd, end + 1);
      passing.after = null;
      passing.lineIsEmpty = true;
      start = end + 1;
      if (isEmpty) {
        this.#passing = null;
        return { passed, at: start - lead };
      }
    }
    // A CR at the very end may belong to the line's end, before which something is put.
    const stop = piece.endsWith("\r") ? piece.length - 1 : piece.length;
    if (stop > start) passing.lineIsEmpty = false;
    if (stop < piece.length) this.#held = ["\r"];
    return { passed: passed + piece.slice(start, stop), at: text.length };
  }
}
