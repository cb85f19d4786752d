/**
 * Whether code that does not know a migration keeps working once it is applied. Pure. For some seconds between a migration and the last
 * request of the old version, old code uses new tables. A migration that only adds does not disturb it.
 */
import { unstable_splitSqlQuery } from "wrangler";

/** New tables, columns and indexes; rows filled in. (A unique index is not among them: old code may violate it.) */
const ADDS =
  /^(create table|create index|create view|alter table \S+ add( column)? |insert |update |pragma |drop index|select )/i;

export interface Migration {
  /** The file's name. */
  name: string;
  sql: string;
}

/** Whether old code works with the tables after this migration. */
export function onlyAdds({ sql }: Migration): boolean {
  const bare = sql.replace(/\/\*.*?\*\//gs, " ").replace(/--.*$/gm, " ");
  return unstable_splitSqlQuery(bare).every((statement) => ADDS.test(statement.trim().replace(/\s+/g, " ")));
}

/** A row of the table in which wrangler records what it has applied. */
export interface Applied {
  name: string;
  /** In SQLite's notation, in UTC: `2026-11-27 10:44:56`. */
  applied_at: string;
}

/**
 * The migrations still to apply, in order; and those that the code serving since `servingSince` (milliseconds since the epoch) does not
 * know: the former, and those that were applied by a run that broke off before it could switch.
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
