/**
 * Writes the events of a Responses stream in their order. Each has its type first, where readers look for it, and its place in the
 * sequence. A silent ladder writes nothing: the same steps then make a whole answer.
 */
import type { Json } from "../hub.ts";

export class Ladder {
  readonly #silent: boolean;
  #sequence = 0;

  constructor(silent: boolean) {
    this.#silent = silent;
  }

  event(type: string, members: Json): string {
    return this.#silent ? "" : this.#written(type, `,${JSON.stringify(members).slice(1)}`);
  }

  /** An event that has only its type. */
  bare(type: string): string {
    return this.#silent ? "" : this.#written(type, "}");
  }

  /** The same for a frequent event. `members` are already JSON, up to the name of the text that follows. */
  delta(type: string, members: string, text: string): string {
    return this.#silent ? "" : this.#written(type, `,${members}${JSON.stringify(text)}}`);
  }

  /** The same for a response. Its last members are already JSON, because they are the same in all of its events. */
  response(type: string, response: Json, more: string): string {
    return this.#silent ? "" : this.#written(type, `,"response":${JSON.stringify(response).slice(0, -1)},${more}}}`);
  }

  #written(type: string, rest: string): string {
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++}${rest}\n\n`;
  }
}
