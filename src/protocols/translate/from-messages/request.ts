/**
 * A request of the Messages API in hub terms. The hub's terms are those of this API, so most of the work is to check what a client
 * has sent, and to name what means something only to Anthropic.
 */
import { isObject, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { Asked } from "../halves.ts";
import {
  EFFORTS,
  type Effort,
  type HubBlock,
  type HubFormat,
  type HubMessage,
  type HubRequest,
  type HubText,
  type HubThinkingConfig,
  type Json,
} from "../hub.ts";
import { cacheOf, contentIn } from "./blocks.ts";
import { toolsChangedBy } from "./tool-changes.ts";
import { choiceIn, toolsIn } from "./tools.ts";

export function requestIn(body: Json, asked: Asked, findings: Findings): HubRequest {
  nameWhatIsLeftOut(body, findings);
  const output = isObject(body.output_config) ? body.output_config : {};
  const { messages, effort } = conversationIn(body.messages, findings);
  const tools = toolsChangedBy(body.messages, toolsIn(body.tools, findings), findings);
  return {
    model: asked.model,
    system: systemIn(body.system, findings),
    messages: cachedAtTheEnd(messages, body),
    tools,
    ...choiceIn(body.tool_choice, tools, findings),
    maxTokens: outputLimitIn(body.max_tokens, findings),
    temperature: numberIn(body, "temperature", findings),
    topP: numberIn(body, "top_p", findings),
    topK: numberIn(body, "top_k", findings),
    stopSequences: stopsIn(body.stop_sequences, findings),
    ...thinkingIn(body.thinking, findings),
    effort: effort ?? effortIn(output.effort, "output_config.effort", findings),
    format: formatIn(output.format ?? body.output_format, findings),
    verbosity: null,
    user: isObject(body.metadata) ? text(body.metadata.user_id) : null,
    session: asked.session,
    stream: asked.stream,
  };
}

/** Members that are read here or by the relay itself. */
const READ = new Set([
  ...["model", "messages", "system", "tools", "tool_choice", "max_tokens", "stream", "metadata", "cache_control"],
  ...["temperature", "top_p", "top_k", "stop_sequences", "thinking", "output_config", "output_format"],
]);

/** The values with which these members ask for nothing in particular. */
const ORDINARY: Readonly<Record<string, string>> = { service_tier: "auto", speed: "standard" };

function nameWhatIsLeftOut(body: Json, findings: Findings): void {
  for (const [member, value] of Object.entries(body)) {
    if (READ.has(member) || value === null) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    if (Object.hasOwn(ORDINARY, member) && ORDINARY[member] === value) continue;
    findings.drop(member);
  }
  if (isObject(body.output_config) && isObject(body.output_config.task_budget)) {
    findings.drop("output_config.task_budget");
  }
}

/**
 * Claude Code begins its instructions with a line about itself that changes with every request. The prompt cache of another provider
 * would never hit after such a line, and it tells a model nothing.
 */
const ATTRIBUTION = "x-anthropic-billing-header:";

function systemIn(value: unknown, findings: Findings): HubText[] {
  if (value === undefined || value === null) return [];
  const blocks = contentIn(value, "system", "system", findings).filter((block) => block.type === "text");
  const [first, ...rest] = blocks;
  if (!first?.text.startsWith(ATTRIBUTION)) return blocks;
  const behind = first.text.indexOf("\n");
  const own = behind < 0 ? "" : first.text.slice(behind + 1).trimStart();
  return own === "" ? rest : [{ ...first, text: own }, ...rest];
}

interface Conversation {
  messages: HubMessage[];
  /** The effort that a system message in the middle of the conversation sets from there on. */
  effort: Effort | null;
}

function conversationIn(value: unknown, findings: Findings): Conversation {
  const conversation: Conversation = { messages: [], effort: null };
  if (!Array.isArray(value)) {
    findings.refuse("messages", "it is no list");
    return conversation;
  }
  const lastOfUser = value.findLastIndex((message) => isObject(message) && message.role === "user");
  for (const [index, message] of value.entries()) {
    const at = `messages.${index}`;
    if (!isObject(message)) findings.refuse(at, "it is no object");
    else addMessage(conversation, message, index < lastOfUser, at, findings);
  }
  if (conversation.messages.length === 0) findings.refuse("messages", "there is nothing in them");
  return conversation;
}

function addMessage(
  conversation: Conversation,
  message: Json,
  isAnswered: boolean,
  at: string,
  findings: Findings,
): void {
  const { role, content, clear_at, output_config } = message;
  if (role !== "user" && role !== "assistant" && role !== "system") {
    findings.refuse(`${at}.role`, "it is none of user, assistant and system");
    return;
  }
  if (role === "system") {
    const effort = isObject(output_config)
      ? effortIn(output_config.effort, `${at}.output_config.effort`, findings)
      : null;
    conversation.effort = effort ?? conversation.effort;
    // A message that is meant only for the user's turn before it, and not for later ones.
    if (content === undefined || content === null || (clear_at === "next_user_message" && isAnswered)) return;
  }
  const blocks: HubBlock[] = contentIn(content, role, `${at}.content`, findings);
  if (blocks.length > 0) conversation.messages.push({ role, content: blocks });
}

/** A breakpoint for the whole request becomes one on its last block. */
function cachedAtTheEnd(messages: HubMessage[], body: Json): HubMessage[] {
  const cache = cacheOf(body);
  const last = messages.at(-1);
  const block = last?.content.at(-1);
  if (!cache.cache_control || !last || !block || !MAY_BE_CACHED.has(block.type)) return messages;
  const content = [...last.content.slice(0, -1), { ...cache, ...block } as HubBlock];
  return [...messages.slice(0, -1), { ...last, content }];
}

const MAY_BE_CACHED = new Set(["text", "image", "document", "tool_use", "tool_result"]);

/** Null if it is not given, as in a count. */
function outputLimitIn(value: unknown, findings: Findings): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  const detail =
    value === 0
      ? "0 fills a prompt cache of Anthropic's, and the accounts that serve this model are elsewhere"
      : "it is no whole number from 1";
  findings.refuse("max_tokens", detail);
  return null;
}

