/**
 * Which accounts a query is about, said of the column that has their id. D1 bills a row of a list of ids twice, once as it is read and
 * once as it is looked up; one account, or a stretch of them, costs what is found and no more.
 */
import { type AnyColumn, eq, type SQL, sql } from "drizzle-orm";

export type AccountChoice = (column: AnyColumn) => SQL;

export function oneAccount(id: string): AccountChoice {
  return (column) => eq(column, id);
}

/** Any; the ids travel as one JSON parameter because D1 binds at most 100. */
export function theseAccounts(ids: readonly string[]): AccountChoice {
  return (column) => sql`${column} in (select value from json_each(${JSON.stringify(ids)}))`;
}

/** All between the two, which are among them. */
export function accountsBetween(first: string, last: string): AccountChoice {
  return (column) => sql`${column} between ${first} and ${last}`;
}
