/** Which blocks of an answer a Messages client gets, and in which form. */
import { carry } from "../carried.ts";
import type { Asked } from "../halves.ts";
import type { HubAnswerBlock, HubSearchHit, Json } from "../hub.ts";
import { fitted } from "../names.ts";

/** What an answer needs to know of its request. */
export interface Answering extends Pick<Asked, "id" | "model" | "inputTokens"> {
  /**
   * Whether the client has asked for thinking. If not, it gets none, because much code takes the first block for the text. If it has, it
   * gets whatever there is, also with the display omitted, since a model may want its thinking back in the next request.
   */
  thinks: boolean;
}

/**
 * Stands in the place of Anthropic's signature where another provider did not sign. When the conversation later reaches one of
 * Anthropic's accounts, it tells foreign thinking from Anthropic's own (messages-bytes.ts).
 */
export const NOT_SIGNED = carry("relay", "");

/** The provider's signature; "" for the mark that stands for no signature. */
export function signedIn(signature: string): string {
  return signature === NOT_SIGNED ? "" : signature;
}

export function isThinking({ type }: HubAnswerBlock): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/**
 * For a client that did not ask for thinking: the part of a block that it gets all the same before a call. That is the signature
 * alone, which its provider wants back with the call's result. Null if the block has none.
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

/** The id of an answer. It begins like Anthropic's ids. */
export function messageId({ id: requestId }: Answering, id: string): string {
  const own = fitted(id === "" ? requestId : id, LONGEST_ID);
  return own.startsWith("msg_") ? own : `msg_${own}`;
}

/** The id of a call, in the only characters that Anthropic accepts when the conversation reaches it. */
function callId({ id: requestId }: Answering, id: string, index: number): string {
  return id === "" ? `toolu_${fitted(requestId, LONGEST_ID)}_${index}` : fitted(id, LONGEST_ID);
}

const SEARCH = "srvtoolu_";

/** Anthropic accepts only search ids that begin like its own, and no hyphen in them. */
function searchId(id: string): string {
  const own = id.startsWith(SEARCH) ? id.slice(SEARCH.length) : id;
  return SEARCH + fitted(own, LONGEST_ID).replaceAll("-", "_");
}
