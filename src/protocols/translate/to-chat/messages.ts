/**
 * The conversation as messages of Chat Completions. Content that is only text becomes a plain string, which every service accepts.
 * Results of tools come directly after the turn that called them. Neighbours of the same role become one message, because some
 * templates require roles to alternate.
 */
import type { Refusal } from "../../../refusal.ts";
import type { HubBlock, HubMessage, HubRequest, HubText, HubToolResult, Json } from "../hub.ts";
import { fitted, type Names } from "../names.ts";
import type { Quirks } from "../quirks.ts";
import { isMedia, type Media, partOf, textOf } from "./parts.ts";
import { reasoningOf } from "./reasoning.ts";

export interface WrittenMessages {
  messages: Json[];
  dropped: string[];
  /** The first reason why the request cannot be written in this format without a change of its meaning. */
  refusal: Refusal | null;
}

export interface Writing {
  quirks: Quirks;
  names: Names;
  /** An instruction in addition to the client's, for what the format has no parameter for. */
  instruction: string | null;
  /** Whether the model may think before this answer. */
  mayThink: boolean;
}

export function messagesOf(hub: HubRequest, writing: Writing): WrittenMessages {
  const writer = new MessageWriter(writing, hub.tools.length > 0);
  const own: HubText[] = writing.instruction === null ? [] : [{ type: "text", text: writing.instruction }];
  writer.add({ role: "system", content: [...hub.system, ...own] });
  for (const message of joined(hub.messages)) writer.add(message);
  const { messages, dropped, refusal } = writer;
  return { messages, dropped: [...dropped], refusal };
}

/** Joins neighbours of one role into one message. */
function joined(messages: readonly HubMessage[]): HubMessage[] {
  const turns: HubMessage[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) for (const block of content) last.content.push(block);
    else turns.push({ role, content: [...content] });
  }
  return turns;
}

/** The longest id of a call that OpenAI accepts. */
const LONGEST_ID = 40;

class MessageWriter {
  readonly messages: Json[] = [];
  readonly dropped = new Set<string>();
  refusal: Refusal | null = null;
  readonly #writing: Writing;
  readonly #quirks: Quirks;
  readonly #hasTools: boolean;

  constructor(writing: Writing, hasTools: boolean) {
    this.#writing = writing;
    this.#quirks = writing.quirks;
    this.#hasTools = hasTools;
  }

  add({ role, content }: HubMessage): void {
    if (role === "assistant") this.#assistant(content);
    else if (role === "user") this.#user(content);
    else this.#system(content.filter((block) => block.type === "text"));
  }

