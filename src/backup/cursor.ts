/** Where the reading of a part continues: the primary key of the last row, which the caller keeps. */

import { fromBase64url, toBase64url } from "../ground/base64url.ts";
import { parse } from "../ground/json.ts";
import { utf8 } from "../ground/utf8.ts";
import type { Value } from "./file/page.ts";

export function writeCursor(key: readonly Value[]): string {
  return toBase64url(utf8(JSON.stringify(key)));
}

/** Null if the text is no cursor of ours. */
export function readCursor(text: string): Value[] | null {
  try {
    const values = parse(new TextDecoder().decode(fromBase64url(text)));
    if (!Array.isArray(values) || values.length === 0 || values.length > 4) return null;
    return values.every((value) => typeof value === "string" || Number.isSafeInteger(value)) ? values : null;
  } catch {
    return null;
  }
}
