/** The hub's answer in the format of generateContent: whole, as events, or as the elements of one array. */
import type { Usage } from "../../../vocabulary.ts";
import { brokenBody } from "../../gemini/errors.ts";
import { argumentsIn } from "../arguments.ts";
import { errorBodyFor } from "../errors.ts";
import type { AnswerWriter, Asked, StreamWriter } from "../halves.ts";
import type { HubAnswer, HubAnswerBlock, HubError, HubEvent, Json, StopReason } from "../hub.ts";
import { Grounding } from "./grounding.ts";
import { signatureOf, type Thought } from "./thoughts.ts";

export interface Answering extends Pick<Asked, "id" | "model" | "asArray" | "enveloped"> {
  /** Whether the client wants to see the thoughts. What must be sent back of them it gets in any case. */
  showsThoughts: boolean;
}

export function answerWriter(answering: Answering): AnswerWriter {
  return {
    whole: (answer) => whole(answering, answer),
    stream: () => new GeminiStream(answering),
  };
}

/** An answer with calls ends with STOP too. */
const FINISH_REASONS: Record<StopReason, string> = {
  end_turn: "STOP",
  tool_use: "STOP",
  stop_sequence: "STOP",
  pause_turn: "STOP",
  max_tokens: "MAX_TOKENS",
  model_context_window_exceeded: "MAX_TOKENS",
  refusal: "SAFETY",
};

/** A content must have at least one part. */
const NOTHING: Json = { text: "" };

function whole(answering: Answering, { id, content, stopReason, usage }: HubAnswer): Json {
  const parts = new PartWriter(answering.showsThoughts);
  const written = [...content.flatMap((block) => parts.block(block)), ...parts.rest()];
  const candidate = {
    content: { role: "model", parts: written.length > 0 ? written : [NOTHING] },
    finishReason: FINISH_REASONS[stopReason],
    index: 0,
    ...parts.grounding.metadata(),
  };
  const answer = {
    candidates: [candidate],
    usageMetadata: usageWritten(usage),
    modelVersion: answering.model,
    responseId: id === "" ? answering.id : id,
  };
  return answering.enveloped ? { response: answer } : answer;
}

/** Google counts the cache in the prompt, and does not count thoughts in the candidates. */
function usageWritten({ input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning }: Usage): Json {
  const prompt = input + cacheRead + cacheWrite5m + cacheWrite1h;
  const thoughts = Math.min(reasoning, output);
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: output - thoughts,
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    ...(cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    totalTokenCount: prompt + output,
  };
}

/** Writes blocks as parts. A signature goes on the next part that the client will send back. */
class PartWriter {
  readonly grounding = new Grounding();
  readonly #showsThoughts: boolean;
  #thoughts: Thought[] = [];

  constructor(showsThoughts: boolean) {
    this.#showsThoughts = showsThoughts;
  }

  block(block: HubAnswerBlock): Json[] {
    switch (block.type) {
      case "text":
        this.grounding.text(block.text);
        for (const citation of block.citations ?? []) this.grounding.cite(citation);
        this.grounding.endText();
        return [this.signed({ text: block.text })];
      case "thinking":
        this.keep(block);
        return block.thinking === "" ? [] : this.thought(block.thinking);
      case "redacted_thinking":
        this.keep(block);
        return [];
      case "tool_use":
        return [this.call(block.id, block.name, block.input)];
      case "server_tool_use":
      case "web_search_tool_result":
        this.grounding.add(block);
        return [];
    }
  }

  thought(text: string): Json[] {
    return this.#showsThoughts ? [{ text, thought: true }] : [];
  }

  /** Keeps a thought only if it is signed, because only then it has to come back. */
  keep(thought: Thought): void {
    if (thought.type === "redacted_thinking" || thought.signature !== "") this.#thoughts.push(thought);
  }

  call(id: string, name: string, args: Json): Json {
    return this.signed({ functionCall: { id, name, args } });
  }

