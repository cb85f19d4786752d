/** The positions of tables and pairs in a TOML text. It reads all of TOML 1.0, but values only as far as they are compared. */
import type { Result } from "../../../../src/vocabulary.ts";
import type { Json } from "./format.ts";
import { endOfLine, startOfLine } from "./lines.ts";

export interface Statement {
  kind: "pair" | "table" | "tables";
  /** From the root. */
  path: string[];
  /** Its lines, from the beginning of the first to the end of the last. */
  start: number;
  end: number;
  /** Of a pair: its table, and the source of its value. */
  table: string[];
  value: { start: number; end: number; json: Json } | null;
}

const GAP = /(?:[\s\uFEFF]+|#[^\n]*)*/y;
const INLINE_SPACE = /[ \t]*/y;
const BARE_NAME = /[\w-]+/y;
const BASIC = /"(?:[^"\\\n]|\\.)*"/y;
const LITERAL = /'[^'\n]*'/y;
const LONG_BASIC = /"""(?:[^\\]|\\[\s\S])*?"""(?!")/y;
const LONG_LITERAL = /'''[\s\S]*?'''(?!')/y;
const PLAIN = /[^\s,\]}#]+(?: \d[^\s,\]}#]*)?/y;
const DEEPEST = 100;

class Fault extends Error {}

export function parseStatements(text: string): Result<Statement[], string> {
  const reader = new Reader(text);
  try {
    return { ok: true, value: reader.statements() };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ok: false, refusal: `line ${text.slice(0, reader.at).split("\n").length}: ${error.message}` };
  }
}

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  statements(): Statement[] {
    const statements: Statement[] = [];
    let table: string[] = [];
    for (this.#take(GAP); this.at < this.#text.length; this.#take(GAP)) {
      const statement = this.#text[this.at] === "[" ? this.#header() : this.#pair(table);
      if (statement.kind !== "pair") table = statement.path;
      statements.push(statement);
    }
    return statements;
  }

  #header(): Statement {
    const start = this.at;
    const many = this.#text.startsWith("[[", this.at);
    this.at += many ? 2 : 1;
    const path = this.#name();
    this.#expect(many ? "]]" : "]");
    return { kind: many ? "tables" : "table", path, table: [], value: null, ...this.#lines(start) };
  }

  #pair(table: string[]): Statement {
    const from = this.at;
    const name = this.#name();
    this.#expect("=");
    this.#take(INLINE_SPACE);
    const start = this.at;
    const json = this.#value(0);
    const value = { start, end: this.at, json };
    return { kind: "pair", path: [...table, ...name], table, value, ...this.#lines(from) };
  }

  #lines(from: number): { start: number; end: number } {
    this.#take(INLINE_SPACE);
    const end = endOfLine(this.#text, this.at);
    const rest = this.#text.slice(this.at, end).trim();
    if (rest !== "" && !rest.startsWith("#")) throw new Fault("more stands behind a value");
    this.at = end;
    return { start: startOfLine(this.#text, from), end };
  }

  #name(): string[] {
    const parts: string[] = [];
    do {
      this.#take(INLINE_SPACE);
      const part = this.#take(BARE_NAME) || this.#take(BASIC) || this.#take(LITERAL);
      if (part === "") throw new Fault("a name was expected");
      parts.push(unquoted(part));
      this.#take(INLINE_SPACE);
    } while (this.#skip("."));
    return parts;
  }

  #value(depth: number): Json {
    if (depth > DEEPEST) throw new Fault("it is nested too deeply");
    if (this.#skip("[")) return this.#array(depth);
    if (this.#skip("{")) return this.#inlineTable(depth);
    for (const pattern of [LONG_BASIC, LONG_LITERAL, BASIC, LITERAL]) {
      const found = this.#take(pattern);
      if (found !== "") return unquoted(found);
    }
    const plain = this.#take(PLAIN);
    if (plain === "") throw new Fault("a value was expected");
    if (plain === "true" || plain === "false") return plain === "true";
    // Dates and unusual numbers stay as text, because none of our values is one.
    return /^[+-]?\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : { plain };
  }

  #array(depth: number): Json {
    const values: Json[] = [];
    for (;;) {
      this.#take(GAP);
      if (this.#skip("]")) return values;
      values.push(this.#value(depth + 1));
      this.#take(GAP);
      if (!this.#skip(",") && this.#text[this.at] !== "]") throw new Fault('"," or "]" was expected');
    }
  }

  #inlineTable(depth: number): Json {
    const members: [string, Json][] = [];
    for (;;) {
      this.#take(GAP);
      if (this.#skip("}")) return Object.fromEntries(members);
      const name = this.#name().join(".");
      this.#expect("=");
      this.#take(INLINE_SPACE);
      members.push([name, this.#value(depth + 1)]);
      this.#take(GAP);
      if (!this.#skip(",") && this.#text[this.at] !== "}") throw new Fault('"," or "}" was expected');
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.at += found.length;
    return found;
  }

  #skip(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.at)) return false;
    this.at += mark.length;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#skip(mark)) throw new Fault(`"${mark}" was expected`);
  }
}

function unquoted(source: string): string {
  if (source.startsWith("'''")) return source.slice(3, -3).replace(/^\r?\n/, "");
  if (source.startsWith('"""'))
    return unescaped(
      source
        .slice(3, -3)
        .replace(/^\r?\n/, "")
        .replace(/\\[ \t]*\r?\n\s*/g, ""),
    );
  if (source.startsWith("'")) return source.slice(1, -1);
  return source.startsWith('"') ? unescaped(source.slice(1, -1)) : source;
}

const ESCAPES: Record<string, string> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r" };

function unescaped(text: string): string {
  return text.replace(/\\(u[\da-fA-F]{4}|U[\da-fA-F]{8}|[\s\S])/g, (_all, escaped: string) => {
    if (escaped.length === 1) return ESCAPES[escaped] ?? escaped;
    const code = Number.parseInt(escaped.slice(1), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "\uFFFD";
  });
}
