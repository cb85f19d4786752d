/**
 * A whole list as one CSV file. The API returns a bounded number of lines at a time and says where the next file begins. They are joined
 * here under one header, however many there are. If one breaks off, nothing is saved: a file that looks complete is complete.
 */
import type { Answer } from "../api.ts";
import { NO_ANSWER, problemFrom } from "../problem.ts";

export type Query = Readonly<Record<string, string | undefined>>;

/** `path` with those parameters of the query that are set. Pure. */
export function pathWith(path: string, query: Query): string {
  const said = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return said.length === 0 ? path : `${path}?${new URLSearchParams(said)}`;
}

/** `onLines` gets the number of lines so far, without the header. Null if `signal` has ended it. */
export async function readWhole(
  path: string,
  query: Query,
  signal: AbortSignal,
  onLines: (count: number) => void,
): Promise<Answer<Blob> | null> {
  const parts: string[] = [];
  let lines = 0;
  let cursor: string | undefined;
  do {
    const page = await readPart(pathWith(path, { ...query, cursor }), signal);
    if (signal.aborted) return null;
    if (!page.ok) return page;
    const { text, next } = page.value;
    const headEnd = text.indexOf("\n") + 1;
    parts.push(parts.length === 0 ? text : text.slice(headEnd));
    lines += countLines(text, headEnd);
    onLines(lines);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return { ok: true, value: new Blob(parts, { type: "text/csv;charset=utf-8" }) };
}

async function readPart(path: string, signal: AbortSignal): Promise<Answer<{ text: string; next: string | null }>> {
  try {
    const reply = await fetch(path, { credentials: "same-origin", cache: "no-store", signal });
    if (!reply.ok) {
      const body: unknown = await reply.json().catch(() => undefined);
      return { ok: false, problem: problemFrom(reply.status, reply.headers, body) };
    }
    return { ok: true, value: { text: await reply.text(), next: reply.headers.get("x-next-cursor") } };
  } catch {
    // This also covers a file that breaks off in the middle.
    return { ok: false, problem: NO_ANSWER };
  }
}

function countLines(text: string, from: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
