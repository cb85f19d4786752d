/**
 * A conversation as `contents` and `systemInstruction`. Google requires that turns of user and model alternate, beginning with the
 * user, and that after a turn with calls exactly one response for each follows, in their order.
 */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import type { HubBlock, HubMessage, HubRequest, HubToolResult } from "../hub.ts";
import { type Media, mediaPart } from "./media.ts";
import { type Call, modelParts } from "./model-turn.ts";
import type { Content, Part } from "./wire.ts";
import { INSTRUCTIONS, MEDIA_IN_RESULTS, type Writing } from "./writing.ts";

export interface Conversation {
  /** Null if there are no instructions. */
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
  // A model that has no instructions (Gemma 3) gets them as the first text of the user.
  const [first, ...others] = contents;
  const told: Content = { role: "user", parts: [...system, ...(first?.parts ?? [])] };
  return { ok: true, value: { systemInstruction: null, contents: [told, ...others] } };
}

/** The text for a user who has said nothing. An empty one is refused. */
const NOTHING_SAID = " ";

/** A block, and its place in the request. */
export interface Placed {
  block: HubBlock;
  at: string;
  /** Whether it belongs to a system message in the middle of the conversation. */
  system: boolean;
}

interface Turn {
  role: "user" | "model";
  blocks: Placed[];
}

/** Joins neighbours of one role into one turn. */
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

/** If nothing is left of a turn, two turns of the same role become neighbours. They are joined. */
function add(contents: Content[], role: Content["role"], parts: Part[]): void {
  if (parts.length === 0) return;
  const last = contents.at(-1);
  if (last?.role === role) for (const part of parts) last.parts.push(part);
  else contents.push({ role, parts });
}

/**
 * Responses first, in the order of the calls, then what a response cannot hold, and all else that the user says. Each call has its
 * result, and each result its call (turns.ts).
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

/** Google accepts no instructions in the middle of a conversation. */
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

/** The texts of a result, including those of documents. */
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
