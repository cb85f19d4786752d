/**
 * Reads a page of a part that consists of rows of a table, unchanged. SQLite writes the JSON, so the Worker only passes texts on, which
 * keeps it within a free Worker's 10 ms of CPU.
 */
import { writeCursor } from "./cursor.ts";
import type { Value } from "./file/page.ts";
import type { PlainPart } from "./parts.ts";

/** JSON of a {@link Page}, and where to continue. */
export interface ReadPage {
  json: string;
  rows: number;
  next: string | null;
}

/** D1 accepts at most 32 arguments of a function. */
const ARGUMENTS = 30;

export async function readRows(db: D1Database, part: PlainPart, after: readonly Value[] | null): Promise<ReadPage> {
  const { name, key, pageRows, owner } = part;
  const columns = owner ? [...part.columns, owner.column] : part.columns;
  const values = owner ? [...part.columns, owner.read] : part.columns;
  const where = after ? `WHERE (${key.join(", ")}) > (${key.map((_, at) => `?${at + 2}`).join(", ")})` : "";
  const { results } = await db
    .prepare(
      `SELECT ${rowJson(values)} AS row, ${key.map((column, at) => `${column} AS key${at}`).join(", ")}
       FROM ${name} ${where} ORDER BY ${key.join(", ")} LIMIT ?1`,
    )
    .bind(pageRows, ...(after ?? []))
    .all<{ row: string } & Record<`key${number}`, Value>>();
  const last = results.length === pageRows ? results.at(-1) : undefined;
  return {
    json: pageJson(name, columns, `[${results.map(({ row }) => row).join(",")}]`),
    rows: results.length,
    next: last ? writeCursor(key.map((_, at) => last[`key${at}`] ?? "")) : null,
  };
}

/** `rows` and `box` are already JSON, or expressions for it. */
export function pageJson(part: string, columns: readonly string[], rows: string, box?: string): string {
  const boxed = box === undefined ? "" : `,"box":${JSON.stringify(box)}`;
  return `{"part":${JSON.stringify(part)},"columns":${JSON.stringify(columns)},"rows":${rows}${boxed}}`;
}

/** SQL that makes a JSON array of a row with any number of columns. Texts stay texts, even if they hold JSON. */
function rowJson(values: readonly string[]): string {
  const arrays: string[] = [];
  for (let at = 0; at < values.length; at += ARGUMENTS) {
    arrays.push(`json_array(${values.slice(at, at + ARGUMENTS).join(", ")})`);
  }
  // No value begins or ends with a bracket outside quotes.
  return arrays
    .map((array, at) => {
      const opened = at === 0 ? array : `ltrim(${array}, '[')`;
      return at === arrays.length - 1 ? opened : `rtrim(${opened}, ']')`;
    })
    .join(" || ',' || ");
}
