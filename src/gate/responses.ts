/**
 * Which stored responses are this key's, and which account has each: a response belongs to the key that made it, and
 * only the account that stores it can go on from it. Pure. The memory is one string, since it is stored with every
 * request: `<hash> <account> ` for each response, newest last.
 */

/** A client goes on from its latest response, or branches off a recent one. */
const RESPONSES_MAX = 256;
/** More than an account's id has, so that the memory is bounded in bytes whatever it is told. */
const ACCOUNT_MAX = 64;

/** The memory with this response in it; the oldest is forgotten. */
export function rememberResponse(memory: string, responseId: string, accountId: string): string {
  const others = pairs(memory).filter(([hash]) => hash !== hashOf(responseId));
  const all = [...others, [hashOf(responseId), accountId.slice(0, ACCOUNT_MAX)]];
  return all
    .slice(-RESPONSES_MAX)
    .map(([hash, account]) => `${hash} ${account} `)
    .join("");
}

/** The account that has the response; null: it is nobody's here. */
export function accountOfResponse(memory: string, responseId: string | null): string | null {
  if (responseId === null) return null;
  const hash = hashOf(responseId);
  return pairs(memory).find(([known]) => known === hash)?.[1] ?? null;
}

function pairs(memory: string): [string, string][] {
  const words = memory.split(" ");
  return Array.from({ length: Math.floor(words.length / 2) }, (_, at) => [
    words[2 * at] ?? "",
    words[2 * at + 1] ?? "",
  ]);
}

/**
 * FNV-1a in two lanes, 64 bits. Providers make these ids, and make them at random, so that a keyed hash is not needed:
 * whoever could choose an id that collides would be told by the provider that there is no such response.
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
