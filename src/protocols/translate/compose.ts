/**
 * A lane between two formats, composed of a client's half and an upstream's half (halves.ts). The client's body is parsed once,
 * however many accounts are tried. An event is parsed once, and what the client gets of it is encoded once.
 */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { object, parse } from "../../ground/json.ts";
import type { Refusal } from "../../refusal.ts";
import { type Protocol, WIRE } from "../wire.ts";
import { errorBodyFor, errorOf } from "./errors.ts";
import type {
  AnswerReader,
  AnswerWriter,
  Asked,
  ClientHalf,
  StreamReader,
  StreamWriter,
  UpstreamHalf,
  WrittenRequest,
} from "./halves.ts";
import type { HubAnswer, HubError, HubEvent, HubRequest } from "./hub.ts";
import {
  type AnswerLane,
  type Lane,
  LONGEST_EVENT,
  type OpenLane,
  type Stage,
  UnreadableStream,
  type WholeAnswer,
} from "./lane.ts";
import { balanced } from "./turns.ts";

/** A half, and the name of its format. */
export interface Side<Half> {
  protocol: Protocol;
  half: Half;
}

/** The lane for answers: a conversation goes in, the model's answer comes out. */
export function answerLane(client: Side<ClientHalf>, upstream: Side<UpstreamHalf>): Lane {
  return {
    translates: true,
    open: ({ json, asked }, target) => {
      const body = json();
      if (body === null) return TOO_LARGE;
      const read = client.half.read(body, asked);
      if (!read.ok) return read;
      const { hub, dropped, answer } = read.value;
      const refusal = nameRefusal(hub);
      if (refusal) return { ok: false, refusal };
      const written = upstream.half.write({ ...hub, messages: balanced(hub.messages) }, target);
      if (!written.ok) return written;
      return { ok: true, value: opened(client.protocol, asked, written.value, answer, dropped) };
    },
  };
}

/** Four times what any provider accepts. The answer's calls need the names, so they are held while it streams. */
const LONGEST_TOOL_NAME = 512;

function nameRefusal({ tools }: HubRequest): Refusal | null {
  const isLong = tools.some((tool) => tool.type === "function" && tool.name.length > LONGEST_TOOL_NAME);
  const detail = `a tool's name has at most ${LONGEST_TOOL_NAME} characters`;
  return isLong ? { reason: "member_refused", member: "tools", detail } : null;
}

function opened(
  protocol: Protocol,
  asked: Asked,
  written: WrittenRequest,
  writer: AnswerWriter,
  dropped: readonly string[],
): OpenLane {
  const { body, endpoint, answer: reader } = written;
  return {
    body: () => encoder.encode(JSON.stringify(body)),
    endpoint,
    instead: (error) => {
      const other = written.instead?.(error);
      return other ? { lane: opened(protocol, asked, other.request, writer, dropped), lacks: other.lacks } : null;
    },
    answer: answerOf(protocol, asked, reader, writer, [...dropped, ...written.dropped]),
  };
}

function answerOf(
  protocol: Protocol,
  asked: Asked,
  reader: AnswerReader,
  writer: AnswerWriter,
  dropped: readonly string[],
): AnswerLane {
  const failed = (error: HubError): WholeAnswer => ({
    body: encoder.encode(errorBodyFor(protocol, error, asked.id)),
    status: error.status,
    contentType: JSON_TYPE,
  });
  return {
    whole: (status, body) => {
      if (body.length > LONGEST_ANSWER) return failed(UNREADABLE);
      const text = new TextDecoder().decode(body);
      if (status >= 300) return failed(errorOf(status, text));
      const parsed = object(parse(text));
      const answer = parsed ? reader.whole(parsed) : { error: UNREADABLE };
      if ("error" in answer) return failed(answer.error);
      const fault = writer.fault?.(answer);
      if (fault) return failed(fault);
      if (!asked.stream) return { body: encoder.encode(JSON.stringify(writer.whole(answer))), contentType: JSON_TYPE };
      // The client may want a stream from a service that does not stream.
      const stream = writer.stream();
      const written = eventsOf(answer).map((event) => stream.write(event));
      return { body: encoder.encode(written.join("")), contentType: streamTypeOf(asked) };
    },
    stage: () => new TranslatingStage(reader.stream(), writer.stream(), streamTypeOf(asked)),
    dropped: [...new Set(dropped)],
    translates: true,
    ...(reader.isUseless && { isUseless: (data) => reader.isUseless?.(data) ?? false }),
  };
}

/**
 * The body, its text, its values and the upstream's body are in memory at the same time: more than six times the body's bytes, of
 * the 128 MB that all requests of an isolate share.
 */
export const LARGEST_TRANSLATED = 12_000_000;
/** An empty list takes three bytes of a body but dozens of memory, and every step of a translation visits it. */
export const MOST_VALUES_TRANSLATED = 250_000;
const TOO_LARGE = { ok: false, refusal: { reason: "untranslatable", limitBytes: LARGEST_TRANSLATED } } as const;

