/** Answers of generateContent. Each event brings whole parts, in the order in which the model made them. */
import { isObject, object, parse, text } from "../../../ground/json.ts";
import { errorIn } from "../../gemini/errors.ts";
import { answerOf, laterCounts, searchesIn, usageOf } from "../../gemini/usage.ts";
import { collected } from "../collect.ts";
import { errorOf } from "../errors.ts";
import type { AnswerReader, StreamReader } from "../halves.ts";
import type { HubError, HubEvent, Json } from "../hub.ts";
import { digest, fitted, type Names } from "../names.ts";
import { candidateIn, faultOf, isUseless, partsIn, reasonIn, stopReasonOf } from "./finish.ts";
import { type Grounding, groundingIn, searchBlocks } from "./grounding.ts";
import { carriedParts, carriedSignature, hostedPart, type Signed } from "./signatures.ts";
import type { Part } from "./wire.ts";

export function answerReader(names: Names): AnswerReader {
  return {
    whole: (answer) => {
      const reader = new GeminiReader(names, true);
      return collected([...reader.take(answerOf(answer)), ...reader.end()]) ?? { error: NOTHING };
    },
    stream: () => new GeminiReader(names, false),
    isUseless,
  };
}

const NOTHING: HubError = { status: 502, category: "upstream", message: "The upstream's answer has no candidates." };

const LONGEST_SEED = 24;
const LONGEST_ID = 64;

class GeminiReader implements StreamReader {
  readonly #names: Names;
  /** Whether this is a whole answer. It has ended even if it does not say why. */
  readonly #isWhole: boolean;
  #out: HubEvent[] = [];
  /** The common beginning of this answer's ids; null before its first event. */
  #seed: string | null = null;
  #open: "text" | "thinking" | null = null;
  /** Whether the open text is a part that was signed. Text that follows is then another part. */
  #signed = false;
  /** The signature of an empty part. The next part, or the end, decides what is written before it. */
  #late: string | null = null;
  /** What Google's own tools have done since the last part of another kind. */
  #hosted: Part[] = [];
  #calls = 0;
  /** The counts of tokens, which every event repeats. */
  #firstCounts: Json | null = null;
  #lastCounts: Json = {};
  #searches = 0;
  #grounding: Grounding | null = null;
  #reason: string | null = null;
  #blocked = false;
  #answered = false;
  #over = false;

  constructor(names: Names, isWhole: boolean) {
    this.#names = names;
    this.#isWhole = isWhole;
  }