  #system(blocks: HubText[]): void {
    const content = this.#texts(blocks, "\n\n");
    if (content === null) return;
    const isFirst = this.messages.length === 0;
    if (isFirst || this.#quirks.systemAnywhere) {
      this.messages.push({ role: this.#quirks.instructions, content });
      return;
    }
    const text = blocks.map((block) => block.text).join("\n\n");
    this.messages.push({ role: "user", content: `<system-reminder>\n${text}\n</system-reminder>` });
  }

  #assistant(blocks: HubBlock[]): void {
    const calls = blocks.filter((block) => block.type === "tool_use");
    const thinking = blocks.filter((block) => block.type === "thinking");
    const content = this.#assistantContent(blocks);
    if (blocks.some(({ type }) => type === "web_search_tool_result")) this.dropped.add("web_search_tool_result");
    const { required, members, parts } = reasoningOf(thinking, this.#quirks);
    const isRequired = required && this.#hasTools && this.#writing.mayThink;
    const reasoning = isRequired ? { reasoning_content: "", ...members } : members;
    if (content === null && calls.length === 0 && Object.keys(members).length === 0) return;
    this.messages.push({
      role: "assistant",
      // Some services refuse an empty text beside calls.
      content: parts.length > 0 ? [...parts, ...asParts(content)] : (content ?? (calls.length > 0 ? null : "")),
      ...reasoning,
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id, name, input }) => ({
          id: this.#id(id),
          type: "function",
          function: { name: this.#writing.names.to(name), arguments: JSON.stringify(input) },
        })),
      }),
    });
  }

  /** Texts that follow each other are pieces of one. Texts with another block between them are separated by a blank line. */
  #assistantContent(blocks: HubBlock[]): string | Json[] | null {
    const texts = blocks.filter((block) => block.type === "text");
    if (this.#areMarked(texts)) return this.#texts(texts, "");
    let content = "";
    let parted = false;
    for (const block of blocks) {
      if (block.type !== "text") parted = true;
      else if (block.text !== "") {
        content += (parted && content !== "" ? "\n\n" : "") + block.text;
        parted = false;
      }
    }
    return content === "" ? null : content;
  }

  #user(blocks: HubBlock[]): void {
    const results = blocks.filter((block) => block.type === "tool_result");
    const pictures = results.flatMap((result) => this.#result(result));
    const own = blocks.filter((block) => isMedia(block));
    if (results.length > 0 && !this.#quirks.userAfterTool) this.#behindTool([...pictures, ...own]);
    else this.#said([...pictures, ...own]);
  }

  #said(blocks: Media[]): void {
    const texts = blocks.filter((block) => block.type === "text");
    const content = texts.length === blocks.length ? this.#texts(texts, "\n") : this.#parts(blocks);
    if (content !== null) this.messages.push({ role: "user", content });
  }

  /** Puts what the user has said into the message of the last tool, for a service that accepts no user message after it. */
  #behindTool(blocks: Media[]): void {
    const last = this.messages.at(-1);
    const content = this.#parts(blocks);
    if (!last || content === null) return;
    const isText = typeof last.content === "string" && blocks.every(({ type }) => type === "text");
    const texts = blocks.map((block) => (block.type === "text" ? block.text : ""));
    last.content = isText ? [last.content, ...texts].join("\n\n") : [...asParts(last.content), ...content];
  }

  /** Writes the message of a tool. Returns the parts that it cannot hold, for the user's message after it. */
  #result({ tool_use_id, content, is_error, cache_control }: HubToolResult): Media[] {
    const inside: Media[] = [];
    const outside: Media[] = [];
    for (const block of content) {
      if (textOf(block) !== null) inside.push({ type: "text", text: textOf(block) ?? "" });
      else if (block.type === "image" && this.#quirks.imagesInToolResults) inside.push(block);
      else if (block.type === "image" || this.#quirks.files) {
        inside.push({ type: "text", text: `[The ${block.type} is in the next message.]` });
        outside.push({ type: "text", text: `The ${block.type} of the result of ${tool_use_id}:` }, block);
      } else {
        inside.push({ type: "text", text: "[A document that this model cannot be given.]" });
        this.dropped.add("tool_result.content[document]");
      }
    }
    const first = inside[0];
    if (is_error) {
      if (first?.type === "text") inside[0] = { ...first, text: `Error: ${first.text}` };
      else inside.unshift({ type: "text", text: "Error" });
    }
    const last = inside.at(-1);
    if (cache_control && last && "type" in last && last.type === "text") last.cache_control = cache_control;
    const texts = inside.filter((block) => block.type === "text");
    const written = texts.length === inside.length ? this.#texts(texts, "\n") : this.#parts(inside);
    this.messages.push({ role: "tool", tool_call_id: this.#id(tool_use_id), content: written ?? "" });
    return outside;
  }

  /** Texts as one string, or as parts if they have cache breakpoints that the service understands; null for none. */
  #texts(blocks: readonly HubText[], between: string): string | Json[] | null {
    const said = blocks.filter(({ text }) => text !== "");
    if (said.length === 0) return null;
    if (this.#areMarked(said)) return this.#parts(said);
    return said.map(({ text }) => text).join(between);
  }

  #areMarked(blocks: readonly HubText[]): boolean {
    return this.#quirks.cacheControl && blocks.some(({ cache_control }) => cache_control !== undefined);
  }

  #parts(blocks: readonly Media[]): Json[] | null {
    const parts: Json[] = [];
    for (const block of blocks) {
      if (block.type === "text" && block.text === "") continue;
      const part = partOf(block, this.#quirks);
      if (part.ok) parts.push(part.value);
      else this.refusal ??= part.refusal;
    }
    return parts.length === 0 ? null : parts;
  }

  #id(id: string): string {
    if (this.#quirks.shortCallIds) return shortId(id);
    return id.length <= LONGEST_ID && /^[\w.:-]+$/.test(id) ? id : fitted(id, LONGEST_ID);
  }
}

function asParts(content: unknown): Json[] {
  if (Array.isArray(content)) return content;
  return typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : [];
}

/** Nine letters and digits, always the same for the same id. */
function shortId(id: string): string {
  if (/^[A-Za-z0-9]{9}$/.test(id)) return id;
  // The end of a fitted id is its digest.
  return fitted(`${id} `, 17).slice(-9);
}
