/**
 * The input of a Responses request in hub terms. Several items of one side stand where the Messages API has one turn: thinking, texts
 * and calls of the assistant, or results and texts of the user. turns.ts checks later whether calls and results match.
 */
import { array, isObject, object, text } from "../../../ground/json.ts";
import { argumentsIn } from "../arguments.ts";
import type { Findings } from "../findings.ts";
import { freeFormArguments } from "../free-form.ts";
import type { HubBlock, HubMessage, HubText, HubToolResult, Json } from "../hub.ts";
import { CALLS_OF_CLIENT_TOOLS, OUTPUTS_OF_CLIENT_TOOLS } from "./client-tools.ts";
import { COMPACTIONS, compactedIn } from "./compaction.ts";
import { contentIn, textOf } from "./content.ts";
import { thinkingIn } from "./thinking.ts";
import type { ToolNames } from "./tool-names.ts";

export interface Conversation {
  system: HubText[];
  messages: HubMessage[];
}

/** What is needed to read an item. `at`: its place in the request, such as `input.3`. */
interface Context {
  at: string;
  names: ToolNames;
  findings: Findings;
}

export function conversationIn(body: Json, names: ToolNames, findings: Findings): Conversation {
  const conversation: Conversation = { system: instructionsIn(body.instructions, findings), messages: [] };
  for (const message of messagesIn(body.input, names, findings)) join(conversation, message);
  if (conversation.messages.length > 0) return conversation;
  // A request may be only instructions. Most APIs require a turn of the user, so the last instruction becomes that.
  const asked = conversation.system.pop();
  return asked ? { ...conversation, messages: [{ role: "user", content: [asked] }] } : conversation;
}

function instructionsIn(value: unknown, findings: Findings): HubText[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return textOf(value);
  findings.refuse("instructions", "it is no text");
  return [];
}

function messagesIn(input: unknown, names: ToolNames, findings: Findings): HubMessage[] {
  if (typeof input === "string") return [{ role: "user", content: textOf(input) }];
  if (!Array.isArray(input)) findings.refuse("input", "it is neither a text nor a list of items");
  return array(input).flatMap((item, index) => itemIn(item, { at: `input.${index}`, names, findings }) ?? []);
}

/** Joins a message to the one before it if the role is the same. Instructions before the first turn belong to the system. */
function join({ system, messages }: Conversation, { role, content }: HubMessage): void {
  const last = messages.at(-1);
  if (content.length === 0) return;
  if (role === "system" && !last) {
    for (const block of content) if (block.type === "text") system.push(block);
  } else if (last?.role === role) for (const block of content) last.content.push(block);
  else messages.push({ role, content });
}

/** What an item says; null for nothing. */
type ReadItem = (item: Json, context: Context) => HubMessage | null;

function itemIn(item: unknown, context: Context): HubMessage | null {
  if (!isObject(item)) return refused(context, "it is no item");
  const type = item.type ?? (item.role === undefined ? "item_reference" : "message");
  const read = ITEMS.get(type);
  if (read) return read(item, context);
  if (typeof type !== "string") return refused(context, "it has no type");
  context.findings.drop(`input[${type}]`);
  return null;
}

/** Items that are read elsewhere: in tools.ts, request.ts and compaction.ts. */
const CONTROLS = ["additional_tools", "configuration_update", "compaction_trigger"];

const ITEMS: ReadonlyMap<unknown, ReadItem> = new Map<unknown, ReadItem>([
  ["message", readMessage],
  ["agent_message", readAgentMessage],
  ["reasoning", readReasoning],
  ["function_call", readFunctionCall],
  ["custom_tool_call", readCustomCall],
  ["function_call_output", readOutput],
  ["custom_tool_call_output", readOutput],
  ...[...CALLS_OF_CLIENT_TOOLS.keys()].map((type): [string, ReadItem] => [type, readClientToolCall]),
  ...[...OUTPUTS_OF_CLIENT_TOOLS.keys()].map((type): [string, ReadItem] => [type, readClientToolOutput]),
  ["web_search_call", readSearch],
  ...[...COMPACTIONS].map((type): [unknown, ReadItem] => [type, readCompaction]),
  ...CONTROLS.map((type): [string, ReadItem] => [type, () => null]),
  ["item_reference", (_, context) => refused(context, "it refers to an item that OpenAI has stored")],
]);

function refused({ at, findings }: Context, detail: string, member = ""): null {
  findings.refuse(at + member, detail);
  return null;
}

