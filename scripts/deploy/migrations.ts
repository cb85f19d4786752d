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

/** Those of `files` that wrangler's list says are still to be applied, in order. */
export function pendingIn(listed: string, files: readonly string[]): string[] {
  return files.filter((file) => listed.includes(file));
}
