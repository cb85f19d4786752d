/**
 * Puts settings into a client's own configuration, and removes them again. Each format is a file with an `Editor`, which is pure and
 * careful with what is not ours: spaces, comments, order and line ends of everything else stay unchanged.
 */
import type { Result } from "../../../../src/vocabulary.ts";

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The name of a member; or the element of an array that has this member, which is how clients tell the rows of their lists apart. */
export type Step = string | { [member: string]: string };
export type Path = readonly Step[];

export interface Setting {
  path: Path;
  /** Null: there must be no such setting, because it would count before ours. */
  value: Json | null;
  /** The client changes it by itself, so it is ours whatever its value. */
  volatile?: true;
}

/** What was done for one setting: all that is needed to undo it, even if the text is changed elsewhere meanwhile. */
export interface Owned extends Setting {
  /** The source of the former value; null: there was none. */
  before: string | null;
  /** How many of the containers around it were created for it. */
  made: number;
  /** What was between the brackets into which it was put, if that was only white space. */
  inside?: string;
  /** For a setting that was removed. */
  place?: Place;
  /** The text's last line, if that had no line end. Only on the first of a text's settings. */
  unended?: string;
}

/** Where a removed setting was. */
export interface Place {
  /** The names of what preceded it, the nearest first, because somebody may remove some of them. */
  behind: string[];
  /** The setting itself, with the white space before it and without a comma; in formats of lines, its lines. */
  source: string;
  /** Comments and empty lines between what preceded it and itself. */
  skipped: string;
}

export interface Merged {
  text: string;
  owned: Owned[];
}

export interface TakenOut {
  text: string;
  /** Settings that somebody has changed since. They are theirs now, and left alone. */
  changed: Path[];
}

export interface Editor {
  /** A refusal is a sentence about the text. Settings that exist already with the same value are not owned. */
  merge(text: string, settings: readonly Setting[]): Result<Merged, string>;
  takeOut(text: string, owned: readonly Owned[]): Result<TakenOut, string>;
}

/** One setting put into a text. `owned` null: it existed already. */
export type Edit = Result<{ text: string; owned: Owned | null }, string>;

/** An editor, made from what a format does with a single setting. */
export function editorOf(
  put: (text: string, setting: Setting) => Edit,
  /** Null: the present value is no longer ours. */
  undo: (text: string, owned: Owned) => Result<string | null, string>,
): Editor {
  return {
    merge(text, settings) {
      const owned: Owned[] = [];
      let merged = text;
      for (const setting of settings) {
        const edit = put(merged, setting);
        if (!edit.ok) return edit;
        merged = edit.value.text;
        if (edit.value.owned) owned.push(edit.value.owned);
      }
      return { ok: true, value: { text: merged, owned } };
    },
    takeOut(text, owned) {
      const changed: Path[] = [];
      let rest = text;
      for (const each of owned.toReversed()) {
        const undone = undo(rest, each);
        if (!undone.ok) return undone;
        if (undone.value === null) changed.unshift(each.path);
        rest = undone.value ?? rest;
      }
      return { ok: true, value: { text: rest, changed } };
    },
  };
}

export function nameOf(path: Path): string {
  return path.map((step) => (typeof step === "string" ? step : Object.values(step).join())).join(".");
}

export function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

/** The line end that a text uses. */
export function lineEnd(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

export function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
