/**
 * Reads `application/vnd.amazon.eventstream`, cut anywhere. A message has a prelude (two lengths and their CRC), headers, a payload and
 * a CRC of all before it. Pure; knows nothing of Bedrock. Source: "Event stream encoding", Amazon Lex and Amazon Transcribe guides.
 *
 *   total length (4) | headers length (4) | CRC of both (4) | headers | payload | CRC of everything before (4)
 */
import { crc32 } from "node:zlib";
import { joined } from "../../ground/bytes.ts";

/** A message of an event stream. Only headers with text are read, because nothing needs the others. */
export interface EventMessage {
  headers: Readonly<Record<string, string>>;
  payload: Uint8Array;
}

/** Thrown for bytes that are no event stream. The caller treats the stream as broken. */
export class BrokenEventStream extends Error {
  constructor(why: string) {
    super(`its event stream is broken: ${why}`);
  }
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
/** AWS's own limit for a message: 16 MB of payload and 128 KB of headers. */
const LARGEST_MESSAGE = 16 * 1024 * 1024 + 128 * 1024 + PRELUDE_BYTES + CRC_BYTES;

export class EventStreamReader {
  /** The pieces of an incomplete message. They are joined once, at its end: joining at each piece would be quadratic. */
  #pieces: Uint8Array[] = [];
  #length = 0;
  /** How many bytes are needed before more can be read. */
  #wanted = PRELUDE_BYTES;

  /** Returns the messages that `chunk` completes. */
  feed(chunk: Uint8Array): EventMessage[] {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return [];
    const bytes = joined(this.#pieces);
    const messages: EventMessage[] = [];
    let at = 0;
    this.#wanted = PRELUDE_BYTES;
    while (bytes.length - at >= PRELUDE_BYTES) {
      const total = totalLength(bytes, at);
      if (bytes.length - at < total) {
        this.#wanted = total;
        break;
      }
      messages.push(messageOf(bytes.subarray(at, at + total)));
      at += total;
    }
    this.#length = bytes.length - at;
    this.#pieces = this.#length > 0 ? [bytes.subarray(at)] : [];
    return messages;
  }

  /** Throws if the stream has ended inside a message. */
  end(): void {
    if (this.#length > 0) throw new BrokenEventStream("it ended within a message");
  }
}

/** The length of the message at `at`, from its checked prelude: a wrong length would be waited for without end. */
function totalLength(bytes: Uint8Array, at: number): number {
  const prelude = bytes.subarray(at, at + PRELUDE_BYTES);
  const view = viewOf(prelude);
  if (crc32(prelude.subarray(0, 8)) !== view.getUint32(8)) throw new BrokenEventStream("its prelude is damaged");
  const total = view.getUint32(0);
  const headers = view.getUint32(4);
  if (total > LARGEST_MESSAGE || headers + PRELUDE_BYTES + CRC_BYTES > total) {
    throw new BrokenEventStream("its lengths are none of a message");
  }
  return total;
}

function messageOf(bytes: Uint8Array): EventMessage {
  const view = viewOf(bytes);
  const end = bytes.length - CRC_BYTES;
  if (crc32(bytes.subarray(0, end)) !== view.getUint32(end)) throw new BrokenEventStream("a message is damaged");
  const payloadAt = PRELUDE_BYTES + view.getUint32(4);
  return { headers: headersIn(bytes.subarray(PRELUDE_BYTES, payloadAt)), payload: bytes.subarray(payloadAt, end) };
}

/** How many bytes a header's value takes, by its type. For types 6 and 7 its first two bytes give the length. */
const FIXED_LENGTHS: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const TEXT = 7;

const decoder = new TextDecoder();

/** Each header: length of the name (1), name, type of the value (1), value. */
function headersIn(bytes: Uint8Array): Record<string, string> {
  const view = viewOf(bytes);
  const headers: Record<string, string> = {};
  let at = 0;
  const take = (length: number) => {
    if (at + length > bytes.length) throw new BrokenEventStream("a header is longer than its headers");
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const nameLength = view.getUint8(take(1));
    const nameAt = take(nameLength);
    const name = decoder.decode(bytes.subarray(nameAt, at));
    const type = view.getUint8(take(1));
    if (type >= FIXED_LENGTHS.length) throw new BrokenEventStream("a header is of a type that there is not");
    const valueLength = FIXED_LENGTHS[type] ?? view.getUint16(take(2));
    const valueAt = take(valueLength);
    if (type === TEXT) headers[name] = decoder.decode(bytes.subarray(valueAt, at));
  }
  return headers;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
