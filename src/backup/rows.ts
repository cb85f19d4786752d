/** Rows of a part by the names of their columns, as far as they are what such a row has. */
import type { Value } from "./file/page.ts";
import type { GivenRows, WriteResult } from "./write.ts";

export interface NamedRow {
  of(column: string): Value;
  /** Empty where it is no text. */
  text(column: string): string;
  number(column: string): number | null;
  secret: string | null;
}

export function namedRows({ columns, rows, secrets }: GivenRows): NamedRow[] {
  return rows.map((row, at) => {
    const of = (column: string) => row[columns.indexOf(column)] ?? null;
    return {
      of,
      text: (column) => {
        const value = of(column);
        return typeof value === "string" ? value : "";
      },
      number: (column) => {
        const value = of(column);
        return typeof value === "number" ? value : null;
      },
      secret: secrets[at] ?? null,
    };
  });
}

/** The first of the columns that is missing; null where none is. */
export function missingColumn({ columns }: GivenRows, needed: readonly string[]): string | null {
  return needed.find((column) => !columns.includes(column)) ?? null;
}

export function unreadable(why: string): Extract<WriteResult, { ok: false }> {
  return { ok: false, refusal: { fault: "unreadable", why } };
}
