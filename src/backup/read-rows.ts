/**
 * A page of a part that is rows of a table as they are. SQLite writes the JSON: to a free Worker's 10 ms of CPU the rows are texts
 * that it passes on.
 */
import { writeCursor } from "./cursor.ts";
import type { Value } from "./file/page.ts";
import type { PlainPart } from "./parts.ts";

/** JSON of a {@link Page}, and where to go on. */
export interface ReadPage {
  json: string;
  rows: number;
  next: string | null;
}

/** D1 gives a function 32 arguments at the most. */
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

/** `rows` and `box` as JSON already, or to become it. */
export function pageJson(part: string, columns: readonly string[], rows: string, box?: string): string {
  const boxed = box === undefined ? "" : `,"box":${JSON.stringify(box)}`;
  return `{"part":${JSON.stringify(part)},"columns":${JSON.stringify(columns)},"rows":${rows}${boxed}}`;
}

/** SQL for a row as a JSON array, of however many columns: texts stay texts, also those that hold JSON. */
function rowJson(values: readonly string[]): string {
  const arrays: string[] = [];
  for (let at = 0; at < values.length; at += ARGUMENTS) {
    arrays.push(`json_array(${values.slice(at, at + ARGUMENTS).join(", ")})`);
  }
  // No value ends or begins with a bracket outside of quotes.
  return arrays
    .map((array, at) => {
      const opened = at === 0 ? array : `ltrim(${array}, '[')`;
      return at === arrays.length - 1 ? opened : `rtrim(${opened}, ']')`;
    })
    .join(" || ',' || ");
}
