/**
 * Names of tools and ids of calls where the target allows fewer characters than the client has used: each is mapped to one
 * that it allows, the same each time, and back in the answer.
 */

/** FNV-1a, 64 bits in two halves: the same name has the same short form in every request, which a prompt cache needs. */
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

/** `text` in at most `longest` characters of `[A-Za-z0-9_-]`: itself where it fits, else its beginning and a digest. */
export function fitted(text: string, longest: number): string {
  if (text.length <= longest && /^[\w-]+$/.test(text)) return text;
  const mark = `_${digest(text)}`;
  return text.replace(/[^\w-]/g, "_").slice(0, longest - mark.length) + mark;
}

/** No tool of a request has a longer one (compose.ts). */
const LONGEST_KEPT = 512;

/** Names as the upstream knows them, and back. One per request; holds the names alone. */
export class Names {
  readonly #longest: number;
  readonly #fit: typeof fitted;
  readonly #asked = new Map<string, string>();

  /** `longest`: the most characters that the target allows; `fit`: for one that allows others than `fitted` keeps to. */
  constructor(longest: number, fit = fitted) {
    this.#longest = longest;
    this.#fit = fit;
  }

  /** The target's form of a client's name. */
  to(name: string): string {
    const short = this.#fit(name, this.#longest);
    // A call of an earlier turn may name anything.
    if (short !== name && name.length <= LONGEST_KEPT) this.#asked.set(short, name);
    return short;
  }

  /** The client's own name of what the upstream has named; a name that the client did not give is the upstream's own. */
  back(name: string): string {
    return this.#asked.get(name) ?? name;
  }
}

/** The ids of an answer's calls, each once, also where the upstream repeats one: a client tells results apart by them. */
export class CallIds {
  readonly #seen = new Set<string>();

  /** "" stays: whoever writes the answer makes one up. */
  unique(id: string): string {
    if (id === "") return id;
    let own = id;
    for (let next = this.#seen.size; this.#seen.has(own); next++) own = `${id}_${next}`;
    this.#seen.add(own);
    return own;
  }
}
