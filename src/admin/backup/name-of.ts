/** Names a row in words by which the person who made the backup recognises it. */
import type { GivenRows } from "../../backup/write.ts";

export function nameOf({ part, columns, rows }: GivenRows, at: number): string {
  const of = (column: string) => rows[at]?.[columns.indexOf(column)];
  const id = of("id") ?? of("account_id") ?? of("model");
  const name = of("name");
  return `${part}${id ? ` ${id}` : ""}${name ? ` (${name})` : ""}`;
}
