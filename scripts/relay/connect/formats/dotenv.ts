/** Settings in a `.env` file, as the dotenv package reads it: a name and a value on a line; quoted values may take several lines. */
import {
  type Edit,
  type Editor,
  editorOf,
  type Json,
  lineEnd,
  type Owned,
  type Place,
  type Setting,
  splice,
} from "./format.ts";
import { endOfLine, onWholeLines, startOfLine } from "./lines.ts";

interface Line {
  name: string;
  /** The name, and its number among lines of that name. */
  label: string;
  start: number;
  end: number;
  /** Of the value as it is written, including quotes. */
  from: number;
  to: number;
  value: string;
}

/** dotenv's own pattern for a line. */
const LINE =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*("(?:\\"|[^"])*"|'(?:\\'|[^'])*'|`(?:\\`|[^`])*`|[^#\r\n]*)/gm;

export const dotenvEditor: Editor = onWholeLines(
  editorOf(
    (text, setting) => (setting.value === null ? clear(text, setting) : { ok: true, value: set(text, setting) }),
    (text, owned) => ({ ok: true, value: undo(text, owned) }),
  ),
);

function set(text: string, { path, value }: Setting): { text: string; owned: Owned | null } {
  const line = lineOf(text, path);
  if (line?.value === value) return { text, owned: null };
  if (line) {
    const replaced = splice(text, line.from, line.to, valueText(value));
    return { text: replaced, owned: { path, value, before: text.slice(line.from, line.to), made: 0 } };
  }
  const added = `${text}${String(path[0])}=${valueText(value)}${lineEnd(text)}`;
  return { text: added, owned: { path, value, before: null, made: 0 } };
}

function clear(text: string, { path, value }: Setting): Edit {
  const [line, another] = lines(text).filter(({ name }) => name === path[0]);
  if (!line) return { ok: true, value: { text, owned: null } };
  if (another) return { ok: false, refusal: `${line.name} stands there twice` };
  const before = lines(text)
    .filter(({ start }) => start < line.start)
    .toReversed();
  const place = {
    behind: before.map(({ label }) => label),
    source: text.slice(line.start, line.end),
    skipped: text.slice(before[0]?.end ?? 0, line.start),
  };
  const owned = { path, value, before: text.slice(line.from, line.to), made: 0, place };
  return { ok: true, value: { text: splice(text, line.start, line.end, ""), owned } };
}

/** Null: the present value is no longer ours. */
function undo(text: string, { path, value, before, place }: Owned): string | null {
  const line = lineOf(text, path);
  if (value === null) return line || !place ? null : putBack(text, place);
  if (!line) return before === null ? text : null;
  if (line.value !== value) return null;
  if (before !== null) return splice(text, line.from, line.to, before);
  return splice(text, line.start, line.end, "");
}

function putBack(text: string, { behind, source, skipped }: Place): string {
  const ends = new Map(lines(text).map(({ label, end }) => [label, end]));
  const from = ends.get(behind.find((label) => ends.has(label)) ?? "") ?? 0;
  const at = text.startsWith(skipped, from) ? from + skipped.length : from;
  return splice(text, at, at, source);
}

/** If a name occurs twice, the last line counts. */
function lineOf(text: string, [name]: Setting["path"]): Line | undefined {
  return lines(text).findLast((line) => line.name === name);
}

function lines(text: string): Line[] {
  const seen = new Map<string, number>();
  return [...text.matchAll(LINE)].map((match) => {
    const [whole, name = "", written = ""] = match;
    const source = written.trimEnd();
    const from = match.index + whole.length - written.length;
    const to = from + source.length;
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    const start = startOfLine(text, match.index);
    return { name, label: `${name} ${nth}`, start, end: endOfLine(text, to), from, to, value: unquoted(source) };
  });
}

function unquoted(source: string): string {
  const quoted = /^(["'`])([\s\S]*)\1$/.exec(source);
  if (!quoted) return source;
  return quoted[1] === '"' ? (quoted[2] ?? "").replace(/\\n/g, "\n").replace(/\\r/g, "\r") : (quoted[2] ?? "");
}

/** Quoted if a reader could take a part of it for a comment or a reference. */
function valueText(value: Json): string {
  const text = String(value);
  return /^[\w:/.@%+=,~-]*$/.test(text) ? text : `'${text}'`;
}
