/** The rules of a stream of `streamGenerateContent` as server-sent events. */
import { type Data, dataOf, framesOf, isCount, isData, isWord, listOf, parsed, Violations } from "./frames.ts";

/** Each rule that the whole stream `text` breaks; empty for a stream that every client accepts. */
export function geminiViolations(text: string): string[] {
  const violations = new Violations();
  const stream = new GeminiRules(violations);
  for (const { event, data } of framesOf(text, violations)) {
    violations.rule(event === null, `an event of Gemini has no name: ${event}`);
    const value = parsed(data);
    violations.rule(isData(value), `the data of an event is an object: ${data}`);
    stream.take(dataOf(value));
  }
  stream.end();
  return violations.list;
}

/** Each rule that a stream as one JSON array breaks. */
export function geminiArrayViolations(text: string): string[] {
  const violations = new Violations();
  const value = parsed(text);
  violations.rule(Array.isArray(value), "the whole is a JSON array");
  const stream = new GeminiRules(violations);
  for (const chunk of listOf(value)) stream.take(dataOf(chunk));
  stream.end();
  return violations.list;
}

const FINISH_REASONS = [
  ...["STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "LANGUAGE", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"],
  ...["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"],
];

class GeminiRules {
  readonly #rule: Violations["rule"];
  #head: Data | null = null;
  #isOver = false;

  constructor(violations: Violations) {
    this.#rule = (holds, words) => violations.rule(holds, words);
  }

  take(chunk: Data): void {
    this.#rule(!this.#isOver, "nothing follows the end");
    if ("error" in chunk) {
      this.#error(dataOf(chunk.error));
      return;
    }
    const { responseId, modelVersion, candidates, usageMetadata, promptFeedback } = chunk;
    const head = this.#head;
    this.#head ??= { responseId, modelVersion };
    this.#rule(isWord(modelVersion) && isWord(responseId), "a chunk has a model and an id");
    if (head) {
      const same = head.responseId === responseId && head.modelVersion === modelVersion;
      this.#rule(same, "all chunks are of one answer");
    }
    if (isData(promptFeedback) && isWord(promptFeedback.blockReason) && candidates === undefined) {
      this.#isOver = true;
      return;
    }
    this.#rule(listOf(candidates).length === 1, "a chunk has one candidate");
    this.#candidate(dataOf(listOf(candidates)[0]), usageMetadata);
  }

  end(): void {
    this.#rule(this.#isOver, "the stream ends with a reason to finish or an error");
  }

  #candidate({ content, finishReason, index }: Data, usage: unknown): void {
    this.#rule(index === undefined || index === 0, "the candidate is the first");
    const { role, parts } = dataOf(content);
    this.#rule(role === "model", "the content is the model's");
    this.#rule(listOf(parts).length > 0, "each chunk has parts");
    for (const part of listOf(parts)) this.#part(dataOf(part));
    if (finishReason === undefined) return;
    this.#isOver = true;
    this.#rule(FINISH_REASONS.includes(String(finishReason)), `the reason to finish is the API's: ${finishReason}`);
    this.#rule(isData(usage), "the finishing chunk has the usage");
    this.#usage(dataOf(usage));
  }

  #part(part: Data): void {
    const { text, thought, functionCall, thoughtSignature } = part;
    const kinds = ["text", "functionCall", "inlineData", "executableCode", "codeExecutionResult"];
    const had = kinds.filter((kind) => part[kind] !== undefined);
    this.#rule(had.length === 1, `a part is of one kind: ${JSON.stringify(part)}`);
    this.#rule(text === undefined || typeof text === "string", "a text is one");
    this.#rule(thought === undefined || (thought === true && typeof text === "string"), "a thought is a text");
    this.#rule(thoughtSignature === undefined || isWord(thoughtSignature), "a signature is a text");
    if (functionCall === undefined) return;
    const { name, args, id } = dataOf(functionCall);
    this.#rule(isWord(name), "a call has a name");
    this.#rule(isData(args), "a call has its arguments whole, as an object");
    this.#rule(id === undefined || isWord(id), "an id of a call is a text");
  }

  #usage(usage: Data): void {
    const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = usage;
    this.#rule(isCount(promptTokenCount) && isCount(totalTokenCount), "the usage has its prompt and its total");
    const { toolUsePromptTokenCount, cachedContentTokenCount } = usage;
    const parts = [promptTokenCount, candidatesTokenCount, thoughtsTokenCount, toolUsePromptTokenCount];
    const sum = parts.reduce<number>((total, part) => total + Number(part ?? 0), 0);
    this.#rule(totalTokenCount === sum, "the total is the sum of its parts");
    this.#rule(Number(cachedContentTokenCount ?? 0) <= Number(promptTokenCount), "what was cached is of the prompt");
  }

  #error({ code, message, status }: Data): void {
    this.#rule(isCount(code) && isWord(message) && isWord(status), "an error has a code, a message and a status");
    this.#isOver = true;
  }
}
