/** Settings in TOML. A setting is a line of its own. One in an inline table, or under a dotted name, is refused. */
import {
  type Edit,
  type Editor,
  editorOf,
  lineEnd,
  nameOf,
  type Owned,
  type Path,
  type Place,
  type Setting,
  sameJson,
  splice,
} from "./format.ts";
import { onWholeLines } from "./lines.ts";
import { parseStatements, type Statement } from "./toml-document.ts";
import { nameText, valueText } from "./toml-text.ts";

export const tomlEditor: Editor = onWholeLines(
  editorOf(
    (text, setting) => {
      const parsed = parseStatements(text);
      if (!parsed.ok) return parsed;
      return setting.value === null ? clear(text, parsed.value, setting) : set(text, parsed.value, setting);
    },
    (text, owned) => {
      const parsed = parseStatements(text);
      return parsed.ok ? { ok: true, value: undo(text, parsed.value, owned) } : parsed;
    },
  ),
);

/** A path in TOML has only names, because none of our settings is in an array of tables. */
function names(path: Path): string[] {
  return path.map((step) => {
    if (typeof step !== "string") throw new TypeError("A path in TOML has names alone.");
    return step;
  });
}

function set(text: string, statements: Statement[], { path, value }: Setting): Edit {
  const full = names(path);
  const table = full.slice(0, -1);
  const line = `${nameText(full.at(-1) ?? "")} = ${valueText(value)}`;
  const end = lineEnd(text);
  const pair = pairAt(statements, full);
  if (pair?.value) {
    if (sameJson(pair.value.json, value)) return { ok: true, value: { text, owned: null } };
    const before = text.slice(pair.value.start, pair.value.end);
    const replaced = splice(text, pair.value.start, pair.value.end, valueText(value));
    return { ok: true, value: { text: replaced, owned: { path, value, before, made: 0 } } };
  }
  const otherwise = statements.find((each) => standsInTheWay(each, full, table));
  if (otherwise)
    return { ok: false, refusal: `${nameOf(otherwise.path)} is written in a way that has to be changed by hand` };
  const header = headerOf(statements, table);
  if (table.length > 0 && !header)
    return { ok: true, value: newTable(text, { path, value }, `[${table.map(nameText).join(".")}]`, line) };
  const at = pairsUnder(statements, table).at(-1)?.end ?? header?.end;
  const owned: Owned = { path, value, before: null, made: 0 };
  if (at !== undefined) return { ok: true, value: { text: splice(text, at, at, line + end), owned } };
  const top = text.startsWith("\uFEFF") ? 1 : 0;
  if (text.length === top) return { ok: true, value: { text: splice(text, top, top, line + end), owned } };
  return { ok: true, value: { text: splice(text, top, top, line + end + end), owned: { ...owned, inside: end } } };
}

/** At the end, after an empty line. */
function newTable(
  text: string,
  { path, value }: Setting,
  header: string,
  line: string,
): { text: string; owned: Owned } {
  const end = lineEnd(text);
  const gap = text.trim() === "" || /\n\r?\n$/.test(text) ? "" : end;
  return {
    text: `${text}${gap}${header}${end}${line}${end}`,
    owned: { path, value, before: null, made: 1, inside: gap },
  };
}

function clear(text: string, statements: Statement[], { path, value }: Setting): Edit {
  const full = names(path);
  const pair = pairAt(statements, full);
  if (!pair?.value) return { ok: true, value: { text, owned: null } };
  const table = full.slice(0, -1);
  const before = pairsUnder(statements, table)
    .filter(({ start }) => start < pair.start)
    .toReversed();
  const from = before[0]?.end ?? headerOf(statements, table)?.end ?? 0;
  const place = {
    behind: before.map(({ path }) => JSON.stringify(path)),
    source: text.slice(pair.start, pair.end),
    skipped: text.slice(from, pair.start),
  };
  const owned = { path, value, before: text.slice(pair.value.start, pair.value.end), made: 0, place };
  return { ok: true, value: { text: splice(text, pair.start, pair.end, ""), owned } };
}

/** Null: the present value is no longer ours. */
function undo(text: string, statements: Statement[], owned: Owned): string | null {
  const full = names(owned.path);
  const pair = pairAt(statements, full);
  if (owned.value === null)
    return pair || !owned.place ? null : putBack(text, statements, full.slice(0, -1), owned.place);
  if (!pair?.value) return owned.before === null ? withoutEmptyTable(text, full.slice(0, -1), owned) : null;
  if (!sameJson(pair.value.json, owned.value)) return null;
  const { start, end } = pair.value;
  if (owned.before !== null) return splice(text, start, end, owned.before);
  const rest = splice(text, pair.start, pair.end, "");
  if (owned.made > 0) return withoutEmptyTable(rest, full.slice(0, -1), owned);
  const gap = owned.inside ?? "";
  return gap !== "" && rest.startsWith(gap, pair.start) ? splice(rest, pair.start, pair.start + gap.length, "") : rest;
}

/** Removes the header that was created for it, if nothing is under it. Comments that somebody has written there stay. */
function withoutEmptyTable(text: string, table: string[], { made, inside = "" }: Owned): string {
  const parsed = parseStatements(text);
  const header = parsed.ok ? headerOf(parsed.value, table) : undefined;
  if (made === 0 || !parsed.ok || !header || pairsUnder(parsed.value, table).length > 0) return text;
  const rest = splice(text, header.start, header.end, "");
  const before = rest.slice(0, Math.min(header.start, rest.length));
  return inside !== "" && before.endsWith(inside) ? before.slice(0, -inside.length) + rest.slice(before.length) : rest;
}

function putBack(text: string, statements: Statement[], table: string[], place: Place): string | null {
  const header = headerOf(statements, table);
  if (table.length > 0 && !header) return null;
  const pairs = new Map(pairsUnder(statements, table).map(({ path, end }) => [JSON.stringify(path), end]));
  const nearest = place.behind.find((each) => pairs.has(each)) ?? "";
  const from = pairs.get(nearest) ?? header?.end ?? 0;
  const at = text.startsWith(place.skipped, from) ? from + place.skipped.length : from;
  return splice(text, at, at, place.source);
}

function pairAt(statements: Statement[], path: string[]): Statement | undefined {
  return statements.find((each) => each.kind === "pair" && sameJson(each.path, path));
}

function headerOf(statements: Statement[], table: string[]): Statement | undefined {
  return table.length === 0
    ? undefined
    : statements.find(({ kind, path }) => kind === "table" && sameJson(path, table));
}

function pairsUnder(statements: Statement[], table: string[]): Statement[] {
  return statements.filter((each) => each.kind === "pair" && sameJson(each.table, table));
}

/** A value where a table is needed, a table where a value is, or the table's pairs under another header. */
function standsInTheWay(each: Statement, path: string[], table: string[]): boolean {
  if (startsWith(each.path, path)) return true;
  if (each.kind === "tables") return startsWith(table, each.path);
  if (each.kind === "table") return false;
  return startsWith(table, each.path) || (startsWith(each.path, table) && each.table.length < table.length);
}

function startsWith(path: readonly string[], beginning: readonly string[]): boolean {
  return beginning.length <= path.length && beginning.every((part, at) => path[at] === part);
}
