/**
 * The rows of a SQL dump, of SQLite (`.dump`) and MySQL (`INSERT INTO … VALUES`) or of PostgreSQL (`COPY … FROM stdin`, or `--inserts`),
 * as far as tables are asked for. It reads statements and values, and no SQL beyond that. Pure.
 */

export type Row = Record<string, string | null>;

/** Names are quoted in one of three ways, and may have a schema before them. */
const NAME = /(?:["`[]?\w+["`\]]?\.)?["`[]?(\w+)["`\]]?/.source;
const CREATE = new RegExp(`CREATE TABLE (?:IF NOT EXISTS )?${NAME}\\s*\\(`, "gi");
const INSERT = new RegExp(`INSERT (?:OR \\w+ |IGNORE )?INTO ${NAME}\\s*(\\([^)]*\\))?\\s*VALUES\\s*`, "gi");
const COPY = new RegExp(`^COPY ${NAME} \\(([^)]*)\\) FROM stdin;\\n([\\s\\S]*?)^\\\\\\.$`, "gim");

export function isSqlDump(text: string): boolean {
  return INSERT_HEAD.test(text) || COPY_HEAD.test(text);
}
const INSERT_HEAD = /^\s*INSERT (?:OR \w+ |IGNORE )?INTO /im;
const COPY_HEAD = /^COPY [\w."]+ \(.*\) FROM stdin;$/im;
/** To MySQL alone a backslash in a text is an escape, and it alone puts names of tables into these. */
const MYSQL_HEAD = /^\s*INSERT (?:IGNORE )?INTO `/im;

/** By table, for the requested tables. A value is a text, whatever its type; null is NULL. */
export function rowsIn(text: string, tables: readonly string[]): Map<string, Row[]> {
  const rows = new Map<string, Row[]>();
  const add = (table: string, columns: readonly string[], values: readonly (string | null)[]) => {
    const row = Object.fromEntries(columns.map((column, at) => [column, values[at] ?? null]));
    const known = rows.get(table);
    if (known) known.push(row);
    else rows.set(table, [row]);
  };
  const columnsOf = createdColumns(text);
  const escaped = MYSQL_HEAD.test(text);
  for (const match of text.matchAll(INSERT)) {
    const [head, table = "", given] = match;
    if (!tables.includes(table)) continue;
    const columns = given ? namesIn(given.slice(1, -1)) : (columnsOf.get(table) ?? []);
    for (const values of tuplesFrom(text, match.index + head.length, escaped)) add(table, columns, values);
  }
  for (const [, table = "", columns = "", body = ""] of text.matchAll(COPY)) {
    if (!tables.includes(table)) continue;
    for (const line of body.split("\n").slice(0, -1)) add(table, namesIn(columns), line.split("\t").map(copied));
  }
  return rows;
}

/** A column in quotes; without quotes it must not be a word that begins a constraint of the table. */
const COLUMN =
  /^\s*(?:["`[](\w+)["`\]]|(?!(?:PRIMARY|UNIQUE|KEY|CONSTRAINT|FOREIGN|CHECK|INDEX|FULLTEXT)\b)(\w+))\s+\w/i;

/** The columns of each table in their order, for an INSERT that names none. */
function createdColumns(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const match of text.matchAll(CREATE)) {
    const parts = splitOutside(text, match.index + match[0].length);
    found.set(
      match[1] ?? "",
      parts.flatMap((part) => COLUMN.exec(part)?.slice(1).filter(Boolean) ?? []),
    );
  }
  return found;
}

/** The parts between the commas of the outermost bracket, up to its end. */
function splitOutside(text: string, from: number): string[] {
  const parts: string[] = [];
  let depth = 0;
  let begin = from;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === "'" || char === '"' || char === "`") at = text.indexOf(char, at + 1);
    if (at < 0) break;
    if (char === "(") depth++;
    if (char === ")" && depth-- === 0) return [...parts, text.slice(begin, at)];
    if (char === "," && depth === 0) {
      parts.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  return parts;
}

function namesIn(columns: string): string[] {
  return columns.split(",").map((name) => name.trim().replace(/^["`[]|["`\]]$/g, ""));
}

/** `(1,'a',NULL),(2,…)`, up to what is no longer a tuple. */
function* tuplesFrom(text: string, from: number, escaped: boolean): Generator<(string | null)[]> {
  let at = from;
  while (text[at] === "(") {
    const { values, end } = valuesAt(text, at + 1, escaped);
    yield values;
    at = skipped(text, end, /[\s,]/);
  }
}

/** Up to behind the bracket that ends them. */
function valuesAt(text: string, from: number, escaped: boolean, depth = 0): { values: (string | null)[]; end: number } {
  const values: (string | null)[] = [];
  let at = from;
  while (at < text.length) {
    const read = valueAt(text, at, escaped, depth);
    values.push(read.value);
    at = read.end;
    if (text[at++] !== ",") break;
  }
  return { values, end: at };
}

/** PostgreSQL's `E'…'` has escapes; MySQL says of some texts in what letters they are. */
const QUOTED = /(E|_[a-z]\w* ?)?'/iy;
const CALLED = /(char|replace|unistr)\(/iy;
/** SQLite puts one into the other for each kind of letter that it writes in this way, and there are two. */
const DEEPEST = 8;

function valueAt(text: string, from: number, escaped: boolean, depth: number): { value: string | null; end: number } {
  const at = skipped(text, from, /\s/);
  QUOTED.lastIndex = at;
  const [opening, prefix] = QUOTED.exec(text) ?? [];
  if (opening) return quotedAt(text, at + opening.length, escaped || /^E$/i.test(prefix ?? ""));
  CALLED.lastIndex = at;
  const [call, name = ""] = CALLED.exec(text) ?? [];
  if (call && depth < DEEPEST) {
    const { values, end } = valuesAt(text, at + call.length, false, depth + 1);
    return { value: called(name.toLowerCase(), values), end: skipped(text, end, /\s/) };
  }
  const end = at + (/^[^,)]*/.exec(text.slice(at, at + 100))?.[0].length ?? 0);
  const bare = text.slice(at, end).trim();
  return { value: /^null$/i.test(bare) ? null : bare, end };
}

/** `from`: behind the quote that begins it. */
function quotedAt(text: string, from: number, escaped: boolean): { value: string; end: number } {
  let value = "";
  let at = from;
  for (; at < text.length; at++) {
    const char = text[at];
    if (escaped && char === "\\" && /[\\'"nrt0]/.test(text[at + 1] ?? ""))
      value += ESCAPED[text[++at] ?? ""] ?? text[at];
    else if (char !== "'") value += char;
    else if (text[at + 1] === "'") value += text[++at];
    else return { value, end: skipped(text, at + 1, /\s/) };
  }
  return { value, end: at };
}

/** How SQLite writes texts of several lines: `replace('a\nb','\n',char(10))`, and since 3.50 `unistr('a\u000ab')`. */
function called(name: string, values: readonly (string | null)[]): string {
  const [text, found, by] = values.map((value) => value ?? "");
  if (name === "char") return codePoint(Number(text));
  if (name === "replace") return found ? (text ?? "").replaceAll(found, () => by ?? "") : (text ?? "");
  return (text ?? "").replace(/\\(?:u([\da-f]{4})|\+([\da-f]{6})|([\da-f]{4})|\\)/gi, (_all, ...parts) => {
    const digits = parts.slice(0, 3).find((part) => part !== undefined);
    return digits === undefined ? "\\" : codePoint(Number.parseInt(digits, 16));
  });
}

function codePoint(code: number): string {
  return Number.isInteger(code) && code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "";
}

const ESCAPED: Record<string, string> = { n: "\n", r: "\r", t: "\t", 0: "\0" };

function skipped(text: string, from: number, what: RegExp): number {
  let at = from;
  while (at < text.length && what.test(text[at] ?? "")) at++;
  return at;
}

/** A field of COPY's text format. */
function copied(field: string): string | null {
  if (field === "\\N") return null;
  return field.replace(/\\(.)/g, (_, char: string) => ESCAPED[char] ?? char);
}
