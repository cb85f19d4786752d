/**
 * What the reading of a request has found beside its content: members that the hub cannot carry, and the first thing for which
 * the request is refused. Readers of a part note it here and go on with a stand-in, so that they need no way out of their own.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";

/**
 * What is dropped is told in a header, and held for as long as the answer streams: the body that it comes from is no longer counted
 * then, and a client may give a member a name of megabytes.
 */
const MOST_DROPPED = 50;
const LONGEST_DROPPED = 100;

export class Findings {
  readonly #dropped = new Set<string>();
  #refusal: Refusal | null = null;

  /** `member` has no counterpart and is left out; it is named once. May be of any length: it is cut here, and nowhere before. */
  drop(member: string): void {
    if (this.#dropped.size >= MOST_DROPPED) return;
    // A slice, however short, would hold on to all of the name; so its bytes are copied.
    const isLong = member.length > LONGEST_DROPPED;
    this.#dropped.add(isLong ? Buffer.from(member.slice(0, LONGEST_DROPPED)).toString() : member);
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