  read(data: string): HubEvent[] {
    const event = object(parse(data));
    if (!event || this.#over) return [];
    const error = event.error ? errorIn(data) : null;
    // If it has already said why it ends, that is how it ended.
    if (error) return this.#hasEnded() ? this.end() : this.#failed(errorOf(error.status, error.body));
    return this.take(answerOf(event), data);
  }

  /** `data`: the answer as text, if that is known. */
  take(answer: Json, data?: string): HubEvent[] {
    const counts = object(answer.usageMetadata);
    if (counts) {
      this.#firstCounts ??= counts;
      this.#lastCounts = counts;
    }
    this.#start(answer, data);
    if (object(answer.promptFeedback)?.blockReason) this.#blocked = true;
    const candidate = candidateIn(answer);
    if (candidate) this.#answered = true;
    for (const part of partsIn(candidate)) this.#part(part);
    if (candidate?.groundingMetadata) {
      this.#searches = Math.max(this.#searches, searchesIn(answer));
      this.#grounding = groundingIn(candidate) ?? this.#grounding;
    }
    this.#reason = reasonIn(candidate) ?? this.#reason;
    const fault = faultOf(this.#reason, candidate);
    return fault ? this.#failed(fault) : this.#taken();
  }

  end(): HubEvent[] {
    if (!this.#hasEnded() || this.#over) return [];
    this.#over = true;
    if (this.#open === "text")
      for (const citation of this.#grounding?.citations ?? []) this.#out.push({ type: "citation", citation });
    this.#settle();
    this.#close();
    if (this.#grounding) {
      for (const block of searchBlocks(this.#grounding, `srvtoolu_${this.#seed}`)) {
        this.#out.push({ type: "open", block }, { type: "close" });
      }
    }
    const stopReason = this.#blocked ? "refusal" : stopReasonOf(this.#reason, this.#calls > 0);
    const counts = laterCounts(this.#firstCounts ?? {}, this.#lastCounts);
    const usage = { ...usageOf(counts), webSearches: this.#searches };
    this.#out.push({ type: "end", stopReason, stopSequence: null, usage });
    return this.#taken();
  }

  #hasEnded(): boolean {
    return this.#reason !== null || this.#blocked || (this.#isWhole && this.#answered);
  }

  #start(answer: Json, data: string | undefined): void {
    if (this.#seed !== null) return;
    const id = text(answer.responseId);
    // Calls of different answers must have different ids. An answer without an id is identified by its text, which has its token counts.
    this.#seed = id ? fitted(id, LONGEST_SEED) : digest(data ?? JSON.stringify(answer));
    const usage = this.#firstCounts && usageOf(this.#firstCounts);
    this.#out.push({ type: "start", id: id ?? this.#seed, usage });
  }

  #part(part: Json): void {
    if (part.toolCall || part.toolResponse) {
      this.#hosted.push(...hostedPart(part));
      return;
    }
    const signature = text(part.thoughtSignature);
    const call = object(part.functionCall);
    if (call) {
      this.#settle();
      this.#call(call, signature);
      return;
    }
    if (part.thought === true) {
      this.#settle();
      this.#thought(text(part.text), signature);
      return;
    }
    const said = saidIn(part);
    if (said !== null) {
      this.#settle();
      this.#text(said, signature);
    } else if (signature) {
      this.#settle();
      this.#late = signature;
    }
  }

  #call(call: Json, signature: string | null): void {
    const name = text(call.name);
    if (name === null) return;
    if (signature) this.#sign("call", signature);
    this.#close();
    const given = text(call.id);
    const id = given ? fitted(given, LONGEST_ID) : `call_${this.#seed}_${this.#calls}`;
    this.#calls++;
    const args = isObject(call.args) ? call.args : {};
    this.#out.push({ type: "open", block: { type: "tool_use", id, name: this.#names.back(name), input: {} } });
    this.#out.push({ type: "delta", text: JSON.stringify(args) }, { type: "close" });
  }

  #thought(thought: string | null, signature: string | null): void {
    if (thought !== null) {
      if (this.#open !== "thinking") this.#begin("thinking");
      this.#out.push({ type: "delta", text: thought });
    }
    if (signature) this.#sign("thought", signature);
  }

  #text(said: string, signature: string | null): void {
    if (signature) this.#sign("text", signature);
    if (this.#open !== "text" || this.#signed) this.#begin("text");
    this.#signed = signature !== null;
    this.#out.push({ type: "delta", text: said });
  }

  /** Writes what was held back, before a further part. */
  #settle(): void {
    if (this.#late !== null) this.#sign("text", this.#late);
    this.#late = null;
    if (this.#hosted.length === 0) return;
    this.#close();
    this.#seal(carriedParts(this.#hosted));
    this.#hosted = [];
  }

  /** The open thinking carries the signature. If none is open, an empty block is made. */
  #sign(of: Signed, signature: string): void {
    this.#seal(carriedSignature(of, signature));
  }

  #seal(signature: string): void {
    if (this.#open !== "thinking") this.#begin("thinking");
    this.#out.push({ type: "signature", signature });
    this.#close();
  }

  #begin(type: "text" | "thinking"): void {
    this.#close();
    this.#open = type;
    this.#signed = false;
    const block = type === "text" ? { type, text: "" } : { type, thinking: "", signature: "" };
    this.#out.push({ type: "open", block });
  }

  #close(): void {
    if (this.#open !== null) this.#out.push({ type: "close" });
    this.#open = null;
  }

  #failed(error: HubError): HubEvent[] {
    this.#over = true;
    this.#close();
    this.#out.push({ type: "error", error });
    return this.#taken();
  }

  #taken(): HubEvent[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

/** What a part says as text; null for nothing. */
function saidIn(part: Json): string | null {
  const plain = text(part.text);
  if (plain !== null) return plain;
  const code = object(part.executableCode);
  if (code) return fenced(String(code.language ?? "").toLowerCase(), text(code.code) ?? "");
  const result = object(part.codeExecutionResult);
  if (result) return fenced("", text(result.output) ?? "");
  const media = object(part.inlineData) ?? object(part.fileData);
  // No other format has a place for media in an answer.
  return media ? `[Left out here: ${text(media.mimeType) ?? "a file"} that the model has made.]` : null;
}

function fenced(language: string, code: string): string {
  return `\n\`\`\`${language}\n${code}${code.endsWith("\n") ? "" : "\n"}\`\`\`\n`;
}
