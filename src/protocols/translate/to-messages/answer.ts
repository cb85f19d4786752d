/** An answer of the Messages API in hub terms. Whole and streamed answers go through one reader of blocks. */
import { array, count, isObject, object, parse, text } from "../../../ground/json.ts";
import { errorIn } from "../../anthropic/errors.ts";
import { readWhole, UsageSoFar } from "../../anthropic/usage.ts";
import { errorOf } from "../errors.ts";
import type { AnswerReader, StreamReader } from "../halves.ts";
import type {
  HubAnswer,
  HubAnswerBlock,
  HubError,
  HubEvent,
  HubSearchHit,
  HubSearchResult,
  Json,
  StopReason,
} from "../hub.ts";
import { CallIds, type Names } from "../names.ts";

/** `names`: those of the request's tools, so that calls get the client's own names. */
export function answerReader(names: Names): AnswerReader {
  return {
    whole: (answer) => whole(answer, names),
    stream: () => new MessagesReader(names),
  };
}

const STOP_REASONS: ReadonlySet<unknown> = new Set<StopReason>([
  ...(["end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"] as const),
  "model_context_window_exceeded",
]);

type Stop = Pick<HubAnswer, "stopReason" | "stopSequence">;

/** Why an answer has ended. Services that only imitate Anthropic's API may say that a turn has ended although it has calls. */
function stopOf(reason: unknown, sequence: unknown, hasCalls: boolean): Stop {
  const known = STOP_REASONS.has(reason) ? (reason as StopReason) : "end_turn";
  const isTurn = known === "end_turn" || known === "tool_use";
  const stopReason = isTurn ? (hasCalls ? "tool_use" : "end_turn") : known;
  return { stopReason, stopSequence: known === "stop_sequence" ? text(sequence) : null };
}

function whole(answer: Json, names: Names): HubAnswer | { error: HubError } {
  const written = answer.type === "error" ? JSON.stringify(answer) : null;
  if (written !== null) return { error: errorOf(errorIn(written)?.status ?? 500, written) };
  if (!Array.isArray(answer.content)) return { error: errorOf(502, "") };
  const ids = new CallIds();
  const content = answer.content.flatMap((block) => (isObject(block) ? blockOf(block, names, ids) : []));
  const hasCalls = content.some(({ type }) => type === "tool_use");
  return {
    id: text(answer.id) ?? "",
    content,
    ...stopOf(answer.stop_reason, answer.stop_sequence, hasCalls),
    usage: readWhole(answer).usage,
  };
}

/** A whole block; none if it is empty or of a kind that the hub does not have. */
function blockOf(block: Json, names: Names, ids: CallIds): HubAnswerBlock[] {
  switch (block.type) {
    case "text": {
      const citations = array(block.citations).filter(isObject);
      const said = text(block.text);
      return said === null ? [] : [{ type: "text", text: said, ...(citations.length > 0 && { citations }) }];
    }
    case "thinking": {
      const [thinking, signature] = [text(block.thinking) ?? "", text(block.signature) ?? ""];
      return thinking === "" && signature === "" ? [] : [{ type: "thinking", thinking, signature }];
    }
    case "redacted_thinking":
      return typeof block.data === "string" ? [{ type: "redacted_thinking", data: block.data }] : [];
    case "tool_use":
      return [{ type: "tool_use", ...calledIn(block, names, ids), input: object(block.input) ?? {} }];
    case "server_tool_use": {
      const query = text(object(block.input)?.query);
      if (block.name !== "web_search") return [];
      return [{ type: "server_tool_use", id: text(block.id) ?? "", name: "web_search", input: query ? { query } : {} }];
    }
    case "web_search_tool_result":
      return [foundIn(block)];
    default:
      return [];
  }
}

function calledIn({ id, name }: Json, names: Names, ids: CallIds): { id: string; name: string } {
  return { id: ids.unique(text(id) ?? ""), name: names.back(text(name) ?? "") };
}

function foundIn({ tool_use_id, content }: Json): HubSearchResult {
  const id = text(tool_use_id) ?? "";
  const type = "web_search_tool_result";
  if (Array.isArray(content)) return { type, tool_use_id: id, content: content.filter(isObject).flatMap(hitOf) };
  const error_code = text(object(content)?.error_code) ?? "unavailable";
  return { type, tool_use_id: id, content: { type: "web_search_tool_result_error", error_code } };
}

function hitOf({ url, title, page_age, encrypted_content }: Json): HubSearchHit[] {
  const place = text(url);
  if (place === null) return [];
  return [
    {
      ...{ type: "web_search_result", url: place, title: text(title) ?? "" },
      ...(typeof page_age === "string" && { page_age }),
      encrypted_content: text(encrypted_content) ?? "",
    },
  ];
}

/** The block that is open upstream. */
interface Open {
  index: unknown;
  /** The block as it began. */
  start: Json;
  /** Whether the client has been told of the block. It is never told of an empty one. */
  isTold: boolean;
  /** Whether the block is told only when it is whole. */
  isHeld: boolean;
  /** The arguments so far, of a block that is held. */
  held: string;
  hasSaid: boolean;
  signature: string;
}

/** The members of a delta that are texts of its block. */
const DELTA_MEMBERS = new Map<unknown, string>([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
  ["input_json_delta", "partial_json"],
]);