function numberIn(body: Json, member: string, findings: Findings): number | null {
  const value = body[member];
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && value >= 0) return value;
  findings.refuse(member, "it is no number from 0");
  return null;
}

function stopsIn(value: unknown, findings: Findings): string[] {
  if (value === undefined || value === null) return [];
  const stops = Array.isArray(value) ? value.filter((each) => typeof each === "string") : null;
  if (!Array.isArray(value) || stops?.length !== value.length) {
    findings.refuse("stop_sequences", "it is no list of texts");
    return [];
  }
  return stops.filter((stop) => stop !== "");
}

interface Thinking {
  thinking: HubThinkingConfig | null;
  showThinking: boolean;
}

function thinkingIn(value: unknown, findings: Findings): Thinking {
  if (value === undefined || value === null) return { thinking: null, showThinking: false };
  const thinking = isObject(value) ? thinkingOf(value) : null;
  if (!thinking || !isObject(value)) {
    findings.refuse("thinking", "it is none of enabled (with budget_tokens), adaptive and disabled");
    return { thinking: null, showThinking: false };
  }
  return { thinking, showThinking: thinking.type !== "disabled" && value.display !== "omitted" };
}

function thinkingOf({ type, budget_tokens }: Json): HubThinkingConfig | null {
  if (type === "disabled" || type === "adaptive") return { type };
  // Only Anthropic's models can be told when to think.
  if (type === "between_tools") return { type: "adaptive" };
  const isBudget = typeof budget_tokens === "number" && Number.isSafeInteger(budget_tokens) && budget_tokens > 0;
  return type === "enabled" && isBudget ? { type, budget_tokens } : null;
}

function effortIn(value: unknown, at: string, findings: Findings): Effort | null {
  if (value === undefined || value === null) return null;
  const effort = EFFORTS.find((each) => each === value);
  if (!effort) findings.refuse(at, `it is none of ${EFFORTS.join(", ")}`);
  return effort ?? null;
}

function formatIn(value: unknown, findings: Findings): HubFormat | null {
  if (value === undefined || value === null) return null;
  if (isObject(value) && value.type === "json_schema" && isObject(value.schema)) {
    return { type: "json_schema", schema: value.schema };
  }
  findings.refuse("output_config.format", "it is no JSON schema");
  return null;
}
