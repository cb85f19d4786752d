/** Settings in JSON, with or without comments. */
import type { Result } from "../../../../src/vocabulary.ts";
import {
  type Edit,
  type Editor,
  editorOf,
  type Json,
  lineEnd,
  nameOf,
  type Owned,
  type Path,
  type Setting,
  type Step,
  sameJson,
  splice,
} from "./format.ts";
import { type Item, type Node, parseDocument, valueAt } from "./json-document.ts";
import { append, indentUnit, putBack, remove } from "./json-items.ts";

export const jsonEditor: Editor = editorOf(
  (text, setting) => (setting.value === null ? clear(text, setting) : set(text, setting)),
  (text, owned) => {
    const parsed = parseDocument(text);
    return parsed.ok ? { ok: true, value: parsed.value && undo(text, parsed.value, owned) } : parsed;
  },
);

interface Spot {
  /** The innermost existing container of the path. */
  container: Node;
  /** How many steps lead to it. */
  depth: number;
  /** The item at the path's end. */
  item: Item | null;
}

/** Refuses if something else is in the way. */
function locate(text: string, root: Node, path: Path): Result<Spot, string> {
  let container = root;
  for (const [depth, step] of path.entries()) {
    if (container.kind !== (typeof step === "string" ? "object" : "array")) {
      const where = depth === 0 ? "it" : nameOf(path.slice(0, depth));
      return { ok: false, refusal: `${where} is not ${typeof step === "string" ? "an object" : "a list"}` };
    }
    // If a name occurs twice, readers take the last.
    const item = container.items.findLast((each) => matches(text, each, step));
    if (!item || depth === path.length - 1) return { ok: true, value: { container, depth, item: item ?? null } };
    container = item.value;
  }
  throw new RangeError("A path has a step at least.");
}

function matches(text: string, { name, value }: Item, step: Step): boolean {
  if (typeof step === "string") return name === step;
  if (value.kind !== "object") return false;
  return Object.entries(step).every(([member, wanted]) =>
    value.items.some((each) => each.name === member && sameJson(valueAt(text, each.value), wanted)),
  );
}

function set(text: string, setting: Setting): Edit {
  const { path, value } = setting;
  const parsed = parseDocument(text);
  if (!parsed.ok) return parsed;
  const end = lineEnd(text);
  if (!parsed.value) {
    const gap = text === "" || text.endsWith("\n") ? "" : end;
    const root = written(nested(path, value), "  ", "", end);
    return {
      ok: true,
      value: {
        text: `${text}${gap}${root}${end}`,
        owned: { ...setting, before: null, made: path.length, inside: text },
      },
    };
  }
  const spot = locate(text, parsed.value, path);
  if (!spot.ok) return spot;
  const { container, depth, item } = spot.value;
  const unit = indentUnit(text);
  if (item) {
    if (sameJson(valueAt(text, item.value), value)) return { ok: true, value: { text, owned: null } };
    const before = text.slice(item.value.start, item.value.end);
    const indent = /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", item.start - 1) + 1))?.[0] ?? "";
    const replaced = splice(text, item.value.start, item.value.end, written(value, unit, indent, end));
    return { ok: true, value: { text: replaced, owned: { ...setting, before, made: 0 } } };
  }
  const step = path[depth] ?? "";
  const inner = nested(path.slice(depth + 1), value);
  const name = typeof step === "string" ? `${JSON.stringify(step)}: ` : "";
  const inside = container.items.length === 0 ? blankInside(text, container) : undefined;
  return {
    ok: true,
    value: {
      text: append(text, container, (indent) => name + written(inner, unit, indent, end)),
      owned: { ...setting, before: null, made: path.length - 1 - depth, ...(inside !== undefined && { inside }) },
    },
  };
}

