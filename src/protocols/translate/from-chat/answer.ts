/** Answers in the format of Chat Completions: one message, or a stream of its deltas. */
import { errorEvent } from "../../chat/errors.ts";
import { eventsOf } from "../compose.ts";
import { errorBodyFor } from "../errors.ts";
import type { AnswerWriter, Asked, StreamWriter } from "../halves.ts";
import type { HubAnswer, HubEvent, Json } from "../hub.ts";
import { type Delta, type FinishReason, MessageDeltas } from "./deltas.ts";
import { messageOf } from "./message.ts";
import type { ChatWants } from "./request.ts";
import { chatUsage } from "./usage.ts";

export function chatAnswer(asked: Asked, wants: ChatWants): AnswerWriter {
  return {
    whole: (answer) => completionOf(answer, asked, wants),
    stream: () => new ChatStream(asked, wants),
  };
}

function completionOf(answer: HubAnswer, asked: Asked, wants: ChatWants): Json {
  const deltas = new MessageDeltas(wants);
  const said = eventsOf(answer).flatMap((event) => deltas.of(event) ?? []);
  const message = messageOf([...said, deltas.last() ?? {}]);
  const finish_reason = deltas.finish(answer.stopReason);
  return {
    ...answerId("chatcmpl-", answer.id, asked),
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: chatUsage(answer.usage),
  };
}

/** What an answer of either kind of completions says of itself, in each chunk too. `own`: the upstream's id, "" if it gave none. */
export function answerId(prefix: string, own: string, { id, model, createdAt }: Asked) {
  return { id: own.startsWith(prefix) ? own : `${prefix}${own || id}`, created: createdAt, model };
}

/** Keeps the connection open: a comment, which all clients skip. */
export const COMMENT = ": ping\n\n";
export const DONE = "data: [DONE]\n\n";

class ChatStream implements StreamWriter {
  readonly #asked: Asked;
  readonly #wants: ChatWants;
  readonly #deltas: MessageDeltas;
  /** A chunk up to its choices. It is the same in the whole stream. */
  #head = "";

  constructor(asked: Asked, wants: ChatWants) {
    this.#asked = asked;
    this.#wants = wants;
    this.#deltas = new MessageDeltas(wants);
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "start": {
        const head = { ...answerId("chatcmpl-", event.id, this.#asked), object: "chat.completion.chunk" };
        this.#head = `data: ${JSON.stringify(head).slice(0, -1)},"choices":`;
        return this.#chunk({ role: "assistant", content: null });
      }
      case "end": {
        const last = this.#deltas.last();
        const finish = this.#chunk({}, this.#deltas.finish(event.stopReason));
        const usage = `${this.#head}[],"usage":${JSON.stringify(chatUsage(event.usage))}}\n\n`;
        return (last ? this.#chunk(last) : "") + finish + (this.#wants.usage ? usage : "") + DONE;
      }
      case "error":
        return `data: ${errorBodyFor("chat", event.error, this.#asked.id)}\n\n`;
      default: {
        const delta = this.#deltas.of(event);
        return delta ? this.#chunk(delta) : "";
      }
    }
  }

  ping(): string {
    return COMMENT;
  }

  broken(message: string): string {
    return errorEvent(message);
  }

  #chunk(delta: Delta, finish: FinishReason | null = null): string {
    const choice = `[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]`;
    // If the client asked for usage, the chunks before the last say that they have none.
    return `${this.#head}${choice}${this.#wants.usage ? ',"usage":null' : ""}}\n\n`;
  }
}
