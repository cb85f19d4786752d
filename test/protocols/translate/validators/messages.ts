/** The rules of a stream of the Messages API, according to its reference and the clients. */
import { type Data, dataOf, isCount, isData, isWord, listOf, parsed, typedEventsOf, Violations } from "./frames.ts";

/** Each rule that the whole stream `text` breaks; empty for a stream that every client accepts. */
export function messagesViolations(text: string): string[] {
  const violations = new Violations();
  const stream = new MessagesRules(violations);
  for (const event of typedEventsOf(text, violations)) stream.take(event);
  stream.end();
  return violations.list;
}

const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  tool_use: ["input_json_delta"],
  server_tool_use: ["input_json_delta"],
};
const DELTA_MEMBERS: Readonly<Record<string, string>> = {
  text_delta: "text",
  thinking_delta: "thinking",
  signature_delta: "signature",
  input_json_delta: "partial_json",
};
const COUNTS = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
const STOP_REASONS = [
  ...["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"],
  "model_context_window_exceeded",
];
const ERROR_TYPES = [
  ...["invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error"],
  ...["request_too_large", "rate_limit_error", "api_error", "timeout_error", "overloaded_error"],
];

interface OpenBlock {
  index: unknown;
  type: string;
  text: string;
  isSigned: boolean;
  deltas: number;
}

class MessagesRules {
  readonly #rule: Violations["rule"];
  #started = false;
  #open: OpenBlock | null = null;
  #next = 0;
  readonly #calls = new Set<unknown>();
  /** Arguments that are no object. */
  readonly #unfinished: string[] = [];
  #told = false;
  #isOver = false;

  constructor(violations: Violations) {
    this.#rule = (holds, words) => violations.rule(holds, words);
  }

  take(event: Data): void {
    const { type } = event;
    this.#rule(!this.#isOver, `nothing follows the end: ${type}`);
    if (type === "ping" || type === "error") {
      if (type === "error") this.#error(event);
      return;
    }
    if (type !== "message_start") this.#rule(this.#started, `message_start comes first, not ${type}`);
    if (type !== "message_stop") this.#rule(!this.#told, `only message_stop follows message_delta, not ${type}`);
    switch (type) {
      case "message_start":
        this.#start(dataOf(event.message));
        return;
      case "content_block_start":
        this.#begin(event.index, dataOf(event.content_block));
        return;
      case "content_block_delta":
        this.#delta(event.index, dataOf(event.delta));
        return;
      case "content_block_stop":
        this.#stop(event.index);
        return;
      case "message_delta":
        this.#tell(dataOf(event.delta), dataOf(event.usage));
        return;
      case "message_stop":
        this.#rule(this.#told, "message_delta comes before message_stop");
        this.#isOver = true;
        return;
      default:
        this.#rule(false, `there is no event ${type}`);
    }
  }

  end(): void {
    this.#rule(this.#isOver, "the stream ends with message_stop or an error");
  }

