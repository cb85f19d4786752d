/**
 * The positions in a JSON text with comments and trailing commas, as VS Code, Zed, Droid and OpenCode read it. Positions and not values,
 * because the text must stay the same byte for byte.
 */
import type { Result } from "../../../../src/vocabulary.ts";
import type { Json } from "./format.ts";

export interface Node {
  kind: "object" | "array" | "scalar";
  start: number;
  end: number;
  items: Item[];
}

export interface Item {
  /** Null in an array. */
  name: string | null;
  /** Of the name, or of the value in an array. */
  start: number;
  value: Node;
  /** The position of the comma after it; null: there is none. */
  comma: number | null;
}

/** Deeper than any configuration. The reader below is recursive. */
const DEEPEST = 200;
const SPACE = /(?:[\s\uFEFF]+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*/y;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const BARE = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Fault extends Error {}

/** Null: only white space and comments. */
export function parseDocument(text: string): Result<Node | null, string> {
  const reader = new Reader(text);
  try {
    reader.space();
    if (reader.at === text.length) return { ok: true, value: null };
    const root = reader.value(0);
    reader.space();
    if (reader.at < text.length) throw new Fault("more stands behind its end");
    return { ok: true, value: root };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const line = text.slice(0, reader.at).split("\n").length;
    return { ok: false, refusal: `line ${line}: ${error.message}` };
  }
}

/** The value that is written there. */
export function valueAt(text: string, node: Node): Json {
  if (node.kind === "scalar") return JSON.parse(text.slice(node.start, node.end));
  if (node.kind === "array") return node.items.map((item) => valueAt(text, item.value));
  return Object.fromEntries(node.items.map((item) => [item.name ?? "", valueAt(text, item.value)]));
}

/** The position after the white space and comments that begin at `from`. */
export function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  return from + (SPACE.exec(text)?.[0].length ?? 0);
}

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  space(): void {
    this.at = skipSpace(this.#text, this.at);
  }

  value(depth: number): Node {
    if (depth > DEEPEST) throw new Fault("it is nested too deeply");
    const opened = this.#text[this.at];
    if (opened === "{" || opened === "[") return this.#container(opened, depth);
    const start = this.at;
    this.#token(opened === '"' ? STRING : BARE, "a value was expected");
    return { kind: "scalar", start, end: this.at, items: [] };
  }

  #container(opened: "{" | "[", depth: number): Node {
    const node: Node = { kind: opened === "{" ? "object" : "array", start: this.at, end: 0, items: [] };
    const closing = opened === "{" ? "}" : "]";
    this.at++;
    for (;;) {
      this.space();
      if (this.#text[this.at] === closing) break;
      if (node.items.length > 0 && node.items.at(-1)?.comma === null)
        throw new Fault(`"," or "${closing}" was expected`);
      node.items.push(this.#item(node.kind, depth));
    }
    node.end = ++this.at;
    return node;
  }

  #item(kind: Node["kind"], depth: number): Item {
    const start = this.at;
    let name: string | null = null;
    if (kind === "object") {
      name = JSON.parse(this.#token(STRING, "a name in quotes was expected"));
      this.space();
      if (this.#text[this.at] !== ":") throw new Fault('":" was expected');
      this.at++;
      this.space();
    }
    const value = this.value(depth + 1);
    const after = skipSpace(this.#text, this.at);
    const comma = this.#text[after] === "," ? after : null;
    if (comma !== null) this.at = comma + 1;
    return { name, start, value, comma };
  }

  #token(pattern: RegExp, fault: string): string {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined || !isJson(found)) throw new Fault(fault);
    this.at += found.length;
    return found;
  }
}

/** A string may have an escape that JSON does not know. */
function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}
