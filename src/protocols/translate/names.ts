/**
 * Names of tools and ids of calls, for a target that allows fewer characters than the client has used. Each is mapped to one that is
 * allowed, always the same, and mapped back in the answer.
 */

/** FNV-1a, 64 bits in two halves. A name has the same short form in every request, which a prompt cache needs. */
export function digest(text: string): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193) >>> 0;
    high = Math.imul(high ^ (code + (low >>> 24)), 0x01000193) >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

/** `text` in at most `longest` characters of `[A-Za-z0-9_-]`: unchanged if it fits, otherwise its beginning and a digest. */
export function fitted(text: string, longest: number): string {
  if (text.length <= longest && /^[\w-]+$/.test(text)) return text;
  const mark = `_${digest(text)}`;
  return text.replace(/[^\w-]/g, "_").slice(0, longest - mark.length) + mark;
}

/** No tool of a request has a longer name (compose.ts). */
const LONGEST_KEPT = 512;

/** Maps names to those that the upstream knows, and back. One per request; holds only names. */
export class Names {
  readonly #longest: number;
  readonly #fit: typeof fitted;
  readonly #asked = new Map<string, string>();

  /** `longest`: the most characters that the target allows. `fit`: for a target with other rules than those of `fitted`. */
  constructor(longest: number, fit = fitted) {
    this.#longest = longest;
    this.#fit = fit;
  }

  /** The target's form of a client's name. */
  to(name: string): string {
    const short = this.#fit(name, this.#longest);
    // A call in an earlier turn may have any name.
    if (short !== name && name.length <= LONGEST_KEPT) this.#asked.set(short, name);
    return short;
  }

  /** The client's own name for one that the upstream uses. A name that the client did not give stays the upstream's own. */
  back(name: string): string {
    return this.#asked.get(name) ?? name;
  }
}

/** Makes the ids of an answer's calls unique, even if the upstream repeats one: a client matches results to calls by them. */
export class CallIds {
  readonly #seen = new Set<string>();

  /** Keeps "": the writer of the answer makes up an id for it. */
  unique(id: string): string {
    if (id === "") return id;
    let own = id;
    for (let next = this.#seen.size; this.#seen.has(own); next++) own = `${id}_${next}`;
    this.#seen.add(own);
    return own;
  }
}
