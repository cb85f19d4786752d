/**
 * What the reader of a request has found besides its content: members that the hub cannot carry, and the first reason to refuse the
 * request. Readers of a part note it here and continue with a stand-in, so that they need no early return of their own.
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";

/**
 * The dropped members are told in a header, and held for as long as the answer streams. By then the body that they come from is no
 * longer counted, and a client may give a member a name of megabytes.
 */
const MOST_DROPPED = 50;
const LONGEST_DROPPED = 100;

export class Findings {
  readonly #dropped = new Set<string>();
  #refusal: Refusal | null = null;

  /** Notes that `member` has no counterpart and is left out. It is named once. Any length is allowed: only this method cuts it. */
  drop(member: string): void {
    if (this.#dropped.size >= MOST_DROPPED) return;
    // Even a short slice would keep the whole name in memory. So its bytes are copied.
    const isLong = member.length > LONGEST_DROPPED;
    this.#dropped.add(isLong ? Buffer.from(member.slice(0, LONGEST_DROPPED)).toString() : member);
  }

  /** Notes that the request cannot be carried over because of `member`, in the client's own notation: `messages.3.content`. */
  refuse(member: string, detail: string): void {
    this.#refusal ??= { reason: "member_refused", member, detail };
  }

  get dropped(): string[] {
    return [...this.#dropped];
  }

  /** `value`, or the refusal if there is one. */
  result<Value>(value: Value): Result<Value, Refusal> {
    return this.#refusal ? { ok: false, refusal: this.#refusal } : { ok: true, value };
  }
}
