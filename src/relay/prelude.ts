/**
 * The prelude of a stream is its beginning, until it is known whether the stream is an answer. Comments, pings and the events that
 * only announce an answer are held back: an upstream that fails after them has given the client nothing, so another account may still
 * answer. Each wire format knows which events carry output (`isPrelude`); this file keeps the events and the clock.
 */
import { joined } from "../ground/bytes.ts";
import { ArrayElements } from "../protocols/json-array.ts";
import { DataLines } from "../protocols/sse.ts";
import type { WireFormat } from "../protocols/wire.ts";

/**
 * How long a beginning is held at the most, in milliseconds from its first byte on. A model whose thinking is not shown sends nothing
 * but pings for minutes, and the client must get them: it waits as long as they come.
 */
export const LONGEST_HOLD_MS = 10_000;
/** No announcement is this large, not even one that repeats the whole request. Whatever is larger is passed on. */
const MOST_BYTES = 512 * 1024;

/**
 * `begun`: it is an answer. `useless`: it has ended without an answer, because of a fault that asking again usually mends. `error`: the
 * upstream's own error, as the response that it should have been.
 */
export type Shown = { kind: "begun" } | { kind: "useless" } | { kind: "error"; status: number; body: string };

export interface Prelude {
  /** What was read; it has not been sent to the client yet. */
  first: Uint8Array;
  /** What the beginning shows; `undecided` if it shows nothing so far, `ended` if it never will. */
  shown: Shown | { kind: "undecided" } | { kind: "ended" };
  /** The read that was under way when the hold was over. It must be passed on before `rest`, which is locked until then. */
  pending: Promise<Uint8Array | null> | null;
}

/** Tells what the pieces of a stream show, wherever they are cut. Pure. */
export class PreludeReader {
  #shown: Shown | null = null;
  #bytes = 0;
  readonly #source: DataLines | ArrayElements;

  /** `isArray`: the stream is one JSON array, as Gemini's is when nobody asks for events. */
  constructor(wire: WireFormat, isArray: boolean, isUseless: (data: string) => boolean = () => false) {
    const look = (data: string) => {
      // Some services' pings have an empty object for data, or nothing.
      if (this.#shown || /^\s*(?:\{\s*\})?\s*$/.test(data) || wire.isPrelude(data)) return;
      const error = wire.errorIn(data);
      if (error) this.#shown = { kind: "error", ...error };
      else this.#shown = { kind: isUseless(data) ? "useless" : "begun" };
    };
    this.#source = isArray ? new ArrayElements(look) : new DataLines(look);
  }

  feed(chunk: Uint8Array): Shown | null {
    this.#bytes += chunk.length;
    this.#source.feed(chunk);
    if (this.#bytes > MOST_BYTES) this.#shown ??= { kind: "begun" };
    return this.#shown;
  }

  /** What it shows when nothing more comes. */
  end(): Shown | null {
    this.#source.end();
    return this.#shown;
  }
}

/**
 * Reads `rest` until it shows something. `arrived` is called when the first bytes arrive, and returns for how many milliseconds the
 * beginning may be held from then on. Rejects if the stream breaks.
 */
export async function readPrelude(
  rest: ReadableStream<Uint8Array>,
  wire: WireFormat,
  isArray: boolean,
  arrived: () => number,
  isUseless?: (data: string) => boolean,
): Promise<Prelude> {
  const prelude = new PreludeReader(wire, isArray, isUseless);
  const reader = rest.getReader();
  const chunks: Uint8Array[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over: Promise<"over"> | undefined;
  try {
    for (;;) {
      const reading = reader.read();
      const read = await (over ? Promise.race([reading, over]) : reading);
      if (read === "over") {
        const pending = reading.then(({ value }) => {
          reader.releaseLock();
          return value ?? null;
        });
        return { first: joined(chunks), shown: { kind: "undecided" }, pending };
      }
      if (read.done) {
        reader.releaseLock();
        return { first: joined(chunks), shown: prelude.end() ?? { kind: "ended" }, pending: null };
      }
      const holdMs = chunks.length === 0 ? arrived() : 0;
      chunks.push(read.value);
      const shown = prelude.feed(read.value);
      if (shown) {
        reader.releaseLock();
        return { first: joined(chunks), shown, pending: null };
      }
      over ??= new Promise((resolve) => {
        timer = setTimeout(() => resolve("over"), holdMs);
      });
    }
  } finally {
    clearTimeout(timer);
  }
}
