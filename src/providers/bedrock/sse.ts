/**
 * Bedrock's stream as the Messages API would have written it: each frame of the event stream has one event in base64, and becomes
 * one server-sent event, its JSON as it came. What AWS adds to the last event stays here. An exception in the stream becomes the
 * error event that the API has for it, so that whoever reads the beginning can ask another account.
 */
import { object, parse, text } from "../../ground/json.ts";
import { messagesError } from "./errors.ts";
import { type EventMessage, EventStreamReader } from "./event-stream.ts";

export const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** The frames of a stream, in any cut, as server-sent events. */
export class EventsOfFrames {
  readonly #reader = new EventStreamReader();
  #over = false;

  /** Throws where the bytes are no event stream. */
  push(chunk: Uint8Array): string {
    let events = "";
    for (const message of this.#reader.feed(chunk)) {
      // Nothing follows an exception.
      if (this.#over) break;
      events += this.#eventOf(message);
    }
    return events;
  }

  /** What is said at the end: nothing. Throws where the stream ended within a frame. */
  end(): null {
    if (!this.#over) this.#reader.end();
    return null;
  }

  #eventOf({ headers, payload }: EventMessage): string {
    const type = headers[":message-type"];
    if (type === "exception" || type === "error") {
      this.#over = true;
      const said = object(parse(decoder.decode(payload)));
      const name = headers[":exception-type"] ?? headers[":error-code"] ?? "";
      const message = text(said?.message) ?? headers[":error-message"] ?? name;
      return `event: error\ndata: ${messagesError(name, message)}\n\n`;
    }
    // `initial-response` and what else there may be says nothing of the answer.
    if (headers[":event-type"] !== "chunk") return "";
    const bytes = text(object(parse(decoder.decode(payload)))?.bytes);
    return bytes === null ? "" : eventOf(Buffer.from(bytes, "base64").toString());
  }
}

const decoder = new TextDecoder();
const BEGINNING = /^\{"type":"([a-z_]+)"[,}]/;
const METRICS = "amazon-bedrock-invocationMetrics";

/** Bedrock writes the type first and all of it in one line; whatever else comes is written anew. */
function eventOf(json: string): string {
  const type = BEGINNING.exec(json)?.[1];
  if (type !== undefined && type !== "message_stop" && !json.includes("\n")) return `event: ${type}\ndata: ${json}\n\n`;
  const event = object(parse(json));
  if (typeof event?.type !== "string") return "";
  const { [METRICS]: _, ...own } = event;
  return `event: ${event.type}\ndata: ${JSON.stringify(own)}\n\n`;
}

/**
 * The stream as server-sent events. Where the upstream's breaks, or is damaged, it ends: a stream that a script breaks drops what has not
 * been read of it, and with that what the meter has to book; that the answer is not whole is told by its last event, which is missing.
 * It breaks only where nothing has come of it. A stream of bytes, for the meter reads its copy into a buffer of its own; read on demand,
 * so that an upstream is not faster than its client.
 */
export function toSse(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const events = new EventsOfFrames();
  const encoder = new TextEncoder();
  const reader = body.getReader();
  let begun = false;
  /** The next events; null at the end. */
  const next = async (): Promise<string | null> => {
    for (;;) {
      const { done, value } = await reader.read();
      const written = done ? events.end() : events.push(value);
      if (written !== "") return written;
    }
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const written = await next().catch((error: unknown) => {
        void reader.cancel(error).catch(() => undefined);
        if (!begun) throw error;
        return null;
      });
      if (written !== null) {
        begun = true;
        return controller.enqueue(encoder.encode(written));
      }
      controller.close();
      // A reader with a buffer of its own waits for it otherwise.
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
