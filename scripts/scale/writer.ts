/** Writes rows into the tables of the Worker's own schema, so that a new column is written too. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** Makes the function that writes one row. What the row lacks gets the table's default. */
export function writerOf<Table extends SQLiteTable>(
  database: DatabaseSync,
  table: Table,
): (row: Table["$inferInsert"]) => void {
  const columns = Object.entries(getTableColumns(table));
  const names = columns.map(([, { name }]) => name);
  const insert = database.prepare(
    `INSERT INTO ${getTableName(table)} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
  );
  return (row) => {
    const values = columns.map(([member, column]) => {
      const value = (row as Record<string, unknown>)[member] ?? column.default ?? null;
      return (value === null ? null : column.mapToDriverValue(value)) as SQLInputValue;
    });
    insert.run(...values);
  };
}
