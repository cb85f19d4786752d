/**
 * Chunks of Chat Completions as events of the hub. In a chunk, deltas are read first, then the finish reason, then the usage. The
 * answer has ended when the service says so, not when its connection ends.
 */
import { array, isObject, object, parse, text } from "../../../ground/json.ts";
import { NO_USAGE, type Usage } from "../../../vocabulary.ts";
import { isFailure, usageIn } from "../../chat/usage.ts";
import { CHARACTERS_PER_TOKEN } from "../../meter.ts";
import { errorIn } from "../../openai.ts";
import { Blocks } from "../blocks.ts";
import { errorOf } from "../errors.ts";
import type { StreamReader } from "../halves.ts";
import type { HubAnswerBlock, HubError, HubEvent, Json } from "../hub.ts";
import type { Names } from "../names.ts";
import { type Call, Calls, isWhole } from "./calls.ts";
import { stopReasonOf } from "./finish.ts";
import { Details, textOfDetails } from "./reasoning.ts";

/** What a reader needs to know of the request. */
export interface Reading {
  names: Names;
  /** Stop sequences that the upstream looks for. Some services tell which one was met. */
  stops: readonly string[];
  /** Whether a stream may end after a whole call without saying so. */
  endsSilently: boolean;
}

/** A block of text or thinking. */
interface Prose {
  type: "text" | "thinking";
}

const OPENED: Readonly<Record<Prose["type"], HubAnswerBlock>> = {
  text: { type: "text", text: "" },
  thinking: { type: "thinking", thinking: "", signature: "" },
};

/** Longer white space is what the model says. */
const LONGEST_HELD = 1024;

/** The one choice that was asked for; the first if a service does not number them. */
function choiceOf(choices: unknown): Json | undefined {
  const all = array(choices);
  const first = object(all[0]);
  return all.length < 2 || first?.index === 0
    ? first
    : (all.filter(isObject).find(({ index }) => index === 0) ?? first);
}

