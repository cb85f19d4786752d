/**
 * What the reading of a request has found beside its content: members that the hub cannot carry, and the first thing for which
 * the request is refused. Readers of a part note it here and go on with a stand-in, so that they need no way out of their own.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";

export class Findings {
  readonly #dropped = new Set<string>();
  #refusal: Refusal | null = null;

  /** `member` has no counterpart and is left out; it is named once. */
  drop(member: string): void {
    this.#dropped.add(member);
  }

  /** The request cannot be carried over because of `member`, as the client's format names it: `messages.3.content`. */
  refuse(member: string, detail: string): void {
    this.#refusal ??= { reason: "member_refused", member, detail };
  }

  get dropped(): string[] {
    return [...this.#dropped];
  }

  /** `value`, unless something was found for which there is none. */
  result<Value>(value: Value): Result<Value, Refusal> {
    return this.#refusal ? { ok: false, refusal: this.#refusal } : { ok: true, value };
  }
}
