/** The hub's answer in the format of the Messages API, whole and streamed. */
import { NO_USAGE, type Usage } from "../../../vocabulary.ts";
import { errorEvent } from "../../anthropic/errors.ts";
import { errorBodyFor } from "../errors.ts";
import type { AnswerWriter, StreamWriter } from "../halves.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent, Json } from "../hub.ts";
import {
  type Answering,
  blockWritten,
  citationWritten,
  isThinking,
  messageId,
  NOT_SIGNED,
  sealed,
  shownTo,
} from "./answer-blocks.ts";

export function answerWriter(answering: Answering): AnswerWriter {
  return {
    whole: (answer) => message(answering, answer),
    stream: () => new MessagesStream(answering),
  };
}

function message(answering: Answering, { id, content, stopReason, stopSequence, usage }: HubAnswer): Json {
  return {
    ...headOf(answering, id),
    content: shownTo(answering, content).map((block, index) => blockWritten(block, answering, index)),
    stop_reason: stopReason,
    stop_sequence: stopSequence,
    usage: usageWritten(usage, answering.inputTokens),
  };
}

function headOf(answering: Answering, id: string): Json {
  return { id: messageId(answering, id), type: "message", role: "assistant", model: answering.model };
}

/**
 * All counts, because Claude Code reads each without checking that it is present. If the upstream has not told the input, it is
 * estimated, because the client computes from it how full its context is.
 */
function usageWritten(usage: Usage, estimate: number): Json {
  const told = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h > 0;
  return {
    input_tokens: told ? usage.input : estimate,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
    output_tokens: usage.output,
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
    ...(usage.webSearches > 0 && {
      server_tool_use: { web_search_requests: usage.webSearches, web_fetch_requests: 0 },
    }),
  };
}

const PING = 'event: ping\ndata: {"type":"ping"}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

/**
 * Events are put together as text: their frame is always the same, and a delta is one of thousands. So only the text of a delta is
 * encoded.
 */
class MessagesStream implements StreamWriter {
  readonly #answering: Answering;
  #index = -1;
  #isOpen = false;
  /** The open block, if the client does not get it as it arrives. */
  #hidden: HubAnswerBlock | null = null;
  /** The parts that the client gets of hidden blocks before a call. */
  #seals: HubAnswerBlock[] = [];
  /** Whether the open block is thinking that nobody has signed yet. */
  #isUnsigned = false;
  /** What precedes the text in a delta of the open block. */
  #before = "";

  constructor(answering: Answering) {
    this.#answering = answering;
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "delta":
        return this.#hidden || event.text === "" ? "" : `${this.#before}${JSON.stringify(event.text)}}}\n\n`;
      case "start":
        return this.#start(event.id, event.usage);
      case "open":
        return this.#open(event.block);
      case "signature":
        return this.#sign(event.signature);
      case "citation":
        return `${this.#delta("citations_delta", "citation")}${JSON.stringify(citationWritten(event.citation))}}}\n\n`;
      case "close":
        return (this.#isUnsigned ? this.#sign(NOT_SIGNED) : "") + this.#close();
      case "end": {
        const delta = { stop_reason: event.stopReason, stop_sequence: event.stopSequence };
        const usage = usageWritten(event.usage, this.#answering.inputTokens);
        return `${sse("message_delta", { type: "message_delta", delta, usage })}${STOP}`;
      }
      case "error":
        return `${this.#close()}event: error\ndata: ${errorBodyFor("anthropic", event.error, this.#answering.id)}\n\n`;
    }
  }

  ping(): string {
    return PING;
  }

  broken(message: string): string {
    return this.#close() + errorEvent(message);
  }

  #start(id: string, usage: Usage | null): string {
    const { inputTokens } = this.#answering;
    const counts = usage
      ? usageWritten(usage, inputTokens)
      : { ...usageWritten(NO_USAGE, inputTokens), output_tokens: 1 };
    const head = headOf(this.#answering, id);
    const message = { ...head, content: [], stop_reason: null, stop_sequence: null, usage: counts };
    return sse("message_start", { type: "message_start", message });
  }

  #open(block: HubAnswerBlock): string {
    if (!this.#answering.thinks && isThinking(block)) {
      this.#hidden = block;
      return "";
    }
    const seals = block.type === "tool_use" ? this.#seals.map((seal) => this.#whole(seal)).join("") : "";
    this.#seals = [];
    return seals + this.#begin(block);
  }

  /** Writes a block that is already complete. */
  #whole(block: HubAnswerBlock): string {
    const signature = block.type === "thinking" ? block.signature : "";
    const begun = this.#begin(block.type === "thinking" ? { ...block, signature: "" } : block);
    return begun + (signature === "" ? "" : this.#sign(signature)) + this.#close();
  }

  #begin(block: HubAnswerBlock): string {
    this.#index++;
    this.#isOpen = true;
    this.#isUnsigned = block.type === "thinking";
    this.#before = this.#deltasOf(block);
    const start = JSON.stringify(this.#begun(block));
    const opened = `event: content_block_start\ndata: {"type":"content_block_start","index":${this.#index},"content_block":${start}}\n\n`;
    // Clients gather the input of a search from deltas, as with a call.
    return block.type === "server_tool_use"
      ? `${opened}${this.#before}${JSON.stringify(JSON.stringify(block.input))}}}\n\n`
      : opened;
  }

  /** The block as it opens: arguments follow in deltas, and a signature at the end. */
  #begun(block: HubAnswerBlock): HubAnswerBlock {
    if (block.type === "thinking") return block;
    const start = blockWritten(block, this.#answering, this.#index);
    return start.type === "tool_use" || start.type === "server_tool_use" ? { ...start, input: {} } : start;
  }

  #sign(signature: string): string {
    if (this.#hidden?.type === "thinking") {
      this.#hidden = { ...this.#hidden, signature };
      return "";
    }
    this.#isUnsigned = false;
    return `${this.#delta("signature_delta", "signature")}${JSON.stringify(signature)}}}\n\n`;
  }

  #deltasOf({ type }: HubAnswerBlock): string {
    if (type === "thinking") return this.#delta("thinking_delta", "thinking");
    if (type === "tool_use" || type === "server_tool_use") return this.#delta("input_json_delta", "partial_json");
    return this.#delta("text_delta", "text");
  }

  #delta(type: string, member: string): string {
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{"type":"${type}","${member}":`;
  }

  #close(): string {
    this.#isUnsigned = false;
    const seal = this.#hidden && sealed(this.#hidden);
    this.#hidden = null;
    if (seal) this.#seals.push(seal);
    if (!this.#isOpen) return "";
    this.#isOpen = false;
    return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${this.#index}}\n\n`;
  }
}

function sse(event: string, data: Json): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
