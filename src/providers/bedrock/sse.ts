/**
 * Bedrock's stream in the form of the Messages API. Each frame of the event stream holds one event in base64 and becomes one
 * server-sent event with the same JSON. What AWS adds to the last event is removed. An exception in the stream becomes the API's error
 * event, so that the relay, which reads the beginning, can ask another account.
 */
import { object, parse, text } from "../../ground/json.ts";
import { messagesError } from "./errors.ts";
import { type EventMessage, EventStreamReader } from "./event-stream.ts";

export const EVENT_STREAM = "application/vnd.amazon.eventstream";

/** Turns the frames of a stream, cut anywhere, into server-sent events. */
export class EventsOfFrames {
  readonly #reader = new EventStreamReader();
  #over = false;

  /** Throws if the bytes are no event stream. */
  push(chunk: Uint8Array): string {
    let events = "";
    for (const message of this.#reader.feed(chunk)) {
      // Whatever follows an exception is ignored.
      if (this.#over) break;
      events += this.#eventOf(message);
    }
    return events;
  }

  /** Nothing is sent at the end. Throws if the stream ended inside a frame. */
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
    // `initial-response` and other types carry nothing of the answer.
    if (headers[":event-type"] !== "chunk") return "";
    const bytes = text(object(parse(decoder.decode(payload)))?.bytes);
    return bytes === null ? "" : eventOf(Buffer.from(bytes, "base64").toString());
  }
}

const decoder = new TextDecoder();
const BEGINNING = /^\{"type":"([a-z_]+)"[,}]/;
const METRICS = "amazon-bedrock-invocationMetrics";

/** Bedrock writes the type first and everything in one line. Any other form is written anew. */
function eventOf(json: string): string {
  const type = BEGINNING.exec(json)?.[1];
  if (type !== undefined && type !== "message_stop" && !json.includes("\n")) return `event: ${type}\ndata: ${json}\n\n`;
  const event = object(parse(json));
  if (typeof event?.type !== "string") return "";
  const { [METRICS]: _, ...own } = event;
  return `event: ${event.type}\ndata: ${JSON.stringify(own)}\n\n`;
}

/**
 * The stream as server-sent events. If the upstream's stream breaks or is damaged, this one ends instead of failing: a stream that a
 * script fails drops what was not read yet, and the meter has to book that. The missing last event tells that the answer is incomplete.
 * It fails only if nothing has come of it. It is a byte stream, because the meter reads its copy into a buffer of its own, and it is
 * read on demand, so that an upstream is not faster than its client.
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
      // Otherwise a reader with a buffer of its own would wait for it.
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