function readMessage({ role, content }: Json, context: Context): HubMessage | null {
  const blocks = contentIn(content, `${context.at}.content`, context.findings);
  if (role === "user" || role === "assistant") return { role, content: blocks };
  if (role !== "system" && role !== "developer") return refused(context, "there is no such role", ".role");
  if (blocks.every(({ type }) => type === "text")) return { role: "system", content: blocks };
  return refused(context, "instructions must be text", ".content");
}

/** What another of Codex's agents has told this one. Its encrypted parts are for OpenAI's models. */
function readAgentMessage({ author, recipient, content }: Json, { at, findings }: Context): HubMessage {
  const readable = array(content).filter((part) => object(part)?.type !== "encrypted_content");
  if (readable.length < array(content).length) findings.drop("input[agent_message].encrypted_content");
  const blocks = contentIn(readable, `${at}.content`, findings);
  const heading = `Message from ${text(author) ?? "an agent"} to ${text(recipient) ?? "you"}:`;
  return { role: "user", content: blocks.length === 0 ? [] : [...textOf(heading), ...blocks] };
}

function readReasoning(item: Json): HubMessage | null {
  const thinking = thinkingIn(item);
  return thinking && { role: "assistant", content: [thinking] };
}

function readFunctionCall(item: Json, context: Context): HubMessage | null {
  const name = text(item.name);
  if (name === null) return refused(context, "it is no name", ".name");
  const flat = context.names.flatOf({ name, namespace: text(item.namespace) });
  const input = typeof item.arguments === "string" ? argumentsIn(item.arguments) : null;
  return callOf(item, flat, input ?? {}, context);
}

function readCustomCall(item: Json, context: Context): HubMessage | null {
  const name = text(item.name);
  if (name === null) return refused(context, "it is no name", ".name");
  if (typeof item.input !== "string") return refused(context, "it is no text", ".input");
  const flat = context.names.flatOf({ name, namespace: text(item.namespace) });
  return callOf(item, flat, freeFormArguments(item.input), context);
}

function readClientToolCall(item: Json, context: Context): HubMessage | null {
  const defined = CALLS_OF_CLIENT_TOOLS.get(String(item.type));
  if (!defined) return null;
  const flat = context.names.flatOf({ name: defined.tool.name, namespace: null });
  return callOf(item, flat, defined.argumentsOf(item), context);
}

function callOf(item: Json, name: string, input: Json, context: Context): HubMessage | null {
  const id = text(item.call_id) ?? text(item.id);
  if (id === null) return refused(context, "it is no id", ".call_id");
  return { role: "assistant", content: [{ type: "tool_use", id, name, input }] };
}

function readOutput(item: Json, context: Context): HubMessage | null {
  const content = contentIn(item.output, `${context.at}.output`, context.findings);
  const heard = content.filter((block) => block.type !== "audio");
  if (heard.length < content.length) return refused(context, "there is no sound in a result", ".output");
  return resultOf(text(item.call_id), heard);
}

function readClientToolOutput(item: Json): HubMessage {
  const words = OUTPUTS_OF_CLIENT_TOOLS.get(String(item.type))?.outputOf(item) ?? "";
  // The type of a local shell's output has the call's id under the second name.
  return resultOf(text(item.call_id) ?? text(item.id), textOf(words));
}

/** Codex may send the output of a tool that was never called. */
function resultOf(id: string | null, content: HubToolResult["content"]): HubMessage {
  const result: HubBlock[] =
    id === null ? content : [{ type: "tool_result", tool_use_id: id, content, is_error: false }];
  return { role: "user", content: result };
}

/** A search that OpenAI has run. Its item names pages at most. What they said is in the text that follows. */
function readSearch(item: Json, { at }: Context): HubMessage | null {
  const { type = "search", query, queries, sources } = object(item.action) ?? {};
  const asked = text(query) ?? text(array(queries)[0]);
  if (type !== "search" || asked === null) return null;
  const id = text(item.id) ?? at;
  const urls = array(sources).flatMap((source) => text(object(source)?.url) ?? []);
  const hits = urls.map((url) => ({ type: "web_search_result", url, title: url, encrypted_content: "" }) as const);
  return {
    role: "assistant",
    content: [
      { type: "server_tool_use", id, name: "web_search", input: { query: asked } },
      { type: "web_search_tool_result", tool_use_id: id, content: hits },
    ],
  };
}

function readCompaction(item: Json, context: Context): HubMessage | null {
  const summary = compactedIn(item);
  if (summary !== null) return { role: "user", content: textOf(summary) };
  return refused(context, "it holds a conversation in a form that only its own provider can read");
}
