/** The answer to a Responses client, step by step: the events of a stream, and by the same steps the whole response. */
import { eventsOf } from "../compose.ts";
import type { AnswerWriter, StreamWriter } from "../halves.ts";
import type { HubError, HubEvent, Json } from "../hub.ts";
import {
  baseOf,
  type Frame,
  incompleteReasonOf,
  repeatedText,
  responseOf,
  type Standing,
  saidError,
} from "./envelope.ts";
import { Ladder } from "./ladder.ts";
import type { OutputItem } from "./output/item.ts";
import { itemFor, type Making } from "./output/items.ts";

/** `frame` and `making` are all that is held of the request. */
export function answerWriter(frame: Frame, making: Making): AnswerWriter {
  return {
    whole: (answer) => {
      const stream = new ResponseWriter(frame, making, new Ladder(true));
      for (const event of eventsOf(answer)) stream.write(event);
      return { ...stream.response, ...frame.repeated };
    },
    stream: () => new ResponseWriter(frame, making, new Ladder(false)),
  };
}

/** The events that every stream of this API has. */
export class Lifecycle {
  readonly ladder: Ladder;
  readonly #frame: Frame;
  #base: string;
  #repeated: string | null = null;
  #started = false;
  /** The response as the latest event told it. */
  response: Json = {};

  constructor(frame: Frame, ladder: Ladder) {
    this.ladder = ladder;
    this.#frame = frame;
    this.#base = baseOf("", frame);
  }

  /** The common part of this response's ids. */
  get base(): string {
    return this.#base;
  }

  start(upstreamId: string): string {
    this.#started = true;
    this.#base = baseOf(upstreamId, this.#frame);
    const standing: Standing = { status: "in_progress", output: [], usage: null };
    return this.stand("response.created", standing) + this.stand("response.in_progress", standing);
  }

  stand(type: string, standing: Standing): string {
    this.response = responseOf(this.#base, this.#frame, standing);
    this.#repeated ??= repeatedText(this.#frame);
    return this.ladder.response(type, this.response, this.#repeated);
  }

  end({ stopReason, usage }: Extract<HubEvent, { type: "end" }>, output: Json[]): string {
    const incompleteReason = incompleteReasonOf(stopReason);
    const status = incompleteReason === null ? "completed" : "incomplete";
    return this.stand(`response.${status}`, { status, incompleteReason, output, usage });
  }

  /** The SDKs throw on the first of the two events, wherever its words are. Codex reads only the second. */
  fail(error: HubError, output: Json[]): string {
    const said = saidError(error);
    const { code, message, param } = said;
    const failed: Standing = { status: "failed", output, usage: null, error: { code, message } };
    return this.ladder.event("error", { code, message, param, error: said }) + this.stand("response.failed", failed);
  }

  /**
   * Codex measures the silence between two events, and a comment does not count as one (openai/codex#31539). So OpenAI's own event for
   * this purpose is sent. The SDK accepts it only after the first event.
   */
  ping(): string {
    return this.#started ? this.ladder.bare("keepalive") : ": keepalive\n\n";
  }
}

/** The error that a client gets when the upstream breaks off. */
export function brokenOff(message: string): HubError {
  return { status: 502, category: "upstream", message };
}

class ResponseWriter implements StreamWriter {
  readonly #making: Making;
  readonly #life: Lifecycle;
  readonly #output: Json[] = [];
  #item: OutputItem | null = null;

  constructor(frame: Frame, making: Making, ladder: Ladder) {
    this.#making = making;
    this.#life = new Lifecycle(frame, ladder);
  }

  get response(): Json {
    return this.#life.response;
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "start":
        return this.#life.start(event.id);
      case "open":
        return this.#open(event.block);
      case "delta":
        return this.#item?.delta(event.text) ?? "";
      case "signature":
        this.#item?.signature(event.signature);
        return "";
      case "citation":
        this.#item?.cite(event.citation);
        return "";
      case "close":
        return this.#item?.closeBlock() ?? "";
      case "end":
        return this.#close(incompleteReasonOf(event.stopReason) === null) + this.#life.end(event, this.#output);
      case "error":
        return this.#close(false) + this.#life.fail(event.error, this.#output);
    }
  }

  ping(): string {
    return this.#life.ping();
  }

  broken(message: string): string {
    return this.#close(false) + this.#life.fail(brokenOff(message), this.#output);
  }

  #open(block: Extract<HubEvent, { type: "open" }>["block"]): string {
    if (this.#item?.takes(block)) return "";
    const closed = this.#close(true);
    const { base, ladder } = this.#life;
    this.#item = itemFor(block, { index: this.#output.length, base, ladder }, this.#making);
    return closed + this.#item.begin();
  }

  /** Ends the open item. Only now is it known whether the model came to its end. */
  #close(whole: boolean): string {
    const item = this.#item;
    if (!item) return "";
    this.#item = null;
    const events = item.end(whole);
    const made = item.item(whole);
    if (made) this.#output.push(made);
    return events;
  }
}
