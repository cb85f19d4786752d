/**
 * Which stored responses are this key's, and which account has each: a response belongs to the key that made it, and
 * only the account that stores it can go on from it. Pure. The memory is one string, because it is stored with every
 * request: ` <hash>:<account>` for each response, newest last.
 */

/**
 * Some 300 responses: a client goes on from its latest one, or branches off a recent one. The bound is in characters, so that it
 * bounds the stored value whatever ids look like.
 */
const MEMORY_MAX = 12_000;
/** An account's id has fewer characters. */
const ACCOUNT_MAX = 64;

/** The memory with this response in it; if it grows too long, the oldest are forgotten. */
export function rememberResponse(memory: string, responseId: string, accountId: string): string {
  const mark = ` ${hashOf(responseId)}:`;
  const all = `${without(memory, mark)}${mark}${accountId.slice(0, ACCOUNT_MAX)}`;
  return all.length <= MEMORY_MAX ? all : all.slice(all.indexOf(" ", all.length - MEMORY_MAX));
}

/** The account that has the response; null if the key has no such response. */
export function accountOfResponse(memory: string, responseId: string | null): string | null {
  if (responseId === null) return null;
  const mark = ` ${hashOf(responseId)}:`;
  const at = memory.indexOf(mark);
  return at < 0 ? null : memory.slice(at + mark.length, endOf(memory, at));
}

function without(memory: string, mark: string): string {
  const at = memory.indexOf(mark);
  return at < 0 ? memory : memory.slice(0, at) + memory.slice(endOf(memory, at));
}

/** Where the entry that begins at `at` ends. */
function endOf(memory: string, at: number): number {
  const next = memory.indexOf(" ", at + 1);
  return next < 0 ? memory.length : next;
}

/**
 * FNV-1a in two lanes, 64 bits. A keyed hash is not needed, because providers make these ids at random: to an invented id that
 * collides, the provider would answer that there is no such response.
 */
function hashOf(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return (low >>> 0).toString(36) + (high >>> 0).toString(36);
}
