/**
 * The items of a response as the hub's events, whether they come in pieces or whole. Items are identified by their place in the output,
 * or by their ids with services that give all of them one place. What comes twice is told once: a text in pieces and at its end, or an
 * item when it is done and again in the last event.
 */
import { array, object, text } from "../../../ground/json.ts";
import type { Usage } from "../../../vocabulary.ts";
import { answerUsage } from "../../responses/usage.ts";
import { Blocks } from "../blocks.ts";
import { freeFormArguments } from "../free-form.ts";
import type { HubEvent, Json, StopReason } from "../hub.ts";
import type { Names } from "../names.ts";
import { citationsOf, hitsOf, queryOf } from "./citations.ts";
import { signatureOf } from "./reasoning.ts";

/** What a reader needs to know of the request. */
export interface ReadingRules {
  names: Names;
  /** What the client gets of reasoning: its words, only what has to be sent again, or nothing. */
  thinking: "words" | "signature" | null;
}

/** What an event is about: an item, by its place and its id, and which part of it. */
export interface Spot {
  place: number;
  id: unknown;
  part: number;
}

/** A piece of a message: a text or a refusal. Also serves as the key of its block. */
interface Part {
  isOpen: boolean;
}

interface Item {
  type: string;
  place: number;
  id: string;
  callId: string;
  isDone: boolean;
  /** Whether something of it was told already. */
  isSaid: boolean;
  /** Arguments that came before the name. */
  held: string;
  /** The place of the part of the summary that was last added to. */
  summaryPart: number;
  /** Which source its reasoning is taken from, because it may have both a summary and the words themselves. */
  source: "summary" | "content" | null;
  parts: Map<number, Part>;
}

/** The place of an item that was not streamed. */
const UNPLACED = -1;

export class OutputReading {
  readonly #rules: ReadingRules;
  #events: HubEvent[] = [];
  readonly #blocks = new Blocks<object>((event) => this.#events.push(event));
  readonly #items: Item[] = [];
  /** The items of hosted tools, for the bill. */
  readonly #hosted = new Map<string, Json>();
  /** Searches that do not say what they have found. The citations tell it. */
  readonly #unresolved: string[] = [];
  #id = "";
  #isStarted = false;
  #calls = 0;
  #isRefused = false;

  constructor(rules: ReadingRules) {
    this.#rules = rules;
  }

  /** The events that were read since the last call. */
  taken(): HubEvent[] {
    const events = this.#events;
    if (events.length === 0) return events;
    this.#events = [];
    return events;
  }

