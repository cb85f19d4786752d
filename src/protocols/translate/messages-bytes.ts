/**
 * The lane between two ends that speak Messages: the client's own bytes, piped natively. Another provider may have answered a part of
 * the conversation. It then holds thinking that another provider has signed, or none, and web results of another provider, all of
 * which look like Anthropic's. Anthropic refuses the whole request for one of them, so those blocks are removed. One of Anthropic's
 * own deployments may also refuse what another has signed. Then the request is sent once more without thinking.
 */
import { array, isObject, text } from "../../ground/json.ts";
import { isCarried } from "./carried.ts";
import { type Change, changedBytes, listChange } from "./changed-bytes.ts";
import type { Json } from "./hub.ts";
import { bytesOf, type Lane } from "./lane.ts";
import { isThinkingRefused } from "./to-messages/instead.ts";

export const MESSAGES_BYTES: Lane = {
  open: (request, { model }) => {
    const without = (staysBehind: StaysBehind) => changedBytes(request, model, (body) => changesOf(body, staysBehind));
    const own = request.carries ? without(isForeign) : bytesOf(request, model);
    const instead = (error: string) =>
      isThinkingRefused(error) ? { lane: without(isForeignOrThinking), lacks: null } : null;
    return { ok: true, value: { ...own, instead } };
  },
};

/** Whether a block of the assistant's is removed. `searches`: the ids of another provider's searches. */
type StaysBehind = (block: Json, searches: ReadonlySet<unknown>) => boolean;

function isForeign(block: Json, searches: ReadonlySet<unknown>): boolean {
  switch (block.type) {
    case "thinking":
      return isCarried(text(block.signature) ?? "");
    case "redacted_thinking":
      return isCarried(text(block.data) ?? "");
    case "server_tool_use":
      return searches.has(block.id);
    default:
      return false;
  }
}

function isForeignOrThinking(block: Json, searches: ReadonlySet<unknown>): boolean {
  return block.type === "thinking" || block.type === "redacted_thinking" || isForeign(block, searches);
}

/** The conversation without those blocks, and the changes that follow from that. */
function changesOf(body: Json, staysBehind: StaysBehind): Change[] {
  const before = array(body.messages);
  const messages = before.flatMap((message) => (isObject(message) ? messageOf(message, staysBehind) : [message]));
  const changes = listChange("messages", before, messages);
  return changes.length === 0 ? [] : [...changes, ...thinkingChanges(body, messages)];
}

/** The same message if nothing has to be removed; none if nothing is left of it. */
function messageOf(message: Json, staysBehind: StaysBehind): Json[] {
  if (message.role !== "assistant" || !Array.isArray(message.content)) return [message];
  const { content } = message;
  const searches = foreignSearches(content);
  const kept = content.flatMap((block) => {
    if (!isObject(block)) return [block];
    if (staysBehind(block, searches)) return [];
    return [searches.has(block.tool_use_id) ? foundAsText(block) : withOwnCitations(block)];
  });
  if (kept.length === content.length && kept.every((block, index) => block === content[index])) return [message];
  return kept.length === 0 ? [] : [{ ...message, content: kept }];
}

function foreignSearches(content: readonly unknown[]): Set<unknown> {
  const results = content.filter(isObject).filter(({ type }) => type === "web_search_tool_result");
  return new Set(results.filter((result) => hitsIn(result).some(isForeignHit)).map(({ tool_use_id }) => tool_use_id));
}

function hitsIn({ content }: Json): Json[] {
  return array(content).filter(isObject);
}

function isForeignHit({ encrypted_content }: Json): boolean {
  return isCarried(text(encrypted_content) ?? "");
}

function foundAsText(result: Json): Json {
  const hits = hitsIn(result).map(({ title, url }) =>
    [text(title), text(url)].filter((part) => part !== null).join(": "),
  );
  return { type: "text", text: `Found by a web search:\n${hits.join("\n")}` };
}

function withOwnCitations(block: Json): Json {
  const citations = array(block.citations);
  const own = citations.filter((citation) => !(isObject(citation) && isCarried(text(citation.encrypted_index) ?? "")));
  if (own.length === citations.length) return block;
  const { citations: _, ...rest } = block;
  return own.length === 0 ? rest : { ...rest, citations: own };
}

/**
 * With a thinking budget, a last turn with calls must begin with thinking. If it does not, this request is sent without thinking, and
 * also without clearing it. An adaptive model is not so strict.
 */
function thinkingChanges(body: Json, messages: readonly unknown[]): Change[] {
  const last = messages.findLast((message) => isObject(message) && message.role === "assistant");
  const content = array(isObject(last) ? last.content : null).filter(isObject);
  const isBudget = isObject(body.thinking) && body.thinking.type === "enabled";
  const begins = content[0]?.type === "thinking" || content[0]?.type === "redacted_thinking";
  if (!isBudget || begins || !content.some(({ type }) => type === "tool_use")) return [];
  const off = { member: "thinking", value: { type: "disabled" } };
  const edits = isObject(body.context_management) ? array(body.context_management.edits) : [];
  const others = edits.filter((edit) => !(isObject(edit) && /^clear_thinking/.test(text(edit.type) ?? "")));
  return edits.length === others.length ? [off] : [off, { member: "context_management", value: { edits: others } }];
}
