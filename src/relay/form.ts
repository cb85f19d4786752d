/**
 * The fields of a multipart form, as image and audio uploads send it: found in the bytes, which pass on as they are.
 *
 * A strict reading of RFC 2046 and RFC 7578, and nothing else. Parsers forgive different things (bare line feeds,
 * text before the first boundary, folded and repeated headers, escapes in names), and each of these can make the relay
 * read another model than the upstream does; so what no client's library writes is refused. For the same reason no
 * parser from a library is used: those that run here are forgiving, and none says where in the bytes a value lies.
 */
import { memberRefused } from "../protocols/members.ts";
import type { Span } from "../protocols/scan.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

export interface Form {
  /** The content type to send on: the boundary and no other parameter. */
  contentType: string;
  /** The wanted fields that are not files, by name. */
  fields: ReadonlyMap<string, Span>;
}

/** What the relay reads of a form. */
const WANTED = ["model", "stream", "n", "size", "quality"];

/** RFC 2046, without the space that it allows and nobody uses. */
const BOUNDARY = /^[\w'()+,./:=?-]{1,70}$/;
/** Names as the providers have them: `image[]`, `chunking_strategy[type]`. */
const FIELD_NAME = /^[\w.[\]-]{1,100}$/;
/** A value does not begin with a space: a pattern that can divide a run of spaces in many ways takes minutes on a long run. */
const HEADER = /^([\w-]+):[ \t]*((?:[^\s\0][^\r\n\0]*)?)$/;
const DISPOSITION = /^form-data((?:[ \t]*;[ \t]*[\w*-]+=(?:"[^"]*"|[^\s";]+))*)$/i;
const PARAMETER = /;[ \t]*([\w*-]+)=(?:"([^"]*)"|([^\s";]+))/g;
const PLAIN_TEXT = /^text\/plain(?:;[ \t]*charset="?(?:utf-8|us-ascii)"?)?$/i;
const UNENCODED = /^(?:7bit|8bit|binary)$/i;

const LONGEST_HEAD = 4_096;
const MOST_PARTS = 1_000;
const BREAK = "\r\n";

/** Whether the content type is that of a multipart body. */
export function isMultipart(contentType: string): boolean {
  return /^\s*multipart\//i.test(contentType);
}

/** The wanted fields of a form; a refusal where another parser could find others. */
export function readForm(body: Uint8Array, contentType: string): Result<Form, Refusal> {
  const boundary = boundaryOf(contentType);
  if (boundary === null) return malformed("its content-type names no usable boundary");
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const mark = `--${boundary}`;
  const fields = new Map<string, Span>();
  let at = 0;
  if (bytes.indexOf(mark) !== 0) return malformed("it must begin with its boundary");
  for (let parts = 0; parts < MOST_PARTS; parts++) {
    const after = at + mark.length;
    if (textAt(bytes, after, 2) === "--") {
      const rest = textAt(bytes, after + 2, 3);
      if (rest !== "" && rest !== BREAK) return malformed("it goes on behind its last boundary");
      const type = /^[\w'+.-]+$/.test(boundary) ? boundary : `"${boundary}"`;
      return { ok: true, value: { contentType: `multipart/form-data; boundary=${type}`, fields } };
    }
    const next = bytes.indexOf(mark, after);
    const headEnd = bytes.indexOf("\r\n\r\n", after);
    const start = headEnd + 4;
    const end = next - 2;
    const whole = headEnd >= 0 && headEnd - after <= LONGEST_HEAD && start <= end;
    // Some parsers, and not others, see a boundary in the middle of a value or after a bare line feed.
    if (!whole || textAt(bytes, after, 2) !== BREAK || textAt(bytes, end, 2) !== BREAK) {
      return malformed("its parts are not divided as they should be");
    }
    const name = nameOf(bytes.toString("latin1", after + 2, headEnd));
    if (!name.ok) return name;
    if (name.value !== null) {
      if (fields.has(name.value)) return memberRefused(name.value, "it is given more than once");
      fields.set(name.value, { start, end });
    }
    at = next;
  }
  return malformed(`it has more than ${MOST_PARTS} parts`);
}

/** The name of a part, from its head; null if the part is not wanted. */
function nameOf(head: string): Result<string | null, Refusal> {
  const headers = new Map<string, string>();
  for (const line of head.split(BREAK)) {
    const [, name = "", value = ""] = HEADER.exec(line) ?? [];
    if (name === "" || headers.has(name.toLowerCase())) return malformed("a part has a header that cannot be read");
    headers.set(name.toLowerCase(), value);
  }
  const parameters = parametersOf(headers.get("content-disposition") ?? "");
  const field = parameters?.get("name");
  if (!parameters || field === undefined || !FIELD_NAME.test(field)) return malformed("a part has no readable name");
  if (!UNENCODED.test(headers.get("content-transfer-encoding") ?? "binary")) {
    return malformed("a part is encoded");
  }
  // `model[]`, `model.x` and `MODEL` are the field itself to some frameworks.
  const name = WANTED.find((wanted) => wanted === field.split(/[[.]/)[0]?.toLowerCase());
  if (name === undefined) return { ok: true, value: null };
  if (name !== field) return memberRefused(name, `it must be written like this, not ${JSON.stringify(field)}`);
  const plain = PLAIN_TEXT.test(headers.get("content-type") ?? "text/plain");
  if (!plain || parameters.size > 1) return memberRefused(name, "it must be a plain field");
  return { ok: true, value: name };
}

/** The parameters of a content disposition; null if it could be read in two ways. */
function parametersOf(disposition: string): Map<string, string> | null {
  const list = DISPOSITION.exec(disposition)?.[1];
  if (list === undefined) return null;
  const parameters = new Map<string, string>();
  for (const [, name = "", quoted, token] of list.matchAll(PARAMETER)) {
    const value = quoted ?? token ?? "";
    // Some parsers end a value at an escaped quote, and some read the extended form of a name, which is forbidden in forms.
    if (value.endsWith("\\") || parameters.has(name.toLowerCase()) || name.toLowerCase() === "name*") return null;
    parameters.set(name.toLowerCase(), value);
  }
  return parameters;
}

function boundaryOf(contentType: string): string | null {
  if (!/^\s*multipart\/form-data\s*;/i.test(contentType)) return null;
  const found = [...contentType.matchAll(/;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]*))/gi)];
  const boundary = found[0]?.[1] ?? found[0]?.[2] ?? "";
  return found.length === 1 && BOUNDARY.test(boundary) ? boundary : null;
}

/** Up to `length` bytes from `at`, one character each. */
function textAt(bytes: Buffer, at: number, length: number): string {
  return bytes.toString("latin1", at, at + length);
}

function malformed(detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason: "form_malformed", detail } };
}