const encoder = new TextEncoder();
const JSON_TYPE = "application/json";
const UNREADABLE: HubError = {
  status: 502,
  category: "upstream",
  message: "The upstream's answer is none of its API.",
};

function streamTypeOf({ asArray }: Asked): string {
  return asArray ? JSON_TYPE : "text/event-stream; charset=utf-8";
}

/** The events that would have streamed this whole answer. */
export function eventsOf({ id, content, stopReason, stopSequence, usage }: HubAnswer): HubEvent[] {
  const events: HubEvent[] = [{ type: "start", id, usage }];
  for (const block of content) {
    switch (block.type) {
      case "text":
        events.push({ type: "open", block: { type: "text", text: "" } }, { type: "delta", text: block.text });
        for (const citation of block.citations ?? []) events.push({ type: "citation", citation });
        break;
      case "thinking":
        events.push({ type: "open", block: { type: "thinking", thinking: "", signature: "" } });
        if (block.thinking !== "") events.push({ type: "delta", text: block.thinking });
        if (block.signature !== "") events.push({ type: "signature", signature: block.signature });
        break;
      case "tool_use":
        events.push({ type: "open", block: { ...block, input: {} } });
        events.push({ type: "delta", text: JSON.stringify(block.input) });
        break;
      default:
        events.push({ type: "open", block });
    }
    events.push({ type: "close" });
  }
  events.push({ type: "end", stopReason, stopSequence, usage });
  return events;
}

/** A whole answer may be as large as the largest event. */
const LONGEST_ANSWER = LONGEST_EVENT;

/** Takes the upstream's events, cut anywhere, and gives the client's events. */
class TranslatingStage implements Stage {
  readonly #decoder = new TextDecoder();
  readonly #parser: EventSourceParser;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  #text = "";
  #over = false;
  #finished = false;
  readonly own: NonNullable<Stage["own"]>;

  constructor(reader: StreamReader, writer: StreamWriter, contentType: string) {
    this.#reader = reader;
    this.#writer = writer;
    this.#parser = createParser({
      onEvent: ({ data }) => this.#write(this.#reader.read(data)),
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") throw new UnreadableStream("an event is too long");
      },
      maxBufferSize: LONGEST_EVENT,
    });
    this.own = {
      contentType,
      ping: () => (this.#over ? NOTHING : encoder.encode(this.#writer.ping())),
      broken: (message) => {
        if (this.#over) return NOTHING;
        this.#over = true;
        return encoder.encode(this.#writer.broken(message));
      },
      finished: () => this.#finished,
    };
  }

  push(chunk: Uint8Array): Uint8Array {
    this.#parser.feed(this.#decoder.decode(chunk, { stream: true }));
    return this.#taken();
  }

  end(): Uint8Array {
    // A last event without its blank line counts too.
    this.#parser.feed(`${this.#decoder.decode()}\n\n`);
    this.#write(this.#reader.end());
    return this.#taken();
  }

  #write(events: HubEvent[]): void {
    for (const event of events) {
      // Whatever the upstream sends after the end is ignored.
      if (this.#over) return;
      this.#text += this.#writer.write(event);
      if (event.type === "end") this.#finished = true;
      if (event.type === "end" || event.type === "error") this.#over = true;
    }
  }

  #taken(): Uint8Array {
    const text = this.#text;
    this.#text = "";
    return text === "" ? NOTHING : encoder.encode(text);
  }
}

const NOTHING = new Uint8Array();

/** The lane for counts, through both formats to the upstream's own counter; null if the upstream has none. */
export function countLane(client: Side<ClientHalf>, upstream: Side<UpstreamHalf>): Lane | null {
  const { count } = upstream.half;
  if (!count) return null;
  return {
    translates: true,
    open: ({ json, asked }, target) => {
      const body = json();
      if (body === null) return TOO_LARGE;
      const read = client.half.read(body, asked);
      if (!read.ok) return read;
      const { hub } = read.value;
      const written = count({ ...hub, messages: balanced(hub.messages) }, target);
      if (!written.ok) return written;
      const { endpoint, body: question, tokensIn } = written.value;
      return {
        ok: true,
        value: {
          body: () => encoder.encode(JSON.stringify(question)),
          endpoint,
          instead: () => null,
          answer: {
            whole: (status, answered) => countAnswer(client.protocol, asked, tokensIn, status, answered),
            stage: () => null,
            dropped: [],
            translates: true,
          },
        },
      };
    },
  };
}

function countAnswer(
  protocol: Protocol,
  { id }: Asked,
  tokensIn: (answer: Record<string, unknown>) => number | null,
  status: number,
  body: Uint8Array,
): WholeAnswer {
  const text = new TextDecoder().decode(body);
  const answer = status < 300 ? object(parse(text)) : undefined;
  const tokens = answer ? tokensIn(answer) : null;
  if (tokens !== null) {
    return { body: encoder.encode(JSON.stringify(WIRE[protocol].countAnswer(tokens))), contentType: JSON_TYPE };
  }
  const error = status < 300 ? UNREADABLE : errorOf(status, text);
  return { body: encoder.encode(errorBodyFor(protocol, error, id)), status: error.status, contentType: JSON_TYPE };
}