class MessagesReader implements StreamReader {
  readonly #ids = new CallIds();
  readonly #names: Names;
  readonly #usage = new UsageSoFar();
  #events: HubEvent[] = [];
  #hasStarted = false;
  #open: Open | null = null;
  #hasCalls = false;
  /** The `delta` that says why the answer has ended. */
  #stop: Json | null = null;
  #isOver = false;

  constructor(names: Names) {
    this.#names = names;
  }

  read(data: string): HubEvent[] {
    if (this.#isOver) return [];
    const event = object(parse(data));
    if (event) this.#take(event, data);
    return this.#taken();
  }

  /** A compatible upstream may lose its last frame. A stop reason shows that the answer is whole all the same. */
  end(): HubEvent[] {
    if (!this.#isOver && this.#stop) this.#finish();
    return this.#taken();
  }

  #taken(): HubEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #take(event: Json, data: string): void {
    switch (event.type) {
      case "content_block_delta":
        this.#delta(event.index, object(event.delta) ?? {});
        return;
      case "message_start":
        this.#start(object(event.message) ?? {});
        return;
      case "content_block_start":
        this.#begin(event.index, object(event.content_block) ?? {});
        return;
      case "content_block_stop":
        if (this.#open?.index === event.index) this.#close();
        return;
      case "message_delta":
        this.#tell(object(event.delta) ?? {}, object(event.usage));
        return;
      case "message_stop":
        this.#finish();
        return;
      case "error":
        // If it has already said why it ends, that is how it ended.
        if (this.#stop) this.#finish();
        else this.#fail(data);
    }
  }

  #start({ id, usage }: Json): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const counts = object(usage);
    this.#usage.add(counts);
    this.#events.push({ type: "start", id: text(id) ?? "", usage: counts ? this.#usage.known() : null });
  }

  #begin(index: unknown, start: Json): void {
    this.#close();
    this.#start({});
    const isHeld = start.type === "server_tool_use" || !STREAMED.has(start.type);
    this.#open = { index, start, isTold: false, isHeld, held: "", hasSaid: false, signature: "" };
    if (start.type === "tool_use") {
      this.#hasCalls = true;
      this.#told(this.#open);
    }
    // Some services put into the beginning of a block what others put into its first delta.
    const said = start.type === "text" ? text(start.text) : start.type === "thinking" ? text(start.thinking) : null;
    if (said !== null) this.#say(this.#open, said);
    this.#open.signature = start.type === "thinking" ? (text(start.signature) ?? "") : "";
  }

  #delta(index: unknown, delta: Json): void {
    const open = this.#open;
    if (!open || open.index !== index) return;
    const member = DELTA_MEMBERS.get(delta.type);
    const said = member === undefined ? null : text(delta[member]);
    if (said !== null) this.#say(open, said);
    else if (delta.type === "signature_delta" && open.start.type === "thinking") {
      open.signature = text(delta.signature) ?? open.signature;
    } else if (delta.type === "citations_delta" && open.start.type === "text") {
      this.#told(open);
      this.#events.push({ type: "citation", citation: object(delta.citation) ?? {} });
    }
  }

  #say(open: Open, said: string): void {
    open.hasSaid = true;
    if (open.isHeld) {
      open.held += said;
      return;
    }
    this.#told(open);
    this.#events.push({ type: "delta", text: said });
  }

  /** Tells of the block, unless it was told already. */
  #told(open: Open): void {
    if (open.isTold) return;
    open.isTold = true;
    this.#events.push({ type: "open", block: this.#begun(open.start) });
  }

  #begun(start: Json): HubAnswerBlock {
    if (start.type === "tool_use") return { type: "tool_use", ...calledIn(start, this.#names, this.#ids), input: {} };
    return start.type === "thinking" ? { type: "thinking", thinking: "", signature: "" } : { type: "text", text: "" };
  }

  #close(): void {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    if (open.isHeld) {
      this.#tellWhole(open);
      return;
    }
    if (open.signature !== "") this.#told(open);
    if (!open.isTold) return;
    if (open.signature !== "") this.#events.push({ type: "signature", signature: open.signature });
    // Some services put all arguments into the beginning of a call, and send no deltas.
    const input = open.start.type === "tool_use" && !open.hasSaid ? object(open.start.input) : undefined;
    if (input && Object.keys(input).length > 0) this.#events.push({ type: "delta", text: JSON.stringify(input) });
    this.#events.push({ type: "close" });
  }

  #tellWhole({ start, held }: Open): void {
    const input = object(parse(held));
    for (const block of blockOf(input ? { ...start, input } : start, this.#names, this.#ids)) {
      this.#events.push({ type: "open", block }, { type: "close" });
    }
  }

  #tell(delta: Json, counts: Json | undefined): void {
    this.#usage.add(counts);
    if (text(delta.stop_reason) !== null) this.#stop = delta;
  }

  #fail(data: string): void {
    this.#isOver = true;
    this.#events.push({ type: "error", error: errorOf(errorIn(data)?.status ?? 500, data) });
  }

  #finish(): void {
    this.#close();
    this.#start({});
    this.#isOver = true;
    const { stop_reason, stop_sequence } = this.#stop ?? {};
    const stop = stopOf(stop_reason, stop_sequence, this.#hasCalls);
    this.#events.push({ type: "end", ...stop, usage: this.#usage.known() });
  }
}

/** Blocks that are streamed as they come. */
const STREAMED: ReadonlySet<unknown> = new Set(["text", "thinking", "tool_use"]);

/** The count in an answer of the token counter. */
export function tokensIn(answer: Json): number | null {
  return typeof answer.input_tokens === "number" ? count(answer.input_tokens) : null;
}
