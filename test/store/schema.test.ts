import { env } from "cloudflare:workers";
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { expect, test } from "vitest";
import * as alertTables from "../../src/alerts/tables.ts";
import * as schema from "../../src/store/schema.ts";

test("drizzle's tables have exactly the columns of the migrations", async () => {
  const tables = Object.values({ ...schema, ...alertTables } as Record<string, unknown>).filter((value) =>
    is(value, SQLiteTable),
  );
  expect(tables.length).toBeGreaterThan(8);
  for (const table of tables) {
    const { name, columns } = getTableConfig(table);
    const { results } = await env.DB.prepare("SELECT name FROM pragma_table_info(?)").bind(name).all();
    expect([name, columns.map((column) => column.name).sort()]).toEqual([
      name,
      results.map((column) => String(column.name)).sort(),
    ]);
  }
});
