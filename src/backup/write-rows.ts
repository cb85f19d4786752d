/** Restores rows of a table unchanged. All of them travel as one JSON parameter, which SQLite takes apart. */

import type { PlainPart } from "./parts.ts";
import { columnProblem } from "./rows.ts";
import { valueProblem } from "./values.ts";
import type { GivenRows, WriteResult, Written } from "./write.ts";

export async function writeRows(env: Env, part: PlainPart, given: GivenRows): Promise<WriteResult> {
  const { rows, dryRun } = given;
  const problem = problemOf(part, given);
  if (problem !== null) return { ok: false, refusal: { fault: "unreadable", why: problem } };
  const json = JSON.stringify(rows);
  const renamed = await renamedOf(env.DB, part, given, json);
  if (dryRun) {
    const made = await countNew(env.DB, part, given, json);
    return { ok: true, value: { made, kept: rows.length - made, renamed, lacking: [] } };
  }
  const { meta } = await env.DB.prepare(insertOf(part, given)).bind(json).run();
  const made = meta.changes;
  return { ok: true, value: { made, kept: rows.length - made, renamed, lacking: [] } };
}

/** What is wrong with the columns, or with a row; null if nothing is. */
function problemOf({ table, columns, key, owner }: PlainPart, given: GivenRows): string | null {
  const owned = owner ? [owner.column] : [];
  return columnProblem(given, [...key, ...owned], [...columns, ...owned]) ?? valueProblem(table, given);
}

/** SQL for a column of the row `given`. */
function sqlOf({ columns }: Pick<GivenRows, "columns">, column: string): string {
  return `(given.value ->> ${columns.indexOf(column)})`;
}

function insertOf(part: PlainPart, given: GivenRows): string {
  const { name, owner, restoredAs = {}, unique } = part;
  const columns = part.columns.filter((column) => given.columns.includes(column));
  const values = columns.map((column) => {
    if (unique === "renamed" && column === "name") return newName(part, given);
    return restoredAs[column] ?? sqlOf(given, column);
  });
  return `INSERT INTO ${name} (${columns.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?1) AS given
    WHERE ${owner ? owner.mustBe((column) => sqlOf(given, column)) : "true"} ON CONFLICT DO NOTHING`;
}

/** SQL for the name; if another row has it, for one that the row's own id makes unique. */
function newName(part: PlainPart, given: GivenRows): string {
  const [name, id] = [sqlOf(given, "name"), sqlOf(given, "id")];
  return `iif(${taken(part, given)}, ${name} || ' (' || substr(${id}, -6) || ')', ${name})`;
}

/** SQL for whether another row has its name. */
function taken({ name }: PlainPart, given: GivenRows): string {
  return `EXISTS (SELECT 1 FROM ${name} AS other
    WHERE other.name = ${sqlOf(given, "name")} AND other.id <> ${sqlOf(given, "id")})`;
}

/** SQL for whether a row with that primary key exists. */
function here({ name, key }: PlainPart, given: GivenRows): string {
  return `EXISTS (SELECT 1 FROM ${name} AS own WHERE ${key
    .map((column) => `own.${column} = ${sqlOf(given, column)}`)
    .join(" AND ")})`;
}

async function renamedOf(db: D1Database, part: PlainPart, given: GivenRows, json: string): Promise<Written["renamed"]> {
  if (part.unique !== "renamed") return [];
  const { results } = await db
    .prepare(
      `SELECT ${sqlOf(given, "id")} AS id, ${sqlOf(given, "name")} AS "from", ${newName(part, given)} AS "to"
       FROM json_each(?1) AS given WHERE ${taken(part, given)} AND NOT ${here(part, given)}`,
    )
    .bind(json)
    .all<{ id: string; from: string; to: string }>();
  return results;
}

async function countNew(db: D1Database, part: PlainPart, given: GivenRows, json: string): Promise<number> {
  const free = part.unique === "kept" ? ` AND NOT ${taken(part, given)}` : "";
  const counted = await db
    .prepare(`SELECT count(*) AS count FROM json_each(?1) AS given WHERE NOT ${here(part, given)}${free}`)
    .bind(json)
    .first<{ count: number }>();
  return counted?.count ?? 0;
}
