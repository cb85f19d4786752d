/**
 * Changes a stream event by event, in its text: for Code Assist's envelope, and for the usage chunk that a Chat client did not ask
 * for. Events are not parsed here.
 */
import { LONGEST_EVENT, type Stage, UnreadableStream } from "./lane.ts";

export interface EventChange {
  /** What one event becomes, including its blank line; "" drops it. */
  whole: (event: string) => string;
  /**
   * What is put around the data of an event that is too long to be held, decided by its beginning; null if the event passes unchanged.
   * An image of 16 MB is one such event. Missing: the whole event must be seen, and it is held until then.
   */
  around?: (head: string) => { before: string; after: string } | null;
}

/** Longer events go to the client while they arrive. */
const HELD_CHARACTERS = 64 * 1024;
const EVENT_END = /\r?\n\r?\n/g;
/** How many characters of an event's end may be in the piece before its last one. */
const END_OVERLAP = 3;
const DATA = /^data:[ \t]*/m;

/** Which part of a long event is passing: its data, or the lines after that. */
interface Passing {
  /** Goes before the end of the data's line; null once it was written, or if there is nothing to write. */
  after: string | null;
  /** Whether nothing of the current line has been seen. */
  lineIsEmpty: boolean;
}

/**
 * Takes chunks, cut anywhere, and gives the events that are whole by then, changed. Looks at each byte once, and holds at most one
 * event of ordinary length.
 */
export class EventRewriter implements Stage {
  #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  readonly #change: EventChange;
  /** The incomplete event, in pieces: joining them at each chunk would be quadratic. */
  #held: string[] = [];
  #heldLength = 0;
  /** The last characters of the event, where its end may have begun. */
  #overlap = "";
  #passing: Passing | null = null;

  constructor(change: EventChange) {
    this.#change = change;
  }

  push(chunk: Uint8Array): Uint8Array {
    return this.#encoder.encode(this.#taken(this.#decoder.decode(chunk, { stream: true })));
  }

  /** The rest after the last chunk: an event that never ended, unchanged. */
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

  /** The beginning of an event that has grown too long, in the form that goes to the client. */
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

  /** Passes on what belongs to the long event. `at` is the index in `text` at which the next one begins. */
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
    // A CR at the very end may belong to the end of the line, and `after` goes before that.
    const stop = piece.endsWith("\r") ? piece.length - 1 : piece.length;
    if (stop > start) passing.lineIsEmpty = false;
    if (stop < piece.length) this.#held = ["\r"];
    return { passed: passed + piece.slice(start, stop), at: text.length };
  }
}
