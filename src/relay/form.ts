/**
 * The model's name in a multipart form, as audio and image uploads send it: found in the bytes, which pass on as they
 * are. Only a field before or after the files is looked for, never inside of one.
 */
import type { Slice } from "./scan.ts";

const FIELD = /content-disposition:\s*form-data;\s*name="?model"?\s*(?:\r\n[^\r\n]+)*\r\n\r\n/i;
/** Field heads are short; what is longer is no head. */
const LONGEST_HEAD = 400;

/** Where the value of the field `model` lies; undefined where there is none. `contentType` names the boundary. */
export function modelInForm(body: Uint8Array, contentType: string): Slice | undefined {
  const boundary = contentType.match(/boundary="?([^";]+)"?/i)?.[1];
  if (!boundary) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const mark = `--${boundary}`;
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) {
    const start = at + mark.length;
    const head = bytes.toString("latin1", start, start + LONGEST_HEAD);
    const match = head.match(FIELD);
    if (!match || match.index === undefined || match.index > 2) continue;
    const from = start + match.index + match[0].length;
    const end = bytes.indexOf(`\r\n${mark}`, from);
    return end < 0 ? undefined : { start: from, end };
  }
  return undefined;
}
