/** Tables of text. Pure. The text of a cell may come from a stranger (a model's name, a client's), and cannot control a terminal. */
import type { styleText } from "node:util";

type Style = Extract<Parameters<typeof styleText>[0], string>;

/** The text in a style, or unchanged if colours are off. */
export type Paint = (style: Style, text: string) => string;

export type Cell = string | number | null | { text: string; style: Style };

const BETWEEN = "  ";
const NOTHING = "-";

export function tableText(heads: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const lines = [heads.map((text): Shown => ({ text, style: "bold" })), ...rows.map((row) => row.map(shownOf))];
  const widths = heads.map((_head, at) => Math.max(...lines.map((line) => widthOf(line[at]?.text ?? ""))));
  const textOf = (line: readonly Shown[]) =>
    line.map(({ text, style }, at) => {
      const padding = " ".repeat((widths[at] ?? 0) - widthOf(text));
      return (style === null ? text : paint(style, text)) + padding;
    });
  return lines.map((line) => textOf(line).join(BETWEEN).trimEnd()).join("\n");
}

interface Shown {
  text: string;
  style: Style | null;
}

function shownOf(cell: Cell): Shown {
  const { text, style } = typeof cell === "object" && cell !== null ? cell : { text: String(cell ?? ""), style: null };
  return { text: printable(text).replaceAll("\n", " ") || NOTHING, style };
}

/** Without control characters, which a terminal would obey. Line breaks and everything else stay. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Bold, dim and the colours of letters, and their ends: what a `Paint` produces. None of them hides text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these begin with one
const COLOURS = /(\x1b\[(?:[012]|22|3[0-9]|9[0-7])m)/;

/** Printable, with its colours kept. */
export function printablePainted(text: string): string {
  const parts = text.split(COLOURS);
  return parts.map((part, at) => (at % 2 === 1 ? part : printable(part))).join("");
}

/** JSON of the same value. `JSON.stringify` itself escapes only the control characters of ASCII. */
export function printableJson(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Chinese, Japanese and Korean letters, and most symbols, take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function widthOf(text: string): number {
  return [...text].reduce((width, letter) => width + (WIDE.test(letter) ? 2 : 1), 0);
}
