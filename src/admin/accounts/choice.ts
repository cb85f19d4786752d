/**
 * Which accounts a query is about, as a condition on the column that has their id. D1 bills each row of a list of ids twice, when it is
 * read and when it is looked up. A single account, or a range of ids, costs only the rows that are found.
 */
import { type AnyColumn, eq, type SQL, sql } from "drizzle-orm";

export type AccountChoice = (column: AnyColumn) => SQL;

export function oneAccount(id: string): AccountChoice {
  return (column) => eq(column, id);
}

/** Any accounts. The ids travel as one JSON parameter, because D1 binds at most 100. */
export function theseAccounts(ids: readonly string[]): AccountChoice {
  return (column) => sql`${column} in (select value from json_each(${JSON.stringify(ids)}))`;
}

/** All accounts between these two ids, including both. */
export function accountsBetween(first: string, last: string): AccountChoice {
  return (column) => sql`${column} between ${first} and ${last}`;
}
