/** Whether a request could have made a record: converted back to the API's words, it must pass the API's own schemas. Pure. */
import * as z from "zod/mini";
import { fieldProblems } from "./field-problems.ts";
import { type FieldTable, freshOf, schemasOf, valuesOf, viewOf } from "./fields.ts";
import type { FieldProblem } from "./refusal.ts";

/** What is wrong with the fields of a stored record. Throws if the shape of a value does not even allow showing it. */
export function storedProblems(fields: FieldTable, stored: Record<string, unknown>): FieldProblem[] {
  const record = { ...freshOf(fields), ...stored };
  const shown = viewOf(fields, record);
  const read = schemaOf(fields).safeParse(shown);
  if (!read.success) return fieldProblems(read.error.issues, shown);
  const values: Record<string, unknown> = valuesOf(fields, read.data);
  return Object.entries(fields).flatMap(([field, { at }]) =>
    sameJson(values[at], record[at]) ? [] : [{ field, message: "is not as a request would have made it" }],
  );
}

/** Made once for each table, because a page has a hundred rows. */
const schemas = new WeakMap<FieldTable, z.ZodMiniType<Record<string, unknown>>>();

function schemaOf(fields: FieldTable): z.ZodMiniType<Record<string, unknown>> {
  const known = schemas.get(fields);
  if (known) return known;
  const schema = z.strictObject(schemasOf(fields));
  schemas.set(fields, schema);
  return schema;
}

/** The order of members does not matter. */
export function sameJson(one: unknown, other: unknown): boolean {
  // True for most. Sorting the members is what takes time.
  if (one === other || JSON.stringify(one) === JSON.stringify(other)) return true;
  return JSON.stringify(one, inOrder) === JSON.stringify(other, inOrder);
}

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
