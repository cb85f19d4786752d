/**
 * A conversation as `contents` and `systemInstruction`. Google wants the turns of user and model one after the other, the first of
 * them the user's, and behind a turn with calls exactly one response for each, in their order.
 */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import type { HubBlock, HubMessage, HubRequest, HubToolResult } from "../hub.ts";
import { type Media, mediaPart } from "./media.ts";
import { type Call, modelParts } from "./model-turn.ts";
import type { Content, Part } from "./wire.ts";
import { INSTRUCTIONS, MEDIA_IN_RESULTS, type Writing } from "./writing.ts";

export interface Conversation {
  /** Null where there are no instructions. */
  systemInstruction: { parts: Part[] } | null;
  contents: Content[];
}

export function conversationOf(hub: HubRequest, writing: Writing): Result<Conversation, Refusal> {
  const begin = hub.messages.findIndex(({ role }) => role !== "system");
  const leading = hub.messages.slice(0, begin < 0 ? hub.messages.length : begin);
  const system = [...hub.system, ...leading.flatMap(({ content }) => content)].flatMap((block) =>
    block.type === "text" && block.text !== "" ? [{ text: block.text }] : [],
  );
  const contents: Content[] = [];
  let calls: Call[] = [];
  for (const turn of turnsOf(hub.messages.slice(leading.length), leading.length)) {
    if (turn.role === "model") {
      const written = modelParts(turn.blocks, writing);
      if (!written.ok) return written;
      calls = written.value.calls;
      add(contents, "model", written.value.parts);
    } else {
      const written = userParts(turn.blocks, calls, writing);
      if (!written.ok) return written;
      add(contents, "user", written.value);
    }
  }
  if (contents[0]?.role !== "user") contents.unshift({ role: "user", parts: [{ text: NOTHING_SAID }] });
  if (system.length === 0) return { ok: true, value: { systemInstruction: null, contents } };
  if (writing.takes(INSTRUCTIONS)) return { ok: true, value: { systemInstruction: { parts: system }, contents } };
  // A model that has none (Gemma 3) is told them first.
  const [first, ...others] = contents;
  const told: Content = { role: "user", parts: [...system, ...(first?.parts ?? [])] };
  return { ok: true, value: { systemInstruction: null, contents: [told, ...others] } };
}

/** The text of a user who has said nothing; an empty one is refused. */
const NOTHING_SAID = " ";

/** A block, and where the request has it. */
export interface Placed {
  block: HubBlock;
  at: string;
  /** It is of a system message in the midst of the conversation. */
  system: boolean;
}

interface Turn {
  role: "user" | "model";
  blocks: Placed[];
}

/** Neighbours of one role are one turn. */
function turnsOf(messages: readonly HubMessage[], first: number): Turn[] {
  const turns: Turn[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const side = role === "assistant" ? "model" : "user";
    const blocks = content.map((block, at) => ({
      block,
      at: `messages.${first + index}.content.${at}`,
      system: role === "system",
    }));
    const last = turns.at(-1);
    if (last?.role === side) for (const block of blocks) last.blocks.push(block);
    else turns.push({ role: side, blocks });
  }
  return turns;
}

/** A turn of which nothing is left leaves two of the same role beside each other: they become one. */
function add(contents: Content[], role: Content["role"], parts: Part[]): void {
  if (parts.length === 0) return;
  const last = contents.at(-1);
  if (last?.role === role) for (const part of parts) last.parts.push(part);
  else contents.push({ role, parts });
}

/**
 * Responses first, in the order of the calls; what a response cannot hold, and all else that the user says, behind them. Each call has
 * its result, and each result its call (turns.ts).
 */
function userParts(blocks: readonly Placed[], calls: readonly Call[], writing: Writing): Result<Part[], Refusal> {
  const responses = new Map<string, Part>();
  const names = new Map(calls.map(({ id, name }) => [id, name]));
  const beside: Part[] = [];
  for (const { block, at, system } of blocks) {
    if (block.type === "tool_result") {
      const media = mediaOf(block, at, writing);
      if (!media.ok) return media;
      const inside = writing.facts.mediaInResults && writing.takes(MEDIA_IN_RESULTS);
      if (!inside) for (const part of media.value) beside.push(part);
      const name = names.get(block.tool_use_id) ?? "";
      responses.set(block.tool_use_id, responseOf(block, name, inside ? media.value : [], writing));
    } else {
      const part = userPart(block, at, system, writing);
      if (!part.ok) return part;
      if (part.value) beside.push(part.value);
    }
  }
  const inOrder = calls.flatMap(({ id }) => responses.get(id) ?? []);
  return { ok: true, value: [...inOrder, ...beside] };
}

function userPart(block: HubBlock, at: string, system: boolean, writing: Writing): Result<Part | null, Refusal> {
  switch (block.type) {
    case "text":
      if (block.text === "") return { ok: true, value: null };
      return { ok: true, value: { text: system ? reminder(block.text) : block.text } };
    case "image":
    case "document":
    case "audio":
      return mediaPart(block, at, writing);
    default:
      return { ok: true, value: null };
  }
}

/** Google has no instructions in the midst of a conversation. */
function reminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}

function responseOf(result: HubToolResult, name: string, media: Part[], { takes }: Writing): Part {
  const { tool_use_id: id, is_error } = result;
  const response = { [is_error ? "error" : "output"]: textOf(result) };
  return {
    functionResponse: { ...(takes("id") && { id }), name, response, ...(media.length > 0 && { parts: media }) },
  };
}

/** The texts of a result, those of documents too. */
function textOf({ content }: HubToolResult): string {
  return content
    .flatMap((block) => {
      if (block.type === "text") return [block.text];
      return block.type === "document" && block.source.type === "text" ? [block.source.data] : [];
    })
    .join("\n");
}

function mediaOf({ content }: HubToolResult, at: string, writing: Writing): Result<Part[], Refusal> {
  const parts: Part[] = [];
  for (const [index, block] of content.entries()) {
    if (block.type === "text" || block.source.type === "text") continue;
    const part = mediaPart(block as Media, `${at}.content.${index}`, writing);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  return { ok: true, value: parts };
}
