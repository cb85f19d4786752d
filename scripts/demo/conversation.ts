/**
 * What the demo says, in any wire format: honest text that names itself, or one harmless tool call if the user asks for a tool. It is
 * stateless and not random: the same conversation always gets the same answer.
 */
import { sampleInput } from "./sample-input.ts";

export interface DemoTool {
  name: string;
  /** JSON Schema of the input; null for a tool that takes plain text. */
  schema: unknown;
  /** The input for a tool that takes plain text. */
  text?: string;
}

/** The part of a conversation's last turn that the demo looks at. */
export interface Turn {
  /** The user's own words in the last message. */
  asked: string;
  /** Text of the tool results in the last message; null if there are none. */
  toolResult: string | null;
  tools: DemoTool[];
  /** "auto" unless the request forces a tool or forbids them. */
  choice: "auto" | "none" | "any" | { name: string };
  /** A JSON Schema that the answer must fit, if the request asks for one. */
  answerSchema: unknown;
}

export interface Answer {
  text: string;
  call: { name: string; input: unknown } | null;
}

/** An answer, cut to the request's token limit. */
export interface Spoken extends Answer {
  /** The thought before the answer; empty if there is none. */
  thought: string;
  thoughtTokens: number;
  /** Text and call, without the thought. */
  answerTokens: number;
  /** Whether the limit has cut it. */
  cut: boolean;
}

/** How much of the user's words the answer repeats. */
const QUOTE_MAX = 200;

/** The clients' names for the tool that runs a command. */
const SHELL = /^(bash|shell|execute|run_shell_command|shell_command|exec_command|exec)$/i;

const THOUGHT = "The demo does not think. It says so, and answers from a fixed text.";

/** Characters of a tool's input per delta: small, so that clients have to put the pieces together. */
const INPUT_PIECE = 12;

/** What agents add to the user's message. Otherwise the tool names in it would count as requested. */
const CONTEXT = /<(system-reminder|session_context|environment_context)>.*?(<\/\1>|$)/gs;

/** Decides the answer to a turn. */
export function answerTo(turn: Turn): Answer {
  if (turn.answerSchema) return { text: JSON.stringify(sampleInput(turn.answerSchema)), call: null };
  if (turn.toolResult !== null) {
    return {
      text: `The tool answered: “${quote(turn.toolResult)}”. That closes the loop: the local demo upstream of Edge Relay asked for a tool, your client ran it, and the result came back through the relay.`,
      call: null,
    };
  }
  const tool = toolFor(turn);
  if (tool) return { text: `I will call ${tool.name} once, with a harmless input.`, call: callOf(tool) };
  return {
    text: `This is the local demo upstream of Edge Relay, not a model. You said: “${quote(turn.asked)}”. These words came through the whole relay: the key was checked, an account chosen, the stream passed through untouched and its tokens counted. Add a real account in the console to get real answers.`,
    call: null,
  };
}

/** The part of `answer` within `maxTokens`, after a thought if the request wants one. */
export function speak(answer: Answer, maxTokens: number, thinks: boolean): Spoken {
  const thought = thinks && tokensOf(THOUGHT) < maxTokens ? THOUGHT : "";
  const thoughtTokens = tokensOf(thought);
  const words: string[] = [];
  let answerTokens = 0;
  for (const word of wordsOf(answer.text)) {
    if (thoughtTokens + answerTokens + tokensOf(word) > maxTokens) break;
    answerTokens += tokensOf(word);
    words.push(word);
  }
  const text = words.join("");
  const cut = text.length < answer.text.length;
  const call = cut ? null : answer.call;
  if (call) answerTokens += tokensOf(JSON.stringify(call));
  return { text, call, thought, thoughtTokens, answerTokens, cut };
}

/** The user's own words in the texts of a message. */
export function ownWords(texts: string[]): string {
  return texts.map((text) => text.replace(CONTEXT, "")).join("\n");
}

/**
 * The tokens of a text, at four bytes each, the usual rule of thumb for English. It is not a tokenizer: it only has to be plausible and
 * stable.
 */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** Splits a text where a model would: each word with the space before it. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
}

/** A tool's input as it arrives in a stream. */
export function piecesOf(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / INPUT_PIECE) }, (_, at) =>
    text.slice(at * INPUT_PIECE, (at + 1) * INPUT_PIECE),
  );
}

/** The tool that this turn asks for, or null. */
function toolFor(turn: Turn): DemoTool | null {
  if (turn.choice === "none" || turn.tools.length === 0) return null;
  const { choice } = turn;
  if (typeof choice === "object") return turn.tools.find((tool) => tool.name === choice.name) ?? null;
  const named = turn.tools.find((tool) => names(turn.asked, tool.name));
  if (named) return named;
  if (choice !== "any" && !/tool/i.test(turn.asked)) return null;
  return turn.tools.find((tool) => SHELL.test(tool.name)) ?? turn.tools[0] ?? null;
}

/**
 * Whether the words name the tool. The case must match, and a text that merely begins with a plain word ("Write a poem") names no tool,
 * because many tools have the names of ordinary verbs.
 */
function names(asked: string, tool: string): boolean {
  const escaped = tool.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`).exec(asked);
  return found !== null && (found.index > 0 || !/^[A-Z]?[a-z]+$/.test(tool));
}

function callOf(tool: DemoTool): { name: string; input: unknown } {
  if (tool.text !== undefined) return { name: tool.name, input: tool.text };
  const input = sampleInput(tool.schema);
  const described = hasProperty(tool.schema, "command") && hasProperty(tool.schema, "description");
  return {
    name: tool.name,
    input: described ? { ...Object(input), description: "Print a greeting from the demo" } : input,
  };
}

function hasProperty(schema: unknown, name: string): boolean {
  const properties = typeof schema === "object" && schema !== null && "properties" in schema ? schema.properties : null;
  return typeof properties === "object" && properties !== null && name in properties;
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > QUOTE_MAX ? `${line.slice(0, QUOTE_MAX)}…` : line;
}
