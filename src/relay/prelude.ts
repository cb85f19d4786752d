/**
 * The prelude of a stream: its beginning, until it is known whether it is an answer. Comments, pings and the events that only
 * announce one are not sent on yet: an upstream that fails after them has given the client nothing, and another account may. What
 * carries output is each wire format's own knowledge (`isPrelude`); this file keeps the events and the clock.
 */
import { joined } from "../ground/bytes.ts";
import { ArrayElements } from "../protocols/json-array.ts";
import { DataLines } from "../protocols/sse.ts";
import type { WireFormat } from "../protocols/wire.ts";

/**
 * How long a beginning is held at the most, from its first byte on. A model whose thinking is not shown sends nothing but
 * pings for minutes, and they are for the client, who waits on as long as they come.
 */
export const LONGEST_HOLD_MS = 10_000;
/** No announcement is this large, not even one that repeats the whole request; whatever comes is then passed on. */
const MOST_BYTES = 512 * 1024;

/** `begun`: the answer. `useless`: its end, which says nothing by a fault that asking again usually mends. `error`: the upstream's own, as the response it should have been. */
export type Shown = { kind: "begun" } | { kind: "useless" } | { kind: "error"; status: number; body: string };

export interface Prelude {
  /** What was read; it has not been sent to the client yet. */
  first: Uint8Array;
  /** What it shows; `undecided` where it shows nothing so far, `ended` where it never will. */
  shown: Shown | { kind: "undecided" } | { kind: "ended" };
  /** The read that was under way when the hold was over; to be passed on before `rest`, which is locked until then. */
  pending: Promise<Uint8Array | null> | null;
}

/** Tells what the pieces of a stream show, in any cut. Pure. */
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

  /** What it shows once nothing more comes. */
  end(): Shown | null {
    this.#source.end();
    return this.#shown;
  }
}

/**
 * Reads `rest` until it shows something. `arrived` is called with the first bytes, and says how many milliseconds it may
 * be held from then on. Rejects as the stream does.
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