  #start(message: Data): void {
    this.#rule(!this.#started, "there is one message_start");
    this.#started = true;
    const { id, type, role, model, content, stop_reason, stop_sequence } = message;
    this.#rule(typeof id === "string" && /^msg_[\w-]+$/.test(id), "a message has an id");
    this.#rule(type === "message" && role === "assistant" && isWord(model), "a message has a role and a model");
    this.#rule(Array.isArray(content) && content.length === 0, "a message begins without content");
    this.#rule(stop_reason === null && stop_sequence === null, "a message begins without a reason to stop");
    this.#counts(dataOf(message.usage), "message_start");
  }

  #counts(usage: Data, where: string): void {
    for (const name of COUNTS) {
      this.#rule(isCount(usage[name]), `the usage of ${where} has ${name}`);
    }
  }

  #begin(index: unknown, block: Data): void {
    this.#rule(this.#open === null, "one block is open at a time");
    this.#rule(index === this.#next, `indices are without a gap: ${index}, not ${this.#next}`);
    this.#next++;
    this.#rule(beginsWell(block), `a block begins empty, with all its members: ${JSON.stringify(block)}`);
    if (block.type === "tool_use") {
      this.#rule(!this.#calls.has(block.id), "each call has an id of its own");
      this.#calls.add(block.id);
    }
    this.#open = { index, type: String(block.type), text: "", isSigned: false, deltas: 0 };
  }

  #delta(index: unknown, delta: Data): void {
    const open = this.#open;
    this.#rule(open !== null && open.index === index, "a delta belongs to the open block");
    if (!open) return;
    const type = String(delta.type);
    this.#rule(DELTAS[open.type]?.includes(type) ?? false, `a block of ${open.type} has no ${type}`);
    this.#rule(!open.isSigned, "nothing follows a signature in its block");
    if (type === "signature_delta") open.isSigned = true;
    open.deltas++;
    const value = delta[DELTA_MEMBERS[type] ?? "citation"];
    this.#rule(type === "citations_delta" ? isData(value) : typeof value === "string", `a ${type} has its value`);
    if (type !== "signature_delta" && typeof value === "string") open.text += value;
  }

  #stop(index: unknown): void {
    const open = this.#open;
    this.#rule(open !== null && open.index === index, "what stops is the open block");
    this.#open = null;
    if (open?.type === "text") this.#rule(open.deltas > 0 && open.text !== "", "no block of text is empty");
    const isCall = open?.type === "tool_use" || open?.type === "server_tool_use";
    // A stream that breaks off may leave arguments incomplete. It then has no message_delta.
    if (isCall && open.text !== "" && !isData(parsed(open.text))) this.#unfinished.push(open.text);
  }

  #tell({ stop_reason, stop_sequence }: Data, usage: Data): void {
    this.#rule(this.#open === null, "no block is open at message_delta");
    this.#rule(!this.#told, "there is one message_delta");
    this.#told = true;
    this.#rule(STOP_REASONS.includes(String(stop_reason)), `the reason to stop is one of the API's: ${stop_reason}`);
    this.#rule(stop_sequence === null || isWord(stop_sequence), "the stop sequence is a text or null");
    this.#rule(stop_sequence === null || stop_reason === "stop_sequence", "a stop sequence is the reason to stop");
    this.#rule(stop_reason !== "tool_use" || this.#calls.size > 0, "a stop for tools has a call");
    this.#rule(stop_reason !== "end_turn" || this.#calls.size === 0, "a turn with calls stops for tools");
    const isCut = stop_reason === "max_tokens" || stop_reason === "model_context_window_exceeded";
    for (const text of this.#unfinished) this.#rule(isCut, `arguments are an object: ${text}`);
    this.#counts(usage, "message_delta");
  }

  #error(event: Data): void {
    this.#rule(this.#open === null, "no block is open at an error");
    const error = dataOf(event.error);
    this.#rule(ERROR_TYPES.includes(String(error.type)) && isWord(error.message), "an error has a type and a message");
    this.#isOver = true;
  }
}

function beginsWell(block: Data): boolean {
  switch (block.type) {
    case "text":
      return block.text === "";
    case "thinking":
      return block.thinking === "" && block.signature === "";
    case "redacted_thinking":
      return isWord(block.data);
    case "tool_use":
      return isId(block.id) && isWord(block.name) && isEmpty(block.input);
    case "server_tool_use":
      return isId(block.id) && block.name === "web_search" && isEmpty(block.input);
    case "web_search_tool_result":
      return isId(block.tool_use_id) && foundWell(block.content);
    default:
      return false;
  }
}

function isId(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]+$/.test(value);
}

function isEmpty(value: unknown): boolean {
  return isData(value) && Object.keys(value).length === 0;
}

function foundWell(content: unknown): boolean {
  if (!Array.isArray(content)) return isData(content) && content.type === "web_search_tool_result_error";
  return listOf(content).every((hit) => isData(hit) && hit.type === "web_search_result" && isWord(hit.url));
}
