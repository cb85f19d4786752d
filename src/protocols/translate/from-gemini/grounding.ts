/**
 * What a provider has searched and found, in Google's format: once at the end, for the whole answer. Passages are given by their
 * byte positions in all of the answer's text.
 */
import { text } from "../../../ground/json.ts";
import type { HubSearchResult, HubServerToolUse, Json } from "../hub.ts";

export class Grounding {
  readonly #queries: string[] = [];
  readonly #chunks: Json[] = [];
  /** The index of each page among the chunks. */
  readonly #places = new Map<string, number>();
  readonly #supports: Json[] = [];
  /** The bytes of text so far, and where the present block of text began. */
  #bytes = 0;
  #from = 0;
  #said: string[] = [];
  #cited = new Set<number>();

  text(said: string): void {
    this.#bytes += Buffer.byteLength(said);
    this.#said.push(said);
  }

  /** Adds a citation of the present text, as Anthropic's own object. */
  cite(citation: Json): void {
    const url = text(citation.url);
    if (url !== null) this.#cited.add(this.#placeOf(url, text(citation.title) ?? url));
  }

  endText(): void {
    if (this.#cited.size > 0) {
      const segment = {
        ...(this.#from > 0 && { startIndex: this.#from }),
        endIndex: this.#bytes,
        text: this.#said.join(""),
      };
      this.#supports.push({ segment, groundingChunkIndices: [...this.#cited] });
    }
    this.#from = this.#bytes;
    this.#said = [];
    this.#cited = new Set();
  }

  add(block: { type: string }): void {
    if (block.type === "server_tool_use") {
      const query = text((block as HubServerToolUse).input.query);
      if (query !== null) this.#queries.push(query);
    }
    if (block.type !== "web_search_tool_result") return;
    const { content } = block as HubSearchResult;
    if (Array.isArray(content)) for (const { url, title } of content) this.#placeOf(url, title);
  }

  /** The member of a candidate; an empty object if nothing was searched. */
  metadata(): Json {
    if (this.#queries.length === 0 && this.#chunks.length === 0) return {};
    return {
      groundingMetadata: {
        ...(this.#queries.length > 0 && { webSearchQueries: this.#queries }),
        ...(this.#chunks.length > 0 && { groundingChunks: this.#chunks }),
        ...(this.#supports.length > 0 && { groundingSupports: this.#supports }),
      },
    };
  }

  #placeOf(uri: string, title: string): number {
    const known = this.#places.get(uri);
    if (known !== undefined) return known;
    this.#places.set(uri, this.#chunks.length);
    this.#chunks.push({ web: { uri, title } });
    return this.#chunks.length - 1;
  }
}
