/** What formats of lines share: whole lines are put in and removed. */
import { type Editor, lineEnd } from "./format.ts";

/**
 * Gives an editor texts whose last line has a line end, and removes that line end again if the same line is the last one afterwards.
 * Otherwise whatever is added after it would have to remember that.
 */
export function onWholeLines(editor: Editor): Editor {
  return {
    merge(text, settings) {
      const unended = text === "" || text.endsWith("\n") ? null : text.slice(startOfLine(text, text.length));
      const merged = editor.merge(unended === null ? text : text + lineEnd(text), settings);
      if (!merged.ok || unended === null) return merged;
      const [first, ...others] = merged.value.owned;
      return {
        ok: true,
        value: first ? { ...merged.value, owned: [{ ...first, unended }, ...others] } : { text, owned: [] },
      };
    },
    takeOut(text, owned) {
      const taken = editor.takeOut(text, owned);
      const unended = owned[0]?.unended;
      if (!taken.ok || unended === undefined) return taken;
      const whole = taken.value.text.replace(/\r?\n$/, "");
      const same = whole.slice(startOfLine(whole, whole.length)) === unended;
      return { ok: true, value: same ? { ...taken.value, text: whole } : taken.value };
    },
  };
}

/** The beginning of the line that contains `at`. */
export function startOfLine(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** The position after the line that contains `at`, and after its line end. */
export function endOfLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}
