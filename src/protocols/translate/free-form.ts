/**
 * Free-form tools (OpenAI's `custom`): their input is text, possibly of a grammar, and not JSON. For a format that has only functions,
 * such a tool becomes a function with a single argument, `input`. This file has that function, and the way back from its arguments to
 * the text, also while they stream.
 */
import { object, parse, text } from "../../ground/json.ts";
import { argumentsIn } from "./arguments.ts";
import type { HubFunction, Json } from "./hub.ts";

/** The function that stands for a free-form tool. `format` is Chat's (a grammar in `grammar`) or that of Responses. */
export function freeFormFunction(name: string, description: unknown, format: unknown): HubFunction {
  const words = [text(description), grammarIn(object(format))].filter((each) => each !== null).join("\n\n");
  return {
    type: "function",
    name,
    ...(words !== "" && { description: words }),
    input_schema: {
      type: "object",
      properties: { input: { type: "string", description: "The input of the tool, as it is." } },
      required: ["input"],
      additionalProperties: false,
    },
  };
}

/** What the model has to be told of a grammar that its provider does not enforce. */
function grammarIn(format: Json | undefined): string | null {
  if (format?.type !== "grammar") return null;
  const { definition, syntax } = object(format.grammar) ?? format;
  return text(definition) && `The input must match this ${text(syntax) ?? "lark"} grammar:\n${text(definition)}`;
}

/** The arguments of a call with this input. */
export function freeFormArguments(input: string): Json {
  return { input };
}

/** The input in a call's arguments. If the model did not keep to the one argument, all of them are the input. */
export function freeFormInput(args: Json): string {
  if (typeof args.input === "string") return args.input;
  return Object.keys(args).length === 0 ? "" : JSON.stringify(args);
}

const OPENING = /^\s*\{\s*"input"\s*:\s*"/;
/** The opening of the arguments, with any spaces that a model may put into it. */
const LONGEST_OPENING = 64;

/** Takes the input out of arguments that come in pieces. */
export class FreeFormStream {
  /** What has come and is not decided or decoded yet. */
  #held = "";
  #state: "opening" | "input" | "closed" | "other" = "opening";

  /** Takes a further piece of the arguments' JSON, and returns what is now known of the input. */
  push(piece: string): string {
    switch (this.#state) {
      case "opening":
        return this.#open(piece);
      case "input":
        return this.#decode(piece);
      case "other":
        this.#held += piece;
        return "";
      case "closed":
        return "";
    }
  }

  /** The rest of the input, once the arguments are whole. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    if (this.#state === "opening" || this.#state === "other") {
      const args = argumentsIn(held);
      return args ? freeFormInput(args) : held;
    }
    return "";
  }

  #open(piece: string): string {
    this.#held += piece;
    const opening = this.#held.match(OPENING);
    if (!opening) {
      if (this.#held.length > LONGEST_OPENING) this.#state = "other";
      return "";
    }
    const rest = this.#held.slice(opening[0].length);
    this.#held = "";
    this.#state = "input";
    return this.#decode(rest);
  }

  #decode(piece: string): string {
    const seen = this.#held + piece;
    const end = decodable(seen);
    if (seen.charCodeAt(end) === QUOTE) this.#state = "closed";
    this.#held = this.#state === "closed" ? "" : seen.slice(end);
    return unescaped(seen.slice(0, end));
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The length of the text that can be decoded: up to the end of the string, or to an escape that is cut. */
function decodable(text: string): number {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    const length = code === BACKSLASH ? escapeLength(text, at) : 1;
    if (at + length > text.length) return at;
    at += length;
  }
  return at;
}

/** The length of the escape at `at`. A character outside the basic plane takes two escapes, and half of it is no text. */
function escapeLength(text: string, at: number): number {
  if (text[at + 1] !== "u") return 2;
  const isHigh = /[dD]/.test(text.charAt(at + 2)) && /[89abAB]/.test(text.charAt(at + 3));
  const followed = at + 6 >= text.length || text.charCodeAt(at + 6) === BACKSLASH;
  return isHigh && followed ? 12 : 6;
}

/** Decodes a JSON string. Some models leave line ends in it unescaped. */
function unescaped(escaped: string): string {
  if (!escaped.includes("\\")) return escaped;
  const known = parse(`"${escaped}"`) ?? parse(`"${escaped.replace(/\p{Cc}/gu, codeOf)}"`);
  return typeof known === "string" ? known : escaped;
}

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
