/** What OpenAI has searched for and found, and what a text cites of it, in Anthropic's form. */
import { array, object, text } from "../../../ground/json.ts";
import type { HubSearchHit, Json } from "../hub.ts";

/** Anthropic's own are no longer than this. */
const LONGEST_CITED = 150;

/** What was searched for; null if a page was opened or looked through. */
export function queryOf(item: Json): string | null {
  const action = object(item.action);
  return text(action?.query) ?? text(array(action?.queries)[0]);
}

/** What a search has found, or which page was opened. */
export function hitsOf(item: Json): HubSearchHit[] {
  const action = object(item.action);
  const urls = [action?.url, ...array(action?.sources).map((source) => object(source)?.url)];
  return hitsAt(urls.map(text).filter((url) => url !== null));
}

function hitsAt(urls: readonly string[], titles: ReadonlyMap<string, string> = new Map()): HubSearchHit[] {
  return [...new Set(urls)].map((url) => ({
    type: "web_search_result",
    url,
    // OpenAI tells a page's title only where it is cited.
    title: titles.get(url) ?? url,
    encrypted_content: "",
  }));
}

/** The citations of a text, and the pages that they name. */
export function citationsOf(annotations: unknown, words: string): { citations: Json[]; hits: HubSearchHit[] } {
  const cited = array(annotations)
    .map(object)
    .filter((each) => each?.type === "url_citation" && text(each.url) !== null);
  if (cited.length === 0) return { citations: [], hits: [] };
  // By characters and not by UTF-16 units, because half of a character is no text.
  const characters = Array.from(words);
  const titles = new Map<string, string>();
  const citations = cited.map((each) => {
    const url = text(each?.url) ?? "";
    const title = text(each?.title);
    if (title) titles.set(url, title);
    const cited_text = spanOf(characters, each?.start_index, each?.end_index);
    return { type: "web_search_result_location", url, title, encrypted_index: "", cited_text };
  });
  return {
    citations,
    hits: hitsAt(
      citations.map(({ url }) => url),
      titles,
    ),
  };
}

function spanOf(characters: readonly string[], start: unknown, end: unknown): string {
  if (typeof start !== "number" || typeof end !== "number") return "";
  return characters.slice(start, Math.min(end, start + LONGEST_CITED)).join("");
}
