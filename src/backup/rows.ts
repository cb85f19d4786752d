/** Rows of a part by the names of their columns, with values that such a row can have. */
import type { Value } from "./file/page.ts";
import type { GivenRows, WriteResult } from "./write.ts";

export interface NamedRow {
  of(column: string): Value;
  /** Empty if the value is no text. */
  text(column: string): string;
  number(column: string): number | null;
  secret: string | null;
}

export function namedRows({ columns, rows, secrets }: GivenRows): NamedRow[] {
  return rows.map((row, at) => {
    const of = (column: string) => row[columns.indexOf(column)] ?? null;
    return {
      of,
      text: (column) => {
        const value = of(column);
        return typeof value === "string" ? value : "";
      },
      number: (column) => {
        const value = of(column);
        return typeof value === "number" ? value : null;
      },
      secret: secrets[at] ?? null,
    };
  });
}

/**
 * What is wrong with a page's columns; null if nothing is. A backup of an earlier version may lack columns that are not `needed`, which
 * then have the table's defaults. An unknown column comes from a later version.
 */
export function columnProblem(given: GivenRows, needed: readonly string[], known: readonly string[]): string | null {
  const { part, columns } = given;
  const missing = needed.find((column) => !columns.includes(column));
  if (missing !== undefined) return `${part} lacks ${missing}`;
  const unknown = columns.find((column) => !known.includes(column));
  return unknown === undefined ? null : `${part} has no ${unknown} here: the backup is of a later version`;
}

/** The statement that inserts rows, each with its sealed secret. It replaces no existing row. */
export function insertSealed(
  db: D1Database,
  { part, columns }: GivenRows,
  own: readonly string[],
  rows: readonly (readonly Value[])[],
): D1PreparedStatement {
  const written = [...columns.filter((column) => own.includes(column)), "sealed"];
  return db
    .prepare(
      `INSERT INTO ${part} (${written.join(", ")}) SELECT ${written.map((_, at) => `value ->> ${at}`).join(", ")}
       FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(rows));
}

/** The rows whose ids are not here yet. */
export async function notHere(db: D1Database, part: string, rows: readonly NamedRow[]): Promise<NamedRow[]> {
  const { results } = await db
    .prepare(`SELECT id FROM ${part} WHERE id IN (SELECT value FROM json_each(?1))`)
    .bind(JSON.stringify(rows.map((row) => row.text("id"))))
    .all<{ id: string }>();
  const here = new Set(results.map(({ id }) => id));
  return rows.filter((row) => !here.has(row.text("id")));
}

export function unreadable(why: string): Extract<WriteResult, { ok: false }> {
  return { ok: false, refusal: { fault: "unreadable", why } };
}
