/**
 * The conversation in the form that the Messages API requires: it begins with the user, roles alternate, results come first in their
 * message, and it ends with the user if the model cannot continue the beginning of an answer.
 */
import type { HubMessage, Json } from "../hub.ts";
import { blockWritten, type Writing } from "./blocks.ts";
import type { ClaudeModel } from "./models.ts";

export interface Turn {
  role: "user" | "assistant" | "system";
  content: Json[];
}

/** Used where the API requires a message of the user and there is none. */
const BEGINNING = "(The beginning of this conversation has been left out.)";
const GO_ON = "Continue.";

/** `mayBeBegun`: whether the answer may continue a last message of the assistant. */
export function conversationOf(
  messages: readonly HubMessage[],
  model: ClaudeModel,
  mayBeBegun: boolean,
  writing: Writing,
): Turn[] {
  const leading = leadingSystem(messages);
  const written = messages.map(({ role, content }, index): Turn => {
    if (index < leading) return { role, content: [] };
    const blocks = content.flatMap((block, place) =>
      blockWritten(block, `messages.${index}.content.${place}`, writing),
    );
    return { role, content: blocks };
  });
  const turns = merged(written.filter(({ content }) => content.length > 0));
  const placed = merged(turns.map((turn, index) => (isPlaced(turns, index, model) ? turn : reminding(turn))));
  if (placed[0] && placed[0].role !== "user") placed.unshift({ role: "user", content: [textBlock(BEGINNING)] });
  return ended(placed, mayBeBegun, writing);
}

/** How many system messages precede all others. They belong to the instructions. */
export function leadingSystem(messages: readonly HubMessage[]): number {
  const first = messages.findIndex(({ role }) => role !== "system");
  return first < 0 ? messages.length : first;
}

function textBlock(text: string): Json {
  return { type: "text", text };
}

/** Joins neighbours of one role into one message. */
function merged(turns: readonly Turn[]): Turn[] {
  const together: Turn[] = [];
  for (const turn of turns) {
    const before = together.at(-1);
    if (before?.role === turn.role) for (const block of turn.content) before.content.push(block);
    else together.push({ role: turn.role, content: [...turn.content] });
  }
  for (const turn of together) if (turn.role === "user") turn.content = resultsFirst(turn.content);
  return together;
}

function resultsFirst(content: Json[]): Json[] {
  const isResult = ({ type }: Json) => type === "tool_result";
  const others = content.findIndex((block) => !isResult(block));
  if (others < 0 || !content.slice(others).some(isResult)) return content;
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))];
}

/** Whether a system message is where the API accepts one: after the user's, and before the assistant's or at the end. */
function isPlaced(turns: readonly Turn[], index: number, { systemAnywhere }: ClaudeModel): boolean {
  if (turns[index]?.role !== "system") return true;
  const next = turns[index + 1];
  return systemAnywhere && turns[index - 1]?.role === "user" && (!next || next.role === "assistant");
}

/** A system message in the form that Claude knows from its own clients, for models and places that do not accept one. */
function reminding({ content }: Turn): Turn {
  const words = content.map(({ text }) => text).join("\n\n");
  return { role: "user", content: [textBlock(`<system-reminder>\n${words}\n</system-reminder>`)] };
}

/** The answer continues a last message of the assistant. White space at its end is refused. */
function ended(turns: Turn[], mayBeBegun: boolean, { findings }: Writing): Turn[] {
  const last = turns.at(-1);
  if (last?.role !== "assistant") return turns;
  if (!mayBeBegun) {
    findings.drop("messages[prefill]");
    return [...turns, { role: "user", content: [textBlock(GO_ON)] }];
  }
  const block = last.content.at(-1);
  if (typeof block?.text !== "string") return turns;
  return [...turns.slice(0, -1), { ...last, content: [...last.content.slice(0, -1), trimmed(block, block.text)] }];
}

function trimmed(block: Json, text: string): Json {
  return { ...block, text: text.trimEnd() };
}

/**
 * Whether the last turn of the assistant has calls and does not begin with thinking. With a budget the API then refuses the request
 * ("Expected `thinking`…"). An adaptive model is not so strict.
 */
export function lacksItsThinking(turns: readonly Turn[]): boolean {
  const last = turns.findLast(({ role }) => role === "assistant");
  if (!last?.content.some(({ type }) => type === "tool_use")) return false;
  const type = last.content[0]?.type;
  return type !== "thinking" && type !== "redacted_thinking";
}
