/**
 * The events of an answer as the deltas of one Chat message. A stream writes each of them as a chunk, a whole answer puts them all
 * together, so both say the same.
 *
 * Clients put deltas together in two ways. All of them join texts. Of any other member the SDKs keep the last value, while other
 * clients join lists. So a list is sent once, when it is whole.
 */
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import { text } from "../../../ground/json.ts";
import { FreeFormStream } from "../free-form.ts";
import type { HubAnswerBlock, HubEvent, HubToolUse, Json, StopReason } from "../hub.ts";
import { fitted } from "../names.ts";
import { detailOf, extraContentOf, type ReasoningDetail } from "./reasoning.ts";
import type { ChatWants } from "./request.ts";

export type FinishReason = ChatCompletion.Choice["finish_reason"];

export type Delta = ChatCompletionChunk.Choice.Delta & {
  reasoning_content?: string;
  reasoning_details?: ReasoningDetail[];
  annotations?: Annotation[];
};

type Annotation = ChatCompletionMessage.Annotation;

/** The finish reasons of an answer without calls. */
export const FINISH: Record<StopReason, "stop" | "length" | "content_filter"> = {
  end_turn: "stop",
  tool_use: "stop",
  stop_sequence: "stop",
  // Chat has no turn that continues by itself.
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "content_filter",
};

/** OpenAI refuses longer ids in a request, and the client may continue the conversation there. */
const LONGEST_ID = 40;
/** What separates two passages of thinking. */
const PARAGRAPH = "\n\n";

/** The open block, as far as its deltas depend on it. */
type Open =
  | { type: "text"; from: number; citations: Json[] }
  | { type: "thinking"; text: string; signature: string }
  | { type: "call"; index: number; said: boolean; input: FreeFormStream | null }
  /** A block that Chat has no place for. */
  | { type: "other" };

export class MessageDeltas {
  readonly #wants: ChatWants;
  #open: Open = { type: "other" };
  #calls = 0;
  /** The characters of text so far. Citations give positions in them. */
  #length = 0;
  #hasThought = false;
  readonly #details: ReasoningDetail[] = [];
  /** The details that belong right before the next block. */
  #before: ReasoningDetail[] = [];
  readonly #annotations: Annotation[] = [];

  constructor(wants: ChatWants) {
    this.#wants = wants;
  }

  /** What an event of a block adds to the message; null if it adds nothing. */
  of(event: HubEvent): Delta | null {
    switch (event.type) {
      case "open":
        return this.#begin(event.block);
      case "delta":
        return this.#add(event.text);
      case "signature":
        if (this.#open.type === "thinking") this.#open.signature = event.signature;
        return null;
      case "citation":
        if (this.#open.type === "text") this.#open.citations.push(event.citation);
        return null;
      case "close":
        return this.#close();
      default:
        return null;
    }
  }

  /** What is sent once nothing more comes; null for nothing. */
  last(): Delta | null {
    const delta: Delta = {
      ...(this.#details.length > 0 && { reasoning_details: this.#details }),
      ...(this.#annotations.length > 0 && { annotations: this.#annotations }),
      // A message without calls must have a content, even an empty one.
      ...(this.#length === 0 && this.#calls === 0 && { content: "" }),
    };
    return Object.keys(delta).length > 0 ? delta : null;
  }

  /** The finish reason tells clients whether to look for calls and run them. */
  finish(reason: StopReason): FinishReason {
    if (FINISH[reason] !== "stop") return FINISH[reason];
    if (this.#calls === 0) return "stop";
    return this.#wants.legacy ? "function_call" : "tool_calls";
  }

  #begin(block: HubAnswerBlock): Delta | null {
    this.#open = { type: "other" };
    switch (block.type) {
      case "text":
        this.#before = [];
        this.#open = { type: "text", from: this.#length, citations: [] };
        return null;
      case "thinking":
        this.#open = { type: "thinking", text: "", signature: "" };
        return null;
      case "redacted_thinking":
        this.#note(detailOf(block));
        return null;
      case "tool_use":
        return this.#call(block);
      default:
        return null;
    }
  }

  #call({ id: own, name }: HubToolUse): Delta | null {
    const id = fitted(own, LONGEST_ID);
    const before = this.#before;
    this.#before = [];
    for (const detail of before) detail.id = id;
    const index = this.#calls++;
    if (this.#wants.legacy) {
      // The old form has one call, and the upstream was asked for no more than one.
      if (index > 0) return null;
      this.#open = { type: "call", index, said: false, input: null };
      return { function_call: { name, arguments: "" } };
    }
    const isFreeForm = this.#wants.freeForm.has(name);
    this.#open = { type: "call", index, said: false, input: isFreeForm ? new FreeFormStream() : null };
    if (isFreeForm) return callDelta({ index, id, type: "custom", custom: { name, input: "" } });
    const last = before.at(-1);
    const extra = last?.type === "reasoning.text" ? extraContentOf(last.signature ?? "") : null;
    const call = { index, id, type: "function" as const, function: { name, arguments: "" } };
    return callDelta(extra ? { ...call, extra_content: extra } : call);
  }

  #add(piece: string): Delta | null {
    const open = this.#open;
    switch (open.type) {
      case "text":
        this.#length += piece.length;
        return piece === "" ? null : { content: piece };
      case "thinking": {
        if (piece === "") return null;
        const isNext = open.text === "" && this.#hasThought;
        open.text += piece;
        this.#hasThought = true;
        return { reasoning_content: isNext ? PARAGRAPH + piece : piece };
      }
      case "call":
        if (piece === "") return null;
        open.said = true;
        return this.#argumentsDelta(open, open.input ? open.input.push(piece) : piece);
      case "other":
        return null;
    }
  }

  #argumentsDelta({ index, input }: Extract<Open, { type: "call" }>, piece: string): Delta | null {
    if (piece === "") return null;
    if (this.#wants.legacy) return { function_call: { arguments: piece } };
    return callDelta(input ? { index, custom: { input: piece } } : { index, function: { arguments: piece } });
  }

  #close(): Delta | null {
    const open = this.#open;
    this.#open = { type: "other" };
    switch (open.type) {
      case "text":
        for (const each of open.citations) {
          const annotation = annotationOf(each, open.from, this.#length);
          if (annotation) this.#annotations.push(annotation);
        }
        return null;
      case "thinking":
        if (open.text !== "" || open.signature !== "") {
          this.#note(detailOf({ type: "thinking", thinking: open.text, signature: open.signature }));
        }
        return null;
      case "call":
        if (open.input) return this.#argumentsDelta(open, open.input.end());
        // Clients parse the arguments, and an empty text cannot be parsed.
        return open.said ? null : this.#argumentsDelta(open, "{}");
      case "other":
        return null;
    }
  }

  #note(detail: ReasoningDetail): void {
    this.#details.push(detail);
    this.#before.push(detail);
  }
}

/** OpenAI's types do not have the member that Google puts beside a call. */
function callDelta(call: ChatCompletionChunk.Choice.Delta.ToolCall & { extra_content?: Json }): Delta {
  return { tool_calls: [call] };
}

/** A citation of a page, for the text between `from` and `to`. Chat has no other citations. */
function annotationOf({ url, title }: Json, from: number, to: number): Annotation | null {
  const address = text(url);
  if (address === null) return null;
  const named = { url: address, title: text(title) ?? address };
  return { type: "url_citation", url_citation: { ...named, start_index: from, end_index: to } };
}
