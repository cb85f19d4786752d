/**
 * Whether code that does not know a migration keeps working once it has been applied. Pure. Between a migration and the last
 * request of the old version lie seconds in which old code meets new tables: what only adds does not disturb it.
 */
import { unstable_splitSqlQuery } from "wrangler";

/** New tables, columns and look-ups; rows filled in. (A unique index is none of these: old code may break it.) */
const ADDS =
  /^(create table|create index|create view|alter table \S+ add( column)? |insert |update |pragma |drop index|select )/i;

export interface Migration {
  /** The file's name. */
  name: string;
  sql: string;
}

/** Whether old code works on the tables as they are after this. */
export function onlyAdds({ sql }: Migration): boolean {
  const bare = sql.replace(/\/\*.*?\*\//gs, " ").replace(/--.*$/gm, " ");
  return unstable_splitSqlQuery(bare).every((statement) => ADDS.test(statement.trim().replace(/\s+/g, " ")));
}

/** A row of the table in which wrangler notes what it has applied. */
export interface Applied {
  name: string;
  /** As SQLite writes the time, in UTC: `2026-11-27 10:44:56`. */
  applied_at: string;
}

/**
 * Those that are still to be applied, in order; and those that the code does not know which has served since `servingSince`
 * (milliseconds since the epoch): they, and what a run has applied that broke off before it could switch.
 */
export function newTo(
  servingSince: number,
  all: readonly Migration[],
  applied: readonly Applied[],
): { pending: Migration[]; unknown: Migration[] } {
  const times = new Map(applied.map(({ name, applied_at }) => [name, Date.parse(`${applied_at.replace(" ", "T")}Z`)]));
  return {
    pending: all.filter(({ name }) => !times.has(name)),
    unknown: all.filter(({ name }) => (times.get(name) ?? Number.POSITIVE_INFINITY) > servingSince),
  };
}
