/**
 * Headers that an account adds to every upstream request. They may not change how the request is framed, routed or
 * authenticated, and are stored and shown as they are: credentials belong in `api_key`, where they are sealed.
 */
import { isCredential, isOurs } from "../../providers/extra-headers.ts";
import type { FieldProblem } from "../api/refusal.ts";

const MAX_HEADERS = 30;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** Visible ASCII, with spaces and tabs inside only. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]{0,1998}[\x21-\x7e])?$/;

/** The headers with lower-case names, or what is wrong with them. */
export function checkExtraHeaders(
  headers: Record<string, string>,
): { ok: true; value: Record<string, string> } | { ok: false; problems: FieldProblem[] } {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const message = seen.has(name) ? "is there twice" : problemOf(name, value);
    if (message) problems.push({ field: `extra_headers.${name}`, message });
    seen.add(name);
  }
  if (seen.size > MAX_HEADERS) problems.push({ field: "extra_headers", message: `at most ${MAX_HEADERS} headers` });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.fromEntries(entries) };
}

function problemOf(name: string, value: string): string | null {
  if (!TOKEN.test(name)) return "is not a header name";
  if (isCredential(name)) return "carries a credential, which belongs in api_key";
  if (isOurs(name)) return "is a header that the relay itself sets or withholds";
  if (!VALUE.test(value)) return "must be visible ASCII, without line breaks or spaces at the ends";
  return null;
}
