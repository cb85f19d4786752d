/**
 * Parses only those parts of a price feed that are read. Pure.
 *
 * models.dev lists a hundred providers, of which ten are read, and the free plan's cron has 10 ms of CPU. Measured on 2 MB (node 24,
 * first run): JSON.parse of the whole feed takes 10.6 ms; `scanTopLevel` 35.9 ms, because it is made for bodies that are nearly all
 * string; one native search for the sections and JSON.parse of those alone take half of the 10.6 ms.
 */
import { isObject } from "../../ground/json.ts";
import { MAKERS } from "./models-dev.ts";

/**
 * The feed with only those sections if it is certain that nothing else is read, otherwise all of it. Throws on bad JSON, but hardly
 * looks at what is between the sections: HTTP has to make sure that an answer is whole.
 */
export function parseSections(text: string): unknown {
  return makersOf(text) ?? JSON.parse(text);
}

/** An object under a maker's name, and whether its id says that it is that maker. */
const SECTION = new RegExp(String.raw`"(${MAKERS.join("|")})"\s*:\s*\{(\s*"id"\s*:\s*"\1")?`, "g");

/** Null if a maker may be there in another form than models.dev's own, or no maker is. */
function makersOf(text: string): Record<string, unknown> | null {
  if (!/\}\s*$/.test(text.slice(-20))) return null;
  const found: Record<string, unknown> = {};
  for (const { 0: matched, 1: maker = "", 2: isItself, index } of text.matchAll(SECTION)) {
    if (isItself === undefined || maker in found) return null;
    const start = index + matched.indexOf("{");
    const parsed: unknown = JSON.parse(text.slice(start, objectEnd(text, start)));
    if (!isObject(parsed) || !isObject(parsed.models)) return null;
    found[maker] = parsed;
  }
  return Object.keys(found).length > 0 ? found : null;
}

/** The index after the object that begins at `start`; the end of the text if the object does not end. */
function objectEnd(text: string, start: number): number {
  // A string with its escapes, or a brace outside strings.
  const marks = /"(?:[^"\\]|\\.)*"|[{}]/gs;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    if (mark[0] === "{") depth++;
    else if (mark[0] === "}" && --depth === 0) return marks.lastIndex;
  }
  return text.length;
}
