/** The hub's answer as the Messages API says it, whole and streamed. */
import { NO_USAGE, type Usage } from "../../../vocabulary.ts";
import { errorEvent } from "../../anthropic/errors.ts";
import { errorBodyFor } from "../errors.ts";
import type { AnswerWriter, Asked, StreamWriter } from "../halves.ts";
import type { HubAnswer, HubAnswerBlock, HubEvent, Json } from "../hub.ts";
import { fitted } from "../names.ts";

/** What of a request its answer needs. */
export interface Answering extends Pick<Asked, "id" | "model" | "inputTokens"> {
  /**
   * Whoever has not asked for thinking gets none: much code takes the first block for the text. Who has asked for it gets what there
   * is, also with its display omitted, since a model may want its thinking back in the next request.
   */
  thinks: boolean;
}

export function answerWriter(answering: Answering): AnswerWriter {
  return {
    whole: (answer) => message(answering, answer),
    stream: () => new MessagesStream(answering),
  };
}

function message(answering: Answering, { id, content, stopReason, stopSequence, usage }: HubAnswer): Json {
  const blocks = content.filter((block) => answering.thinks || !isThinking(block));
  return {
    ...headOf(answering, id),
    content: blocks.map((block, index) => written(block, answering, index)),
    stop_reason: stopReason,
    stop_sequence: stopSequence,
    usage: usageWritten(usage, answering.inputTokens),
  };
}

function isThinking({ type }: HubAnswerBlock): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/** A block as the client gets it, at `index` of the answer. */
function written(block: HubAnswerBlock, answering: Answering, index: number): HubAnswerBlock {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text, ...(block.citations && { citations: block.citations }) };
    case "tool_use":
      return { type: "tool_use", id: callId(answering, block.id, index), name: block.name, input: block.input };
    case "server_tool_use":
      return { ...block, id: searchId(block.id) };
    case "web_search_tool_result":
      return { ...block, tool_use_id: searchId(block.tool_use_id) };
    default:
      return block;
  }
}

function headOf({ id, model }: Answering, upstreamId: string): Json {
  return { id: messageId(upstreamId === "" ? id : upstreamId), type: "message", role: "assistant", model };
}

const LONGEST_ID = 64;

function messageId(id: string): string {
  const own = fitted(id, LONGEST_ID);
  return own.startsWith("msg_") ? own : `msg_${own}`;
}

/** Anthropic takes no other characters when the conversation comes to it. */
function callId({ id: requestId }: Answering, id: string, index: number): string {
  return id === "" ? `toolu_${fitted(requestId, LONGEST_ID)}_${index}` : fitted(id, LONGEST_ID);
}

/** Anthropic's own have this beginning, and it takes no others. */
function searchId(id: string): string {
  return id.startsWith("srvtoolu_") ? id : `srvtoolu_${fitted(id, LONGEST_ID)}`;
}

/**
 * The counts, all of them: Claude Code reads each without looking whether it is there. Where the upstream has told no input, it
 * is estimated, since the client works out from it how full its context is.
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
 * Events are put together as text: their frame is the same each time, and a delta is one of thousands. Of a delta only its text
 * is encoded.
 */
class MessagesStream implements StreamWriter {
  readonly #answering: Answering;
  #index = -1;
  #isOpen = false;
  /** The open block is one that the client does not get. */
  #isHidden = false;
  /** What goes before the text of a delta of the open block. */
  #before = "";

  constructor(answering: Answering) {
    this.#answering = answering;
  }

  write(event: HubEvent): string {
    switch (event.type) {
      case "delta":
        return this.#isHidden || event.text === "" ? "" : `${this.#before}${JSON.stringify(event.text)}}}\n\n`;
      case "start":
        return this.#start(event.id, event.usage);
      case "open":
        return this.#open(event.block);
      case "signature":
        return this.#isHidden
          ? ""
          : `${this.#delta("signature_delta", "signature")}${JSON.stringify(event.signature)}}}\n\n`;
      case "citation":
        return `${this.#delta("citations_delta", "citation")}${JSON.stringify(event.citation)}}}\n\n`;
      case "close":
        return this.#close();
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
    this.#isHidden = !this.#answering.thinks && isThinking(block);
    if (this.#isHidden) return "";
    this.#index++;
    this.#isOpen = true;
    this.#before = this.#deltasOf(block);
    const start = this.#begun(block);
    const opened = `event: content_block_start\ndata: {"type":"content_block_start","index":${this.#index},"content_block":${JSON.stringify(start)}}\n\n`;
    // Clients gather the input of a search from deltas, as they do that of a call.
    return block.type === "server_tool_use"
      ? `${opened}${this.#before}${JSON.stringify(JSON.stringify(block.input))}}}\n\n`
      : opened;
  }

  /** As it opens: arguments come in deltas. */
  #begun(block: HubAnswerBlock): HubAnswerBlock {
    const start = written(block, this.#answering, this.#index);
    return start.type === "tool_use" || start.type === "server_tool_use" ? { ...start, input: {} } : start;
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
    this.#isHidden = false;
    if (!this.#isOpen) return "";
    this.#isOpen = false;
    return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${this.#index}}\n\n`;
  }
}

function sse(event: string, data: Json): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
