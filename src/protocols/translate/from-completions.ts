/**
 * Clients of the old `/v1/completions`, on upstreams of any format. The prompt becomes what the user says, and the text of the
 * model's answer becomes the completion. No provider serves its present models there, so OpenAI accounts are asked in Chat too.
 */
import type { Completion } from "openai/resources/completions";
import { array, object, text } from "../../ground/json.ts";
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import { errorEvent } from "../chat/errors.ts";
import { errorBodyFor } from "./errors.ts";
import { Findings } from "./findings.ts";
import { answerId, COMMENT, DONE } from "./from-chat/answer.ts";
import { FINISH } from "./from-chat/deltas.ts";
import { nameDropped, readSampling, refuseChoices } from "./from-chat/parameters.ts";
import { chatUsage } from "./from-chat/usage.ts";
import type { AnswerWriter, Asked, ClientHalf, ReadRequest, StreamWriter } from "./halves.ts";
import type { HubAnswer, HubEvent, HubRequest, Json } from "./hub.ts";

export const FROM_COMPLETIONS: ClientHalf = { read };

/** The members that are read; of some only whether they can be left out. */
const KNOWN = new Set([
  ...["model", "prompt", "suffix", "echo", "n", "best_of", "stream", "stream_options", "prompt_cache_key"],
  ...["max_completion_tokens", "max_tokens", "temperature", "top_p", "top_k", "stop", "user"],
]);

function read(body: Json, asked: Asked): Result<ReadRequest, Refusal> {
  const findings = new Findings();
  const prompt = promptIn(body, findings);
  refuseChoices(body, findings);
  if (text(body.suffix))
    findings.refuse("suffix", "chat models, which serve this, do not fill in the middle of a text");
  if (body.echo === true) findings.refuse("echo", "the prompt is not sent back with the answer");
  const hub: HubRequest = {
    ...NOTHING_ASKED,
    model: asked.model,
    messages: [{ role: "user", content: [{ type: "text", text: prompt }] }],
    ...readSampling(body, findings),
    user: text(body.user),
    session: asked.session,
    stream: asked.stream,
  };
  nameDropped(body, KNOWN, findings);
  const usage = object(body.stream_options)?.include_usage === true;
  return findings.result({ hub, dropped: findings.dropped, answer: completionsAnswer(asked, usage) });
}

/** What a completion cannot ask for. */
const NOTHING_ASKED = {
  ...{ system: [], tools: [], toolChoice: null, disableParallelToolUse: false },
  ...{ thinking: null, effort: null, showThinking: false, format: null, verbosity: null },
};

function promptIn({ prompt }: Json, findings: Findings): string {
  const given = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt;
  if (typeof given === "string" && /\S/.test(given)) return given;
  const several = array(prompt).length > 1 && array(prompt).every((each) => typeof each === "string");
  findings.refuse("prompt", several ? "send one prompt at a time" : "must be a text, and not its tokens");
  return "";
}

/** `usage`: whether a stream ends with it. */
function completionsAnswer(asked: Asked, usage: boolean): AnswerWriter {
  return {
    whole: (answer) => ({ ...completionOf(answer, asked) }),
    stream: () => new CompletionsStream(asked, usage),
  };
}

const ID_PREFIX = "cmpl-";

function completionOf({ id, content, stopReason, usage }: HubAnswer, asked: Asked): Completion {
  const said = content.map((block) => (block.type === "text" ? block.text : "")).join("");
  return {
    ...answerId(ID_PREFIX, id, asked),
    object: "text_completion",
    choices: [{ text: said, index: 0, logprobs: null, finish_reason: FINISH[stopReason] }],
    usage: chatUsage(usage),
  };
}

class CompletionsStream implements StreamWriter {
  readonly #asked: Asked;
  readonly #usage: boolean;
  /** A chunk up to its choices. It is the same in the whole stream. */
  #head = "";
  #isText = false;

  constructor(asked: Asked, usage: boolean) {
    this.#asked = asked;
    this.#usage = usage;
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "start": {
        const head = { ...answerId(ID_PREFIX, event.id, this.#asked), object: "text_completion" };
        this.#head = `data: ${JSON.stringify(head).slice(0, -1)},"choices":`;
        return "";
      }
      case "open":
        this.#isText = event.block.type === "text";
        return "";
      case "delta":
        return this.#isText ? this.#chunk(event.text, null) : "";
      case "end": {
        const usage = `${this.#head}[],"usage":${JSON.stringify(chatUsage(event.usage))}}\n\n`;
        return this.#chunk("", FINISH[event.stopReason]) + (this.#usage ? usage : "") + DONE;
      }
      case "error":
        return `data: ${errorBodyFor("chat", event.error, this.#asked.id)}\n\n`;
      default:
        return "";
    }
  }

  ping(): string {
    return COMMENT;
  }

  broken(message: string): string {
    return errorEvent(message);
  }

  #chunk(said: string, finish: string | null): string {
    const choice = `[{"text":${JSON.stringify(said)},"index":0,"logprobs":null,"finish_reason":${JSON.stringify(finish)}}]`;
    return `${this.#head}${choice}${this.#usage ? ',"usage":null' : ""}}\n\n`;
  }
}