  start(id: string): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#id = id;
    this.#events.push({ type: "start", id, usage: null });
  }

  /** Begins an item. A call is opened at once, so that its arguments can stream. */
  add(place: number, raw: Json): void {
    const item = newItem(place, raw);
    this.#items.push(item);
    if (item.type === "function_call") this.#openCall(item, raw);
  }

  text(spot: Spot, words: string): void {
    if (words !== "") this.#say(this.#item(spot, "message"), spot.part, words);
  }

  refusal(spot: Spot, words: string): void {
    this.#isRefused = true;
    this.text(spot, words);
  }

  reasoning(spot: Spot, source: "summary" | "content", words: string): void {
    if (words === "" || this.#rules.thinking !== "words") return;
    const item = this.#item(spot, "reasoning");
    item.source ??= source;
    if (item.source === source) this.#think(item, spot.part, words);
  }

  args(spot: Spot, words: string): void {
    if (words === "") return;
    const item = this.#item(spot, "function_call");
    item.isSaid = true;
    if (this.#blocks.has(item)) this.#blocks.add(item, { type: "delta", text: words });
    else item.held += words;
  }

  /** The complete arguments. They count only if they did not come in pieces. */
  wholeArgs(spot: Spot, words: string): void {
    if (!this.#item(spot, "function_call").isSaid) this.args(spot, words);
  }

  done(place: number, raw: Json): void {
    const type = text(raw.type) ?? "";
    const found =
      this.#find(place, raw.id, type) ??
      this.#items.find(({ isDone, callId }) => !isDone && callId !== "" && callId === raw.call_id);
    const item = found ?? newItem(place, raw);
    if (!found) this.#items.push(item);
    this.#finish(item, raw);
  }

  /** The last event. Whatever has not come before comes now. */
  end(response: Json, isIncomplete: boolean): void {
    this.start(text(response.id) ?? "");
    this.#merge(array(response.output));
    for (const id of this.#unresolved.splice(0)) this.#found(id, []);
    this.#blocks.closeAll();
    const usage: Usage = answerUsage(response.usage, [...this.#hosted.values()]);
    const stopReason = isIncomplete ? reasonOf(response) : this.#stopReason();
    this.#events.push({ type: "end", stopReason, stopSequence: null, usage });
  }

  #stopReason(): StopReason {
    if (this.#calls > 0) return "tool_use";
    return this.#isRefused ? "refusal" : "end_turn";
  }

  #merge(output: unknown[]): void {
    const streamed = [...this.#items];
    const wholes = output.map(object).filter((whole) => whole !== undefined);
    const known = new Set(
      wholes.filter((whole) => streamed.some((item) => isSame(item, whole))).map(({ type }) => type),
    );
    const ordinals = new Map<unknown, number>();
    for (const whole of wholes) {
      const { type } = whole;
      const ordinal = ordinals.get(type) ?? 0;
      ordinals.set(type, ordinal + 1);
      const alike = streamed.filter((item) => item.type === type);
      // Some services use other ids in the last event. There the third item of a type is the third of the known ones.
      const item = known.has(type) ? alike.find((each) => isSame(each, whole)) : alike[ordinal];
      if (!item) this.done(UNPLACED, whole);
      else if (!item.isDone) this.#finish(item, whole);
    }
  }

  /** The item that an event is about. If it was not announced, it begins now. */
  #item({ place, id }: Spot, type: string): Item {
    const found = this.#find(place, id, type);
    if (found) return found;
    const item = newItem(place, { type, id });
    this.#items.push(item);
    return item;
  }

  /** The last item at its place that is not done; if several share a place, the one with the id. */
  #find(place: number, id: unknown, type: string): Item | undefined {
    let found: Item | undefined;
    for (let at = this.#items.length - 1; at >= 0; at--) {
      const item = this.#items[at];
      if (!item || item.isDone || item.place !== place || item.type !== type) continue;
      if (item.id === id) return item;
      found ??= item;
    }
    return found;
  }

  #openCall(item: Item, raw: Json): void {
    const name = text(raw.name);
    if (name === null) return;
    const id = text(raw.call_id) ?? text(raw.id) ?? `call_${this.#id}_${this.#items.length}`;
    this.#calls++;
    this.#blocks.begin(item, { type: "tool_use", id, name: this.#rules.names.back(name), input: {} });
    if (item.held !== "") this.#blocks.add(item, { type: "delta", text: item.held });
    item.held = "";
  }

  #say(item: Item, place: number, words: string): void {
    let part = item.parts.get(place);
    if (!part) {
      part = { isOpen: true };
      item.parts.set(place, part);
      item.isSaid = true;
      this.#blocks.begin(part, { type: "text", text: "" });
    }
    this.#blocks.add(part, { type: "delta", text: words });
  }

  #think(item: Item, part: number, words: string): void {
    if (!item.isSaid) {
      item.isSaid = true;
      this.#blocks.begin(item, { type: "thinking", thinking: "", signature: "" });
    } else if (item.summaryPart !== part) {
      this.#blocks.add(item, { type: "delta", text: "\n\n" });
    }
    item.summaryPart = part;
    this.#blocks.add(item, { type: "delta", text: words });
  }

  #finish(item: Item, raw: Json): void {
    item.isDone = true;
    switch (item.type) {
      case "message":
        this.#finishMessage(item, raw);
        return;
      case "reasoning":
        this.#finishReasoning(item, raw);
        return;
      case "function_call":
        this.#finishCall(item, raw, text(raw.arguments) ?? "");
        return;
      case "custom_tool_call":
        // No such tool was offered. Its text becomes the one argument of a function.
        this.#finishCall(item, raw, JSON.stringify(freeFormArguments(text(raw.input) ?? "")));
        return;
      case "web_search_call":
        this.#finishSearch(raw);
        return;
      default:
        // For a tool that nobody asked for, only the bill is told.
        this.#hold(raw);
    }
  }

  #hold(raw: Json): string {
    const id = text(raw.id) ?? `ws_${this.#id}_${this.#hosted.size}`;
    this.#hosted.set(id, raw);
    return id;
  }

  #finishMessage(item: Item, raw: Json): void {
    for (const [place, value] of array(raw.content).entries()) {
      const content = object(value) ?? {};
      const refusal = text(content.refusal);
      if (refusal) this.#isRefused = true;
      const words = refusal ?? text(content.text);
      if (words && !item.parts.has(place)) this.#say(item, place, words);
      const part = item.parts.get(place);
      if (!part || !words) continue;
      const { citations, hits } = citationsOf(content.annotations, words);
      for (const citation of citations) this.#blocks.add(part, { type: "citation", citation });
      if (hits.length === 0) continue;
      this.#closePart(part);
      const search = this.#unresolved.pop();
      if (search !== undefined) this.#found(search, hits);
    }
    for (const part of item.parts.values()) this.#closePart(part);
  }

  #closePart(part: Part): void {
    if (part.isOpen) this.#blocks.close(part);
    part.isOpen = false;
  }

  #finishReasoning(item: Item, raw: Json): void {
    if (this.#rules.thinking === null) return;
    if (!item.isSaid && this.#rules.thinking === "words") this.#thinkAtOnce(item, raw);
    const signature = signatureOf(raw);
    if (!item.isSaid) {
      // It has no text, but it has to come back: without it the model no longer knows why it called a tool.
      if (signature === "") return;
      this.#blocks.begin(item, { type: "thinking", thinking: "", signature: "" });
    }
    if (signature !== "") this.#blocks.add(item, { type: "signature", signature });
    this.#blocks.close(item);
  }

  #thinkAtOnce(item: Item, raw: Json): void {
    const summary = array(raw.summary);
    for (const [place, part] of (summary.length > 0 ? summary : array(raw.content)).entries()) {
      const words = text(object(part)?.text);
      if (words) this.#think(item, place, words);
    }
  }

  #finishCall(item: Item, raw: Json, args: string): void {
    if (!this.#blocks.has(item)) this.#openCall(item, raw);
    // A call without a name cannot be made.
    if (!this.#blocks.has(item)) return;
    if (!item.isSaid && args !== "") this.#blocks.add(item, { type: "delta", text: args });
    this.#blocks.close(item);
  }

  #finishSearch(raw: Json): void {
    const id = this.#hold(raw);
    const query = queryOf(raw);
    this.#whole({ type: "server_tool_use", id, name: "web_search", input: query === null ? {} : { query } });
    if (raw.status === "failed") {
      const content = { type: "web_search_tool_result_error", error_code: "unavailable" } as const;
      this.#whole({ type: "web_search_tool_result", tool_use_id: id, content });
      return;
    }
    const hits = hitsOf(raw);
    if (hits.length > 0) this.#found(id, hits);
    else this.#unresolved.push(id);
  }

  #found(tool_use_id: string, content: ReturnType<typeof hitsOf>): void {
    this.#whole({ type: "web_search_tool_result", tool_use_id, content });
  }

  #whole(block: Extract<HubEvent, { type: "open" }>["block"]): void {
    this.#blocks.begin(block, block);
    this.#blocks.close(block);
  }
}

function newItem(place: number, raw: Json): Item {
  return {
    type: text(raw.type) ?? "",
    place,
    id: text(raw.id) ?? "",
    callId: text(raw.call_id) ?? "",
    isDone: false,
    isSaid: false,
    held: "",
    summaryPart: 0,
    source: null,
    parts: new Map(),
  };
}

function isSame({ id, callId }: Item, raw: Json): boolean {
  return (id !== "" && id === raw.id) || (callId !== "" && callId === raw.call_id);
}

/** Why an answer is incomplete. An unknown reason counts as one for which the answer was cut. */
function reasonOf({ incomplete_details }: Json): StopReason {
  return object(incomplete_details)?.reason === "content_filter" ? "refusal" : "max_tokens";
}
