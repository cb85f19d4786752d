/**
 * Events of a Responses stream, in their order. Each has its type first, where readers look for it, and its place in the sequence.
 * A silent ladder writes none: a whole answer is made by the same steps.
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

  /** One that says nothing but its type. */
  bare(type: string): string {
    return this.#silent ? "" : this.#written(type, "}");
  }

  /** The same for what comes many times: `members` are JSON already, up to the name of the text that follows. */
  delta(type: string, members: string, text: string): string {
    return this.#silent ? "" : this.#written(type, `,${members}${JSON.stringify(text)}}`);
  }

  /** The same for a response, whose last members are JSON already, for they are the same in all of its events. */
  response(type: string, response: Json, more: string): string {
    return this.#silent ? "" : this.#written(type, `,"response":${JSON.stringify(response).slice(0, -1)},${more}}}`);
  }

  #written(type: string, rest: string): string {
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++}${rest}\n\n`;
  }
}
