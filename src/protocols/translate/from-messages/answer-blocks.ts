/** The blocks of an answer as a Messages client gets them, and which of them it gets. */
import { carry } from "../carried.ts";
import type { Asked } from "../halves.ts";
import type { HubAnswerBlock, HubSearchHit, Json } from "../hub.ts";
import { fitted } from "../names.ts";

/** What of a request its answer needs. */
export interface Answering extends Pick<Asked, "id" | "model" | "inputTokens"> {
  /**
   * Whoever has not asked for thinking gets none: much code takes the first block for the text. Who has asked for it gets what there
   * is, also with its display omitted, since a model may want its thinking back in the next request.
   */
  thinks: boolean;
}

/**
 * Stands where Anthropic signs and another provider does not, so that what is not Anthropic's own is told from what is when the
 * conversation comes to one of its accounts (messages-bytes.ts).
 */
export const NOT_SIGNED = carry("relay", "");

/** What a provider has signed, without the mark of what none has. */
export function signedIn(signature: string): string {
  return signature === NOT_SIGNED ? "" : signature;
}

export function isThinking({ type }: HubAnswerBlock): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/**
 * What a client gets of thinking that it has not asked for, before a call: the signature alone, since its provider wants that back
 * with the call's result. Null where there is none.
 */
export function sealed(block: HubAnswerBlock): HubAnswerBlock | null {
  if (block.type === "redacted_thinking") return block;
  return block.type === "thinking" && block.signature !== "" ? { ...block, thinking: "" } : null;
}

/** The blocks that the client gets. */
export function shownTo({ thinks }: Answering, content: readonly HubAnswerBlock[]): HubAnswerBlock[] {
  if (thinks) return [...content];
  return content.flatMap((block, index) => {
    if (!isThinking(block)) return [block];
    const next = content.slice(index).find((each) => !isThinking(each));
    const seal = next?.type === "tool_use" ? sealed(block) : null;
    return seal ? [seal] : [];
  });
}

/** A block as the client gets it, at `index` of the answer. */
export function blockWritten(block: HubAnswerBlock, answering: Answering, index: number): HubAnswerBlock {
  switch (block.type) {
    case "text":
      return {
        type: "text",
        text: block.text,
        ...(block.citations && { citations: block.citations.map(citationWritten) }),
      };
    case "thinking":
      return { ...block, signature: block.signature || NOT_SIGNED };
    case "tool_use":
      return { type: "tool_use", id: callId(answering, block.id, index), name: block.name, input: block.input };
    case "server_tool_use":
      return { ...block, id: searchId(block.id) };
    case "web_search_tool_result": {
      const { content } = block;
      const hits = Array.isArray(content) ? content.map(hitWritten) : content;
      return { ...block, tool_use_id: searchId(block.tool_use_id), content: hits };
    }
    default:
      return block;
  }
}

function hitWritten(hit: HubSearchHit): HubSearchHit {
  return hit.encrypted_content === "" ? { ...hit, encrypted_content: NOT_SIGNED } : hit;
}

export function citationWritten(citation: Json): Json {
  return citation.encrypted_index === "" ? { ...citation, encrypted_index: NOT_SIGNED } : citation;
}

const LONGEST_ID = 64;

/** The id of an answer, with the beginning that Anthropic's have. */
export function messageId({ id: requestId }: Answering, id: string): string {
  const own = fitted(id === "" ? requestId : id, LONGEST_ID);
  return own.startsWith("msg_") ? own : `msg_${own}`;
}

/** Anthropic takes no other characters when the conversation comes to it. */
function callId({ id: requestId }: Answering, id: string, index: number): string {
  return id === "" ? `toolu_${fitted(requestId, LONGEST_ID)}_${index}` : fitted(id, LONGEST_ID);
}

const SEARCH = "srvtoolu_";

/** Anthropic's own have this beginning, and it takes no others, nor a hyphen in them. */
function searchId(id: string): string {
  const own = id.startsWith(SEARCH) ? id.slice(SEARCH.length) : id;
  return SEARCH + fitted(own, LONGEST_ID).replaceAll("-", "_");
}