  signed(part: Json): Json {
    if (this.#thoughts.length === 0) return part;
    const thoughtSignature = signatureOf(this.#thoughts);
    this.#thoughts = [];
    return { ...part, thoughtSignature };
  }

  get isSigned(): boolean {
    return this.#thoughts.length > 0;
  }

  /** Signed thoughts that no part has followed. */
  rest(): Json[] {
    return this.isSigned ? [this.signed(NOTHING)] : [];
  }
}

const PING = ": ping\n\n";

/**
 * Each event is a chunk of its own. A chunk of text consists of its frame, which is always the same, and the text. A call is one
 * chunk, written when its arguments are whole.
 */
class GeminiStream implements StreamWriter {
  readonly #answering: Answering;
  readonly #parts: PartWriter;
  /** The text before and after the parts of a chunk. */
  #frame: readonly [string, string] = ["", ""];
  #open: HubAnswerBlock | null = null;
  /** The texts of the open block of thinking, and the arguments of the open call. */
  #texts: string[] = [];
  #signature = "";
  /** How many elements of an array have been written. */
  #elements = 0;

  constructor(answering: Answering) {
    this.#answering = answering;
    this.#parts = new PartWriter(answering.showsThoughts);
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "delta":
        return event.text === "" ? "" : this.#delta(event.text);
      case "start":
        this.#start(event.id);
        return "";
      case "open":
        this.#open = event.block;
        this.#texts = [];
        this.#signature = "";
        return "";
      case "signature":
        this.#signature = event.signature;
        return "";
      case "citation":
        this.#parts.grounding.cite(event.citation);
        return "";
      case "close":
        return this.#close();
      case "end":
        return this.#end(event.stopReason, event.usage);
      case "error":
        return this.#error(event.error);
    }
  }

  ping(): string {
    return this.#answering.asArray ? "\n" : PING;
  }

  broken(message: string): string {
    return this.#last(brokenBody(message));
  }

  #start(id: string): void {
    const { model, enveloped } = this.#answering;
    const named = JSON.stringify({ modelVersion: model, responseId: id === "" ? this.#answering.id : id }).slice(1);
    const [opening, closing] = enveloped ? ['{"response":', "}"] : ["", ""];
    this.#frame = [
      `${opening}{"candidates":[{"content":{"role":"model","parts":[`,
      `]},"index":0}],${named}${closing}`,
    ];
  }

  #delta(text: string): string {
    switch (this.#open?.type) {
      case "text":
        this.#parts.grounding.text(text);
        if (this.#parts.isSigned) return this.#chunk(JSON.stringify(this.#parts.signed({ text })));
        return this.#chunk(`{"text":${JSON.stringify(text)}}`);
      case "thinking":
        this.#texts.push(text);
        return this.#answering.showsThoughts ? this.#chunk(`{"text":${JSON.stringify(text)},"thought":true}`) : "";
      default:
        this.#texts.push(text);
        return "";
    }
  }

  #close(): string {
    const open = this.#open;
    this.#open = null;
    switch (open?.type) {
      case "thinking":
        this.#parts.keep({ type: "thinking", thinking: this.#texts.join(""), signature: this.#signature });
        return "";
      case "redacted_thinking":
        this.#parts.keep(open);
        return "";
      case "tool_use":
        return this.#chunk(
          JSON.stringify(this.#parts.call(open.id, open.name, argumentsIn(this.#texts.join("")) ?? {})),
        );
      case "text":
        this.#parts.grounding.endText();
        return "";
      default:
        if (open) this.#parts.grounding.add(open);
        return "";
    }
  }

  #end(stopReason: StopReason, usage: Usage): string {
    const [part = NOTHING] = this.#parts.rest();
    const finish = {
      finishReason: FINISH_REASONS[stopReason],
      index: 0,
      ...this.#parts.grounding.metadata(),
    };
    const [before, behind] = this.#frame;
    const candidate = `]},${JSON.stringify(finish).slice(1)}],"usageMetadata":${JSON.stringify(usageWritten(usage))}`;
    const named = behind.slice(BEHIND_PARTS.length);
    return this.#last(`${before}${JSON.stringify(part)}${candidate}${named}`);
  }

  #error(error: HubError): string {
    return this.#last(errorBodyFor("gemini", error, this.#answering.id));
  }

  #chunk(part: string): string {
    const [before, behind] = this.#frame;
    return this.#element(`${before}${part}${behind}`);
  }

  #element(json: string): string {
    if (!this.#answering.asArray) return `data: ${json}\n\n`;
    return `${this.#elements++ === 0 ? "[" : ",\n"}${json}`;
  }

  /** Writes the last element. */
  #last(json: string): string {
    return this.#answering.asArray ? `${this.#element(json)}\n]` : this.#element(json);
  }
}

/** The end of the candidate in an ordinary chunk. */
const BEHIND_PARTS = ']},"index":0}]';
