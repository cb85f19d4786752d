/** Writes rows into the tables as the Worker's own schema has them: a column that is added there is written here. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** The function that writes one row; what the row lacks is the table's default. */
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
