/**
 * Stop sequences for an upstream that has none: OpenAI's Responses, and its reasoning models in Chat. The relay looks for them in the
 * text of the answer and cuts it there. The upstream goes on writing, and its usage is still read, because it is billed.
 */
import type { AnswerReader, StreamReader } from "./halves.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent } from "./hub.ts";

/** No client sends more or longer ones, and each costs a search in every piece of text. */
const MOST_SEQUENCES = 16;
const LONGEST_SEQUENCE = 1000;

/** The sequences that are looked for. The caller names the others as dropped. */
export function enforceable(sequences: readonly string[]): string[] {
  return sequences.filter(({ length }) => length > 0 && length <= LONGEST_SEQUENCE).slice(0, MOST_SEQUENCES);
}

/** The same reader, but its answers end where the first of `sequences` (from {@link enforceable}) begins. */
export function stoppingAt(sequences: readonly string[], reader: AnswerReader): AnswerReader {
  if (sequences.length === 0) return reader;
  return {
    ...reader,
    whole: (answer) => {
      const read = reader.whole(answer);
      return "error" in read ? read : cut(read, sequences);
    },
    stream: () => new StoppingReader(reader.stream(), sequences),
  };
}

interface Found {
  at: number;
  sequence: string;
}

/** The sequence that is complete first, because a model would have stopped there; of two that end together, the longer one. */
function firstIn(text: string, sequences: readonly string[]): Found | null {
  const found = sequences.map((sequence) => ({ at: text.indexOf(sequence), sequence })).filter(({ at }) => at >= 0);
  return found.reduce<Found | null>((first, each) => (first && !isBefore(each, first) ? first : each), null);
}

function isBefore(one: Found, other: Found): boolean {
  const ends = one.at + one.sequence.length - (other.at + other.sequence.length);
  return ends < 0 || (ends === 0 && one.at < other.at);
}

function cut(answer: HubAnswer, sequences: readonly string[]): HubAnswer {
  for (const [index, block] of answer.content.entries()) {
    const found = block.type === "text" ? firstIn(block.text, sequences) : null;
    if (!found || block.type !== "text") continue;
    const kept: HubAnswerBlock[] = answer.content.slice(0, index);
    if (found.at > 0) kept.push({ type: "text", text: block.text.slice(0, found.at) });
    return { ...answer, content: kept, stopReason: "stop_sequence", stopSequence: found.sequence };
  }
  return answer;
}

/** How many characters at the end of `text` may be the beginning of a sequence. */
function heldOf(text: string, sequences: readonly string[]): number {
  let held = 0;
  for (const sequence of sequences) {
    const from = Math.max(0, text.length - sequence.length + 1);
    for (let at = text.indexOf(sequence.charAt(0), from); at >= 0; at = text.indexOf(sequence.charAt(0), at + 1)) {
      if (!sequence.startsWith(text.slice(at))) continue;
      held = Math.max(held, text.length - at);
      break;
    }
  }
  return held;
}

/** The same on a stream: text that may be the beginning of a sequence waits for what follows. */
class StoppingReader implements StreamReader {
  readonly #reader: StreamReader;
  readonly #sequences: readonly string[];
  /** A block of text that has begun. It is opened when it has text, because the API has no empty block. */
  #text: { opening: HubEvent | null; held: string } | null = null;
  #stoppedAt: string | null = null;

  constructor(reader: StreamReader, sequences: readonly string[]) {
    this.#reader = reader;
    this.#sequences = sequences;
  }

  read(data: string): HubEvent[] {
    return this.#passed(this.#reader.read(data));
  }

  end(): HubEvent[] {
    return this.#passed(this.#reader.end());
  }

  #passed(events: HubEvent[]): HubEvent[] {
    return events.flatMap((event) => (this.#stoppedAt === null ? this.#taken(event) : this.#after(event)));
  }

  #taken(event: HubEvent): HubEvent[] {
    if (event.type === "open" && event.block.type === "text") {
      this.#text = { opening: event, held: "" };
      return [];
    }
    const text = this.#text;
    if (!text) return [event];
    if (event.type === "delta") return this.#searched(text.held + event.text);
    if (event.type === "citation") return [...this.#said(text.held), event];
    if (event.type !== "close") return [event];
    const said = this.#said(text.held);
    this.#text = null;
    return text.opening === null ? [...said, event] : [];
  }

  #searched(text: string): HubEvent[] {
    const found = firstIn(text, this.#sequences);
    if (!found) {
      const said = text.length - heldOf(text, this.#sequences);
      const events = this.#said(text.slice(0, said));
      if (this.#text) this.#text.held = text.slice(said);
      return events;
    }
    this.#stoppedAt = found.sequence;
    const events = this.#said(text.slice(0, found.at));
    return this.#text?.opening === null ? [...events, { type: "close" }] : events;
  }

  /** The text as events. The first of them opens the block. */
  #said(said: string): HubEvent[] {
    const text = this.#text;
    if (!text || said === "") return [];
    const { opening } = text;
    text.opening = null;
    text.held = "";
    return opening ? [opening, { type: "delta", text: said }] : [{ type: "delta", text: said }];
  }

  /** Of the events after the stop, only how the answer ended and what it used. */
  #after(event: HubEvent): HubEvent[] {
    if (event.type === "end") return [{ ...event, stopReason: "stop_sequence", stopSequence: this.#stoppedAt }];
    return event.type === "error" ? [event] : [];
  }
}
