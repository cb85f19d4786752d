/**
 * Headers that an account adds to every upstream request. They may not change how the request is framed, routed or authenticated. They
 * are stored and shown in the clear: credentials belong in `api_key`, where they are sealed.
 */
import * as z from "zod/mini";
import { into } from "../../ground/shape.ts";
import { isCredential } from "../../keys/holds-api-key.ts";
import { isOurs } from "../../providers/extra-headers.ts";

const MAX_HEADERS = 30;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** Visible ASCII, with spaces and tabs only inside. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]{0,1998}[\x21-\x7e])?$/;

/** What is wrong with the header `at` this name, or with all of them together. */
interface HeaderProblem {
  message: string;
  at?: string;
}

/** The headers with lower-case names, or what is wrong with them. `refused` says why a lower-case name is not allowed. */
function checked(
  headers: Record<string, string>,
  refused: (name: string) => string | null,
): { ok: true; value: Record<string, string> } | { ok: false; problems: HeaderProblem[] } {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const problems: HeaderProblem[] = [];
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const message = seen.has(name) ? "is there twice" : problemOf(name, value, refused);
    if (message) problems.push({ message, at: name });
    seen.add(name);
  }
  if (seen.size > MAX_HEADERS) problems.push({ message: `at most ${MAX_HEADERS} headers` });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.fromEntries(entries) };
}

/** A schema for a record of headers, checked by `checked`. */
export function checkHeaders(refused: (name: string) => string | null) {
  return into(z.record(z.string(), z.string()), (headers, problem) => {
    const read = checked(headers, refused);
    if (read.ok) return read.value;
    for (const { message, ...about } of read.problems) problem(message, about);
    return z.NEVER;
  });
}

/** Why the provider must not be sent this header beside its credential. */
function refusedToProvider(name: string): string | null {
  if (isCredential(name)) return "carries a credential, which belongs in api_key";
  return isOurs(name) ? "is a header that the relay itself sets or withholds" : null;
}

export const extraHeaders = checkHeaders(refusedToProvider);

function problemOf(name: string, value: string, refused: (name: string) => string | null): string | null {
  if (!TOKEN.test(name)) return "is not a header name";
  const refusal = refused(name);
  if (refusal !== null) return refusal;
  if (!VALUE.test(value)) return "must be visible ASCII, without line breaks or spaces at the ends";
  return null;
}
