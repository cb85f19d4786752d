/**
 * Headers that an account adds to every upstream request. They may not change how the request is framed, routed or
 * authenticated, and are stored and shown as they are: credentials belong in `api_key`, where they are sealed.
 */
import { z } from "zod";
import { isCredential, isOurs } from "../../providers/extra-headers.ts";

const MAX_HEADERS = 30;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** Visible ASCII, with spaces and tabs inside only. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]{0,1998}[\x21-\x7e])?$/;

/** What is wrong with one header, or (an empty path) with all of them together. */
interface HeaderProblem {
  path: string[];
  message: string;
}

/** The headers with lower-case names, or what is wrong with them. */
export function checkExtraHeaders(
  headers: Record<string, string>,
): { ok: true; value: Record<string, string> } | { ok: false; problems: HeaderProblem[] } {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const problems: HeaderProblem[] = [];
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const message = seen.has(name) ? "is there twice" : problemOf(name, value);
    if (message) problems.push({ path: [name], message });
    seen.add(name);
  }
  if (seen.size > MAX_HEADERS) problems.push({ path: [], message: `at most ${MAX_HEADERS} headers` });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.fromEntries(entries) };
}

export const extraHeaders = z.record(z.string(), z.string()).transform((headers, ctx) => {
  const checked = checkExtraHeaders(headers);
  if (checked.ok) return checked.value;
  for (const problem of checked.problems) ctx.addIssue({ code: "custom", ...problem });
  return z.NEVER;
});

function problemOf(name: string, value: string): string | null {
  if (!TOKEN.test(name)) return "is not a header name";
  if (isCredential(name)) return "carries a credential, which belongs in api_key";
  if (isOurs(name)) return "is a header that the relay itself sets or withholds";
  if (!VALUE.test(value)) return "must be visible ASCII, without line breaks or spaces at the ends";
  return null;
}
