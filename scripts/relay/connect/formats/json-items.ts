/**
 * Puts one item of an object or an array in, removes it, or puts it back, with its comma and the white space before it. Texts in, texts
 * out.
 */
import { lineEnd, type Place, splice } from "./format.ts";
import type { Item, Node } from "./json-document.ts";

/** What stays behind on the line of an item: comments. */
const REST_OF_LINE = /(?:[ \t]*(?:\/\*[^\n]*?\*\/|\/\/[^\r\n]*))*/y;

const COMMENT = /\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g;

/** Appends an item. `source` writes it for the indentation that it is given; null: all on one line. */
export function append(text: string, container: Node, source: (indent: string | null) => string): string {
  const end = lineEnd(text);
  const [first] = container.items;
  const last = container.items.at(-1);
  if (!first || !last) {
    const inner = text.slice(container.start + 1, container.end - 1);
    const outer = indentAt(text, container.start);
    const own = outer + indentUnit(text);
    const comments = inner.trimEnd();
    const closing = comments === "" ? `${end}${outer}` : inner.slice(comments.length);
    const filled = `${comments}${end}${own}${source(own)}${closing}`;
    return splice(text, container.start + 1, container.end - 1, filled);
  }
  const indent = indentAt(text, first.start);
  const inLines = text.slice(container.start, first.start).includes("\n");
  const added = last.comma === null ? splice(text, last.value.end, last.value.end, ",") : text;
  REST_OF_LINE.lastIndex = (last.comma ?? last.value.end) + 1;
  const [comments = ""] = REST_OF_LINE.exec(added) ?? [];
  const at = (last.comma ?? last.value.end) + 1 + comments.length;
  const broken = inLines || endsInLineComment(comments);
  const lead = broken ? `${end}${indent}` : " ";
  const comma = last.comma === null ? "" : ",";
  return splice(added, at, at, `${lead}${source(broken ? indent : null)}${comma}`);
}

/** Whether the last item has a comma stays the same, whichever item is then the last. */
export function remove(text: string, container: Node, index: number): { text: string; place: Place } {
  const item = container.items[index];
  const before = container.items[index - 1];
  if (!item) throw new RangeError(`There is no item ${index}.`);
  const from = endOf(container, before);
  const end = item.comma === null ? item.value.end : item.comma + 1;
  const spaces = text.slice(0, item.start).trimEnd().length;
  const start = spaces + lineEndToKeep(text.slice(from, spaces), text.slice(spaces, item.start), text.slice(end));
  const place = {
    behind: container.items
      .slice(0, index)
      .flatMap(({ name }) => name ?? [])
      .toReversed(),
    source: text.slice(start, container.items.length === 1 ? end : item.value.end),
    skipped: text.slice(from, start),
  };
  const rest = splice(text, start, end, "");
  const comma = item.comma === null ? (before?.comma ?? null) : null;
  return { text: comma === null ? rest : splice(rest, comma, comma + 1, ""), place };
}

/** A line comment needs the end of its line: otherwise what follows the item would become part of it. */
function lineEndToKeep(comments: string, spaces: string, rest: string): number {
  if (!endsInLineComment(comments) || /^[ \t]*\r?\n/.test(rest)) return 0;
  return /^\r?\n/.exec(spaces)?.[0].length ?? 0;
}

function endsInLineComment(comments: string): boolean {
  const last = [...comments.matchAll(COMMENT)].at(-1)?.[0] ?? "";
  return last.startsWith("//") && comments.endsWith(last);
}

/** The reverse of `remove`. */
export function putBack(text: string, container: Node, { behind, source, skipped }: Place): string {
  const nearest = behind.find((name) => container.items.some((item) => item.name === name));
  const before = container.items.findLast(({ name }) => nearest !== undefined && name === nearest);
  const isLast = before !== undefined && before.comma === null;
  const opened = isLast ? splice(text, before.value.end, before.value.end, ",") : text;
  const from = isLast ? before.value.end + 1 : endOf(container, before);
  const at = opened.startsWith(skipped, from) ? from + skipped.length : from;
  if (container.items.length === 0) return splice(opened, at, at, source);
  return splice(opened, at, at, source.replace(/,$/, "") + (isLast ? "" : ","));
}

/** The indentation of the line that contains `at`. */
export function indentAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** One step of indentation in the text. */
export function indentUnit(text: string): string {
  return /^[\s\uFEFF]*[{[][^"]*?\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
}

/** The position after an item and its comma; after the bracket if there is no item before. */
function endOf(container: Node, before: Item | undefined): number {
  return before ? (before.comma ?? before.value.end - 1) + 1 : container.start + 1;
}
