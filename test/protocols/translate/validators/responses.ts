/** The rules of a stream of the Responses API: each item's ladder of events, and the whole answer again at the end. */
import {
  type Data,
  dataOf,
  isCount,
  isData,
  isWord,
  listOf,
  parsed,
  sameJson,
  typedEventsOf,
  Violations,
} from "./frames.ts";
import { ITEM_EVENTS, type Item } from "./responses-items.ts";

/** Each rule that the whole stream `text` breaks; empty for a stream that every client accepts. */
export function responsesViolations(text: string): string[] {
  const violations = new Violations();
  const stream = new ResponsesRules(violations);
  for (const event of typedEventsOf(text, violations)) stream.take(event);
  stream.end();
  return violations.list;
}

const STATUS_AT_END: Readonly<Record<string, string>> = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
};

class ResponsesRules {
  readonly #violations: Violations;
  #taken = 0;
  #head: Data | null = null;
  readonly #items: Item[] = [];
  #hasFailed = false;
  #isOver = false;

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  #rule(holds: boolean, words: string): void {
    this.#violations.rule(holds, words);
  }

  take(event: Data): void {
    const type = String(event.type);
    this.#rule(!this.#isOver, `nothing follows the end: ${type}`);
    const { sequence_number } = event;
    this.#rule(sequence_number === this.#taken, `the events are numbered from 0: ${sequence_number} at ${this.#taken}`);
    this.#taken++;
    if (type === "error") {
      this.#error(event);
      return;
    }
    if (type === "keepalive") {
      this.#rule(this.#head !== null && !this.#hasFailed, "a silence is bridged between the beginning and the end");
      return;
    }
    this.#rule(!this.#hasFailed || type === "response.failed", `only response.failed follows an error, not ${type}`);
    if (type in STATUS_AT_END) {
      this.#last(type, dataOf(event.response));
      return;
    }
    if (type === "response.created" || type === "response.in_progress") {
      this.#begin(type, dataOf(event.response));
      return;
    }
    this.#rule(this.#head !== null, `response.created comes first, not ${type}`);
    if (type === "response.output_item.added") {
      this.#added(event.output_index, dataOf(event.item));
      return;
    }
    const item = this.#items[Number(event.output_index)];
    this.#rule(item !== undefined && item.done === null, `${type} belongs to an item that is open`);
    if (!item) return;
    if (type === "response.output_item.done") {
      this.#done(item, dataOf(event.item));
      return;
    }
    this.#rule(event.item_id === item.id, `${type} has the id of its item`);
    const rule = (holds: boolean, words: string) => this.#rule(holds, `${type}: ${words}`);
    const known = ITEM_EVENTS[type];
    if (known) known(item, event, rule);
    else this.#rule(false, `there is no event ${type}`);
  }

  end(): void {
    this.#rule(this.#isOver, "the stream ends with response.completed, .incomplete or .failed");
  }

  #begin(type: string, response: Data): void {
    this.#rule(this.#taken === (type === "response.created" ? 1 : 2), `${type} has its place at the beginning`);
    this.#rule(response.status === "in_progress", "the response is in progress at its beginning");
    this.#rule(listOf(response.output).length === 0, "the response begins without output");
    this.#response(response);
  }

  #response({ id, object, created_at, model, output }: Data): void {
    this.#rule(isWord(id) && object === "response" && isWord(model), "a response has an id and a model");
    this.#rule(isCount(created_at) && Array.isArray(output), "a response has its time and its output");
    const head = this.#head;
    this.#head ??= { id, created_at, model };
    if (!head) return;
    const same = head.id === id && head.created_at === created_at && head.model === model;
    this.#rule(same, "all events are of one response");
  }

  #added(index: unknown, item: Data): void {
    this.#rule(index === this.#items.length, `items are counted from 0 without a gap: ${index}`);
    this.#rule(isWord(item.id) && isWord(item.type), "an item has an id and a type");
    this.#rule(!this.#items.some(({ id }) => id === item.id), "each item has an id of its own");
    this.#rule(beginsEmpty(item), `an item begins empty: ${JSON.stringify(item)}`);
    this.#items.push({ id: item.id, type: String(item.type), parts: [], text: null, isWhole: false, done: null });
  }

  #done(item: Item, done: Data): void {
    item.done = done;
    this.#rule(done.id === item.id && done.type === item.type, "an item is done as what it was added");
    this.#rule(
      item.parts.every((part) => part?.isDone),
      "the parts of an item are done before it is",
    );
    const texts = item.parts.map((part) => part?.text);
    switch (item.type) {
      case "message":
        this.#rule(done.role === "assistant", "a message is the assistant's");
        this.#rule(texts.length > 0, "a message has parts");
        this.#rule(sameJson(textsIn(done.content), texts), "a message has the texts that were streamed");
        return;
      case "reasoning":
        this.#rule(
          sameJson([...textsIn(done.summary), ...textsIn(done.content)], texts),
          "reasoning has the texts that were streamed",
        );
        return;
      case "function_call":
        this.#rule(item.isWhole && done.arguments === item.text, "a call has the arguments that were streamed");
        this.#rule(isWord(done.call_id) && isWord(done.name), "a call has an id and a name");
        return;
      case "custom_tool_call":
        this.#rule(item.isWhole && done.input === item.text, "a call has the input that was streamed");
        this.#rule(isWord(done.call_id) && isWord(done.name), "a call has an id and a name");
    }
  }

  #last(type: string, response: Data): void {
    this.#isOver = true;
    const { status, output, usage, error, incomplete_details } = response;
    this.#rule(status === STATUS_AT_END[type], `${type} has the status of its name`);
    if (type === "response.failed") {
      this.#rule(isWord(dataOf(error).message) && isWord(dataOf(error).code), "what has failed says why");
      return;
    }
    this.#rule(this.#head !== null, "response.created comes first");
    this.#response(response);
    const cut = type === "response.incomplete" ? this.#cutOff() : undefined;
    this.#rule(
      this.#items.every((item) => item.done !== null || item === cut),
      "all items are done at the end, but for a call that was cut off",
    );
    const items = listOf(output);
    const whole = this.#items.filter((item) => item !== cut).map(({ done }) => done);
    this.#rule(sameJson(items.slice(0, whole.length), whole), "the output at the end is all items, as they were done");
    this.#rule(items.length === this.#items.length, "the output at the end has as many items as were added");
    if (cut) {
      const { id, status } = dataOf(items.at(-1));
      this.#rule(id === cut.id && status === "incomplete", "a call that was cut off is incomplete in the output");
    }
    this.#rule((error ?? null) === null, "what has not failed has no error");
    const { reason } = dataOf(incomplete_details);
    this.#rule(
      isWord(reason) === (type === "response.incomplete"),
      "what is incomplete says why, and nothing else does",
    );
    if (type === "response.completed") this.#finished();
    this.#usage(dataOf(usage));
  }

  /** A call in the middle of which the model has stopped. It is never done, because clients carry out what is. */
  #cutOff(): Item | undefined {
    const last = this.#items.at(-1);
    return last?.done === null && /^(?:function|custom_tool)_call$/.test(last.type) ? last : undefined;
  }

  #finished(): void {
    for (const item of this.#items) {
      const { status } = item.done ?? {};
      this.#rule(status === undefined || status === "completed", "all items are completed in a completed response");
      const isCall = item.type === "function_call";
      if (isCall) this.#rule(isData(parsed(item.text ?? "")), `arguments are an object: ${item.text}`);
    }
  }

  #usage({ input_tokens, output_tokens, total_tokens, input_tokens_details, output_tokens_details }: Data): void {
    const areCounts = isCount(input_tokens) && isCount(output_tokens) && isCount(total_tokens);
    this.#rule(areCounts, "the usage has its three counts");
    if (!areCounts) return;
    this.#rule(total_tokens === input_tokens + output_tokens, "the total is the sum of both");
    const { cached_tokens } = dataOf(input_tokens_details);
    const { reasoning_tokens } = dataOf(output_tokens_details);
    this.#rule(isCount(cached_tokens) && cached_tokens <= input_tokens, "what was cached is a part of the input");
    this.#rule(isCount(reasoning_tokens) && reasoning_tokens <= output_tokens, "reasoning is a part of the output");
  }

  #error({ message, error }: Data): void {
    this.#rule(isWord(message) || isWord(dataOf(error).message), "an error has a message");
    this.#hasFailed = true;
  }
}

function beginsEmpty(item: Data): boolean {
  switch (item.type) {
    case "message":
      return listOf(item.content).length === 0 && item.status === "in_progress" && item.role === "assistant";
    case "reasoning":
      return Array.isArray(item.summary) && item.summary.length === 0;
    case "function_call":
      return item.arguments === "" && isWord(item.call_id) && isWord(item.name);
    case "custom_tool_call":
      return item.input === "" && isWord(item.call_id) && isWord(item.name);
    default:
      return true;
  }
}

function textsIn(parts: unknown): unknown[] {
  return listOf(parts).map((part) => dataOf(part).text ?? dataOf(part).refusal);
}