function clear(text: string, { path, value }: Setting): Edit {
  const parsed = parseDocument(text);
  if (!parsed.ok) return parsed;
  if (!parsed.value) return { ok: true, value: { text, owned: null } };
  const spot = locate(text, parsed.value, path);
  if (!spot.ok) return spot;
  const { container, item } = spot.value;
  if (!item) return { ok: true, value: { text, owned: null } };
  if (container.items.filter(({ name }) => name === item.name).length > 1)
    return { ok: false, refusal: `${nameOf(path)} stands there twice` };
  const { text: rest, place } = remove(text, container, container.items.indexOf(item));
  const before = text.slice(item.value.start, item.value.end);
  return { ok: true, value: { text: rest, owned: { path, value, before, made: 0, place } } };
}

/** Null: the present value is no longer ours. */
function undo(text: string, root: Node, owned: Owned): string | null {
  const spot = locate(text, root, owned.path);
  if (!spot.ok) return null;
  const { container, depth, item } = spot.value;
  if (owned.value === null) {
    const free = item === null && depth === owned.path.length - 1;
    return owned.place && free ? putBack(text, container, owned.place) : null;
  }
  if (!item) return owned.before === null ? tidied(text, owned) : null;
  if (!owned.volatile && !sameJson(valueAt(text, item.value), owned.value)) return null;
  if (owned.before !== null) return splice(text, item.value.start, item.value.end, owned.before);
  return tidied(remove(text, container, container.items.indexOf(item)).text, owned);
}

/** Removes the containers that were created for a setting, if nobody has put anything into them. */
function tidied(text: string, { path, made, inside }: Owned): string {
  let rest = text;
  for (let depth = path.length - 1; depth >= path.length - made; depth--) {
    const parsed = parseDocument(rest);
    if (!parsed.ok || !parsed.value) return rest;
    if (depth === 0) return withoutRoot(rest, parsed.value, inside ?? "");
    const spot = locate(rest, parsed.value, path.slice(0, depth));
    if (!spot.ok || !spot.value.item) continue;
    const { container, item } = spot.value;
    if (item.value.items.length > 0 || blankInside(rest, item.value) === undefined) return rest;
    rest = remove(rest, container, container.items.indexOf(item)).text;
  }
  return inside === undefined ? rest : withInside(rest, path.slice(0, path.length - 1 - made), inside);
}

function withoutRoot(text: string, root: Node, blank: string): string {
  const around = text.slice(0, root.start) + text.slice(root.end);
  const untouched = root.items.length === 0 && blankInside(text, root) !== undefined && around.trim() === blank.trim();
  return untouched ? blank : text;
}

function withInside(text: string, path: Path, inside: string): string {
  const parsed = parseDocument(text);
  if (!parsed.ok || !parsed.value) return text;
  const spot = path.length > 0 ? locate(text, parsed.value, path) : null;
  const container = spot === null ? parsed.value : spot.ok ? spot.value.item?.value : undefined;
  if (!container || container.items.length > 0 || blankInside(text, container) === undefined) return text;
  return splice(text, container.start + 1, container.end - 1, inside);
}

/** The white space in an empty container; undefined if it is not empty. */
function blankInside(text: string, container: Node): string | undefined {
  const inner = text.slice(container.start + 1, container.end - 1);
  return inner.trim() === "" ? inner : undefined;
}

/** The value inside the containers that the steps name. */
function nested(path: Path, value: Json): Json {
  return path.reduceRight<Json>((inner, step) => {
    if (typeof step === "string") return { [step]: inner };
    return [
      typeof inner === "object" && inner !== null && !Array.isArray(inner) ? Object.assign({}, step, inner) : inner,
    ];
  }, value);
}

/** As source. `indent` null: on one line. In JSON no string contains a line end. */
function written(value: Json, unit: string, indent: string | null, end: string): string {
  const lines = JSON.stringify(value, null, indent === null ? 1 : unit);
  return lines.replace(/\n *\t*/g, (broken) => (indent === null ? " " : `${end}${indent}${broken.slice(1)}`));
}
