/** A search that the provider has run, and what it has found. */
import type { HubAnswerBlock, HubSearchResult, Json } from "../../hub.ts";
import { OutputItem, type Place } from "./item.ts";

export class SearchItem extends OutputItem {
  readonly #search: { id: string; query: string };
  readonly #withSources: boolean;
  #result: HubSearchResult | null;

  constructor(
    place: Place,
    search: { id: string; query: string },
    withSources: boolean,
    result: HubSearchResult | null = null,
  ) {
    super("ws", place);
    this.#search = search;
    this.#withSources = withSources;
    this.#result = result;
  }

  override begin(): string {
    const item = { id: this.id, type: "web_search_call", status: "in_progress", action: this.#action() };
    return (
      this.added(item) +
      this.event("response.web_search_call.in_progress") +
      this.event("response.web_search_call.searching")
    );
  }

  override takes(block: HubAnswerBlock): boolean {
    if (block.type !== "web_search_tool_result" || block.tool_use_id !== this.#search.id) return false;
    this.#result = block;
    return true;
  }

  override end(): string {
    return this.event("response.web_search_call.completed") + this.done(this.item());
  }

  override item(): Json {
    const failed = this.#result !== null && !Array.isArray(this.#result.content);
    return { id: this.id, type: "web_search_call", status: failed ? "failed" : "completed", action: this.#action() };
  }

  #action(): Json {
    const { query } = this.#search;
    const hits = this.#withSources && Array.isArray(this.#result?.content) ? this.#result.content : null;
    const sources = hits?.map(({ url }) => ({ type: "url", url }));
    return { type: "search", ...(query !== "" && { query, queries: [query] }), ...(sources && { sources }) };
  }
}
