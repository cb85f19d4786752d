/**
 * What Google has searched and found. It tells this at the end of the answer, for all of it at once: the queries, the pages, and which
 * passages of the text rely on which pages.
 */
import { array, isObject, object, text } from "../../../ground/json.ts";
import type { HubAnswerBlock, HubSearchHit, Json } from "../hub.ts";

export interface Grounding {
  queries: string[];
  /** By the index that passages use. Null for a page that is not on the web. */
  hits: (HubSearchHit | null)[];
  /** Citations in Anthropic's form. */
  citations: Json[];
}

/** Null if nothing was searched. */
export function groundingIn(candidate: Json | undefined): Grounding | null {
  const metadata = object(candidate?.groundingMetadata);
  if (!metadata) return null;
  const queries = array(metadata.webSearchQueries).filter((query) => typeof query === "string" && query !== "");
  const hits = array(metadata.groundingChunks).map(hitOf);
  if (queries.length === 0 && hits.every((hit) => hit === null)) return null;
  const citations = array(metadata.groundingSupports)
    .filter(isObject)
    .flatMap((support) => citationsOf(support, hits));
  return { queries: queries as string[], hits, citations };
}

function hitOf(chunk: unknown): HubSearchHit | null {
  const web = object(object(chunk)?.web);
  const url = text(web?.uri);
  if (url === null) return null;
  const title = text(web?.title) ?? text(web?.domain) ?? url;
  return { type: "web_search_result", url, title, encrypted_content: "" };
}

function citationsOf({ segment, groundingChunkIndices }: Json, hits: readonly (HubSearchHit | null)[]): Json[] {
  const passage = text(object(segment)?.text) ?? "";
  return array(groundingChunkIndices).flatMap((index) => {
    const hit = typeof index === "number" ? hits[index] : null;
    if (!hit) return [];
    const { url, title } = hit;
    return [{ type: "web_search_result_location", url, title, cited_text: passage, encrypted_index: "" }];
  });
}

/** `id`: of the search, the same in both of its blocks. */
export function searchBlocks({ queries, hits }: Grounding, id: string): HubAnswerBlock[] {
  return [
    { type: "server_tool_use", id, name: "web_search", input: queries.length > 0 ? { query: queries.join("; ") } : {} },
    { type: "web_search_tool_result", tool_use_id: id, content: hits.filter((hit) => hit !== null) },
  ];
}
