/** The rules of a stream of Chat Completions, according to its reference and the SDK. */
import { type Data, dataOf, framesOf, isCount, isData, isWord, listOf, parsed, Violations } from "./frames.ts";

export interface ChatStream {
  /** Whether its usage was asked for. */
  usage: boolean;
}

/** Each rule that the whole stream `text` breaks; empty for a stream that every client accepts. */
export function chatViolations(text: string, asked: ChatStream = { usage: true }): string[] {
  const violations = new Violations();
  const stream = new ChatRules(violations, asked);
  for (const { event, data } of framesOf(text, violations)) {
    violations.rule(event === null, `an event of Chat has no name: ${event}`);
    if (data === "[DONE]") {
      stream.done();
      continue;
    }
    const value = parsed(data);
    violations.rule(isData(value), `the data of an event is an object or [DONE]: ${data}`);
    stream.take(dataOf(value));
  }
  stream.end();
  return violations.list;
}

const FINISH_REASONS = ["stop", "length", "tool_calls", "content_filter"];
const LONGEST_CALL_ID = 40;
/** Texts of a delta; the last two are what DeepSeek and OpenRouter have added. */
const TEXTS = ["content", "refusal", "reasoning_content", "reasoning"];

class ChatRules {
  readonly #rule: Violations["rule"];
  readonly #asked: ChatStream;
  #head: Data | null = null;
  readonly #calls: { id: unknown; text: string }[] = [];
  #hasRole = false;
  #finish: string | null = null;
  #usages = 0;
  #isOver = false;

  constructor(violations: Violations, asked: ChatStream) {
    this.#rule = (holds, words) => violations.rule(holds, words);
    this.#asked = asked;
  }

  take(chunk: Data): void {
    this.#rule(!this.#isOver, "nothing follows the end");
    if ("error" in chunk) {
      this.#error(dataOf(chunk.error));
      return;
    }
    this.#sameHead(chunk);
    const { choices, usage } = chunk;
    this.#rule(Array.isArray(choices), "a chunk has choices");
    if (listOf(choices).length === 0) {
      this.#usage(dataOf(usage));
      return;
    }
    this.#rule(usage === undefined || (usage === null && this.#asked.usage), "usage comes in a chunk of its own");
    this.#rule(this.#usages === 0, "the usage comes last");
    this.#rule(listOf(choices).length === 1, "a chunk has one choice");
    this.#choice(dataOf(listOf(choices)[0]));
  }

  done(): void {
    this.#rule(!this.#isOver, "nothing follows the end");
    this.#rule(this.#finish !== null, "[DONE] comes after a reason to finish");
    this.#rule(this.#usages === (this.#asked.usage ? 1 : 0), "usage is told once where it was asked for, else never");
    this.#isOver = true;
  }

  end(): void {
    this.#rule(this.#isOver, "the stream ends with [DONE] or an error");
  }

  #sameHead({ id, object, created, model }: Data): void {
    this.#rule(isWord(id) && isWord(model) && isCount(created), "a chunk has an id, a time and a model");
    this.#rule(object === "chat.completion.chunk", "a chunk is a chat.completion.chunk");
    const head = this.#head;
    this.#head ??= { id, created, model };
    if (head) this.#rule(head.id === id && head.model === model && head.created === created, "all chunks are of one");
  }

  #choice({ index, delta, finish_reason }: Data): void {
    this.#rule(index === 0, "the choice is the first");
    this.#rule(this.#finish === null, "nothing is said after the reason to finish");
    this.#rule(isData(delta), "a choice has a delta");
    const { role, tool_calls } = dataOf(delta);
    this.#rule(this.#hasRole ? role === undefined : role === "assistant", "the first delta has the role, and no other");
    this.#hasRole = true;
    for (const name of TEXTS) {
      const value = dataOf(delta)[name];
      const isNull = value === null && role !== undefined;
      this.#rule(value === undefined || isNull || typeof value === "string", `${name} is a text`);
    }
    this.#rule(tool_calls === undefined || listOf(tool_calls).length > 0, "tool_calls has calls where it is there");
    for (const call of listOf(tool_calls)) this.#call(dataOf(call));
    this.#rule(finish_reason !== undefined, "a choice has a finish_reason, if only null");
    if (finish_reason !== null && finish_reason !== undefined) this.#finished(finish_reason);
  }

  #call({ index, id, type, function: called }: Data): void {
    const { name, arguments: piece } = dataOf(called);
    this.#rule(typeof piece === "string", "a piece of a call has arguments");
    const known = typeof index === "number" ? this.#calls[index] : undefined;
    if (known) {
      this.#rule(id === undefined || id === known.id, "the pieces of a call are of one id");
      this.#rule(name === undefined, "only the first piece of a call has its name");
      known.text += String(piece);
      return;
    }
    this.#rule(index === this.#calls.length, `calls are counted from 0 without a gap: ${index}`);
    this.#rule(isWord(id) && id.length <= LONGEST_CALL_ID, "a call has an id of at most 40 characters");
    this.#rule(!this.#calls.some((call) => call.id === id), "each call has an id of its own");
    this.#rule(type === "function" && isWord(name), "the first piece of a call has its type and name");
    this.#calls.push({ id, text: String(piece) });
  }

  #finished(reason: unknown): void {
    this.#finish = String(reason);
    this.#rule(FINISH_REASONS.includes(this.#finish), `the reason to finish is one of the API's: ${reason}`);
    this.#rule(reason !== "tool_calls" || this.#calls.length > 0, "a finish for tools has a call");
    this.#rule(reason !== "stop" || this.#calls.length === 0, "an answer with calls finishes for tools");
    if (reason !== "tool_calls") return;
    for (const { text } of this.#calls) this.#rule(isData(parsed(text)), `arguments are an object: ${text}`);
  }

  #usage(usage: Data): void {
    this.#usages++;
    this.#rule(this.#finish !== null, "the usage comes after the reason to finish");
    const { prompt_tokens, completion_tokens, total_tokens } = usage;
    const areCounts = isCount(prompt_tokens) && isCount(completion_tokens) && isCount(total_tokens);
    this.#rule(areCounts, "the usage has its three counts");
    if (!areCounts) return;
    this.#rule(total_tokens === prompt_tokens + completion_tokens, "the total is the sum of both");
    const { cached_tokens } = dataOf(usage.prompt_tokens_details);
    const { reasoning_tokens } = dataOf(usage.completion_tokens_details);
    this.#rule(Number(cached_tokens ?? 0) <= prompt_tokens, "what was cached is a part of the prompt");
    this.#rule(Number(reasoning_tokens ?? 0) <= completion_tokens, "reasoning is a part of the completion");
  }

  #error(error: Data): void {
    this.#rule(isWord(error.message) && isWord(error.type), "an error has a message and a type");
    this.#isOver = true;
  }
}