export class ChatStream implements StreamReader {
  #events: HubEvent[] = [];
  readonly #blocks = new Blocks<Prose | Call>((event) => this.#events.push(event));
  readonly #calls: Calls;
  readonly #reading: Reading;
  /** The block that is filled at present. */
  #prose: Prose | null = null;
  /** White space at the beginning of a block. It may be all there is, and then no block is made of it. */
  #held: (Prose & { text: string }) | null = null;
  #details = new Details();
  #id: string | null = null;
  #usage: Usage | null = null;
  #characters = 0;
  #finish: string | null = null;
  #stopSequence: string | null = null;
  #refused = false;
  #over = false;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#calls = new Calls(reading.names);
  }

  read(data: string): HubEvent[] {
    if (this.#over) return [];
    if (data.trim() === "[DONE]") return this.#ended();
    const chunk = object(parse(data));
    return chunk ? this.chunk(chunk, data) : [];
  }

  /** The same for a chunk that is already parsed; `data` is its text. */
  chunk(chunk: Json, data: string): HubEvent[] {
    if (this.#over) return [];
    if (chunk.error || chunk.type === "error" || chunk.object === "error") {
      const error = errorIn(data);
      if (error) {
        this.#fail(errorOf(error.status, error.body));
        return this.#taken();
      }
    }
    const choice = choiceOf(chunk.choices);
    this.#usage = usageIn(chunk) ?? this.#usage;
    if (this.#id === null) this.#start(chunk, choice !== undefined);
    if (choice) this.#choice(choice);
    // The chunk that has only usage is the last.
    const isLast = !choice && this.#finish !== null && this.#usage !== null;
    return isLast ? this.#ended() : this.#taken();
  }

  end(): HubEvent[] {
    if (this.#over) return [];
    const { all } = this.#calls;
    const isSilentEnd = this.#reading.endsSilently && all.length > 0 && all.every(isWhole);
    return this.#finish !== null || isSilentEnd ? this.#ended() : [];
  }

  /** Azure's first chunk has no id and no choice. It does not start the answer yet. */
  #start({ id, created }: Json, hasChoices: boolean): void {
    if (!hasChoices && text(id) === null) return;
    this.#id = text(id) ?? (typeof created === "number" ? String(created) : "");
    this.#events.push({ type: "start", id: this.#id, usage: this.#usage });
  }

  #choice(choice: Json): void {
    // Some services repeat the whole message at the end of a stream.
    const hasSaid = this.#characters > 0 || this.#calls.all.length > 0;
    const message = hasSaid ? undefined : object(choice.message);
    this.#delta(object(choice.delta) ?? message ?? {});
    const reason = text(choice.finish_reason);
    if (reason === null) return;
    if (isFailure(reason) && this.#finish === null) {
      const message = text(object(choice.error)?.message) ?? `The upstream ended its answer with \`${reason}\`.`;
      this.#fail({ status: 502, category: "upstream", message });
      return;
    }
    this.#finish = reason;
    // vLLM names the sequence that was met in this member.
    const met = text(choice.stop_reason);
    if (met !== null && this.#reading.stops.includes(met)) this.#stopSequence = met;
  }

  #delta(delta: Json): void {
    // Services that send several of these names give them the same text.
    const { reasoning_details: details, annotations, tool_calls } = delta;
    if (details) this.#details.add(details);
    const thought = text(delta.reasoning_content) ?? text(delta.reasoning) ?? (details ? textOfDetails(details) : "");
    this.#say("thinking", thought);
    this.#content(delta.content);
    const refusal = text(delta.refusal);
    if (refusal !== null) {
      this.#refused = true;
      this.#say("text", refusal);
    }
    if (annotations) for (const citation of array(annotations)) this.#cite(object(object(citation)?.url_citation));
    if (tool_calls) for (const [at, piece] of array(tool_calls).filter(isObject).entries()) this.#call(piece, at);
    // The older form, from when an answer had at most one call.
    const legacy = object(delta.function_call);
    if (legacy) this.#call({ index: 0, function: legacy }, 0);
  }

  /** A text, or parts some of which are thinking (Mistral). */
  #content(content: unknown): void {
    if (typeof content === "string") this.#say("text", content);
    if (!Array.isArray(content)) return;
    for (const part of content.filter(isObject)) {
      const thoughts = array(part.thinking).map((thought) => text(object(thought)?.text) ?? "");
      if (part.type === "thinking") this.#say("thinking", text(part.thinking) ?? thoughts.join(""));
      else this.#say("text", text(part.text) ?? "");
    }
  }

  #say(type: Prose["type"], said: string): void {
    if (said === "") return;
    this.#characters += said.length;
    if (this.#prose?.type === type) {
      this.#blocks.add(this.#prose, { type: "delta", text: said });
      return;
    }
    const all = this.#held?.type === type ? this.#held.text + said : said;
    if (all.length < LONGEST_HELD && all.trim() === "") {
      this.#held = { type, text: all };
      return;
    }
    this.#held = null;
    this.#makeRoom();
    this.#prose = { type };
    this.#blocks.begin(this.#prose, { ...OPENED[type] });
    this.#blocks.add(this.#prose, { type: "delta", text: all });
  }

  #cite(citation: Json | undefined): void {
    const url = text(citation?.url);
    if (url === null || this.#prose?.type !== "text") return;
    const location = { type: "web_search_result_location", url, title: text(citation?.title) ?? url };
    const passage = { cited_text: text(citation?.content) ?? "", encrypted_index: "" };
    this.#blocks.add(this.#prose, { type: "citation", citation: { ...location, ...passage } });
  }

  #call(piece: Json, position: number): void {
    const { call, begins, text: said } = this.#calls.take(piece, position, this.#id ?? "");
    this.#characters += said.length;
    if (begins && call.begun) {
      this.#makeRoom();
      this.#blocks.begin(call, { type: "tool_use", ...call.begun, input: {} });
    }
    if (said !== "") this.#blocks.add(call, { type: "delta", text: said });
  }

  /** Before a block begins, closes a call that is whole, and then those that waited for it. */
  #makeRoom(): void {
    this.#endProse();
    for (let { open } = this.#blocks; open && "pieces" in open && isWhole(open); { open } = this.#blocks) {
      this.#blocks.close(open);
    }
  }

  #endProse(): void {
    const prose = this.#prose;
    this.#prose = null;
    if (prose?.type === "text") this.#blocks.close(prose);
    const signature = this.#details.signature();
    if (prose?.type !== "thinking" && signature === null) return;
    this.#details = new Details();
    const thinking: Prose = prose?.type === "thinking" ? prose : { type: "thinking" };
    // Signed or encrypted details may come without any thinking, or after the text.
    if (thinking !== prose) this.#blocks.begin(thinking, { ...OPENED.thinking });
    if (signature !== null) this.#blocks.add(thinking, { type: "signature", signature });
    this.#blocks.close(thinking);
  }

  #ended(): HubEvent[] {
    if (this.#id === null) this.#start({ id: "" }, true);
    this.#closeAll();
    this.#over = true;
    this.#end();
    return this.#taken();
  }

  #end(): void {
    const hasCalls = this.#calls.all.some(({ begun }) => begun !== null);
    const stopReason = stopReasonOf({ reason: this.#finish, hasCalls, hasRefused: this.#refused });
    const met = stopReason === "end_turn" ? this.#stopSequence : null;
    this.#events.push({
      type: "end",
      stopReason: met === null ? stopReason : "stop_sequence",
      stopSequence: met,
      usage: this.#usage ?? { ...NO_USAGE, output: Math.ceil(this.#characters / CHARACTERS_PER_TOKEN) },
    });
  }

  #fail(error: HubError): void {
    this.#closeAll();
    this.#over = true;
    // If it has already said why it ends, then that is how it ended.
    if (this.#finish === null) this.#events.push({ type: "error", error });
    else this.#end();
  }

  #closeAll(): void {
    this.#endProse();
    this.#blocks.closeAll();
  }

  #taken(): HubEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
