/**
 * What a verb prints. Its result goes to stdout, as text or with `--json` as JSON. Everything else (notes, progress, questions) goes to
 * stderr, so that a pipe carries only the result. Names come from strangers, and from files: nothing that is printed here can control a
 * terminal.
 */
import { styleText } from "node:util";
import type { Failure } from "./failure.ts";
import type { System } from "./system.ts";
import { type Cell, type Paint, printable, printableJson, printablePainted, tableText } from "./table.ts";

export interface Output {
  json: boolean;
  paint: Paint;
  /** The one result of a verb. `text` is not called for JSON. */
  result<Value>(value: Value, text: (value: Value) => string): void;
  /** One of several results: a line of text, or a line of JSON each. */
  line<Value>(value: Value, text: (value: Value) => string): void;
  /** A table for `result`, with bold headings. */
  table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string;
  /** Something that a person should know. */
  note(text: string): void;
  /** The progress of long work: one line, which the next one replaces on a terminal; elsewhere a line each. */
  progress(text: string): void;
  failure(failure: Failure): void;
}

const BACK_AND_CLEAR = "\r\x1b[2K";

export function createOutput(system: System, json: boolean): Output {
  const { stdout, stderr } = system;
  const paint = painter(system, stdout);
  const paintError = painter(system, stderr);
  let progressShown = false;

  /** On a terminal, the line of progress is removed before anything else is printed. */
  const clear = () => {
    if (progressShown) stderr.write(BACK_AND_CLEAR);
    progressShown = false;
  };
  const print = (text: string) => {
    clear();
    stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  };
  const note = (text: string) => {
    clear();
    stderr.write(`${printablePainted(text)}\n`);
  };
  return {
    json,
    paint,
    result: (value, text) =>
      print(json ? printableJson(JSON.stringify(value, null, 2)) : printablePainted(text(value))),
    line: (value, text) => print(json ? printableJson(JSON.stringify(value)) : printablePainted(text(value))),
    table: (heads, rows) => tableText(heads, rows, paint),
    note,
    progress(text) {
      if (!stderr.isTTY) return note(text);
      stderr.write(`${BACK_AND_CLEAR}${printable(text)}`);
      progressShown = true;
    },
    failure(failure) {
      if (json) return note(failureJson(failure));
      const { message, advice } = failure;
      note(`${paintError("red", "error:")} ${printable(message)}`);
      if (advice !== undefined) note(printable(advice));
    },
  };
}

/** A failure as `--json` has it: one line. */
export function failureJson({ exit, cause, message, advice }: Failure): string {
  return JSON.stringify({ error: { type: exit, cause: cause ?? null, message, advice: advice ?? null } });
}

/** Colours only on a terminal, and not for people who turn them off (no-color.org). */
function painter({ env }: System, stream: { isTTY?: boolean }): Paint {
  const colours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  return colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
