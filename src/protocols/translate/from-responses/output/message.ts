/** The message of an answer: its text, with what it cites. */
import { text } from "../../../../ground/json.ts";
import type { HubAnswerBlock, Json } from "../../hub.ts";
import { OutputItem, type Place, statusOf } from "./item.ts";

/** Joins texts that follow each other, because Anthropic cuts an answer where it cites. */
export class MessageItem extends OutputItem {
  #text = "";
  readonly #annotations: Json[] = [];
  #citations: Json[] = [];
  #blockStart = 0;
  readonly #head: string;

  constructor(place: Place) {
    super("msg", place);
    this.#head = this.head('"content_index":0,"logprobs":[],');
  }

  override takes({ type }: HubAnswerBlock): boolean {
    if (type !== "text") return false;
    this.#blockStart = this.#text.length;
    return true;
  }

  override delta(piece: string): string {
    if (piece === "") return "";
    const begun = this.#text === "" ? this.#begun() : "";
    this.#text += piece;
    return begun + this.ladder.delta("response.output_text.delta", this.#head, piece);
  }

  #begun(): string {
    const empty = { id: this.id, type: "message", status: "in_progress", role: "assistant", content: [] };
    const part = { type: "output_text", text: "", annotations: [], logprobs: [] };
    return this.added(empty) + this.event("response.content_part.added", { content_index: 0, part });
  }

  override cite(citation: Json): void {
    this.#citations.push(citation);
  }

  /** A citation covers the whole block, whose end is known only now. Positions count UTF-16 units, as JavaScript does. */
  override closeBlock(): string {
    const cited = this.#citations.flatMap(({ url, title }) =>
      typeof url === "string" ? [{ url, title: text(title) ?? url }] : [],
    );
    this.#citations = [];
    if (this.#text.length === this.#blockStart) return "";
    return cited.map(({ url, title }) => this.#annotated(url, title)).join("");
  }

  #annotated(url: string, title: string): string {
    const span = { start_index: this.#blockStart, end_index: this.#text.length };
    const annotation = { type: "url_citation", ...span, url, title };
    this.#annotations.push(annotation);
    const annotation_index = this.#annotations.length - 1;
    return this.event("response.output_text.annotation.added", { content_index: 0, annotation_index, annotation });
  }

  override end(whole: boolean): string {
    const item = this.item(whole);
    if (!item) return "";
    return (
      this.event("response.output_text.done", { content_index: 0, text: this.#text, logprobs: [] }) +
      this.event("response.content_part.done", { content_index: 0, part: this.#part() }) +
      this.done(item)
    );
  }

  #part(): Json {
    return { type: "output_text", text: this.#text, annotations: this.#annotations, logprobs: [] };
  }

  override item(whole: boolean): Json | null {
    if (this.#text === "") return null;
    return { id: this.id, type: "message", status: statusOf(whole), role: "assistant", content: [this.#part()] };
  }
}
