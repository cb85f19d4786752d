/**
 * A table of fields is the one list of what a record has. Each line says what a request may give, where that is in the record, what a new
 * record has without it, and how the API and the audit trail show it. Bodies, patches, templates, views and audit rows are made from the
 * table, so a new field is a new line. Pure.
 *
 * Checks that need more than one field, or D1, are elsewhere.
 */
import * as z from "zod/mini";
import { into } from "../../ground/shape.ts";
import type { AuditForm, AuditForms } from "../audit/changes.ts";

/** One field of a record. It is stored as `Value` under the name `At`, and shown as `Shown`. */
export interface Field<At extends PropertyKey, Value, Schema extends z.ZodMiniType<Value>, Shown> {
  /** From what a request gives to what is stored. */
  schema: Schema;
  at: At;
  /** What a new record has if the field is not given. */
  fresh: Value;
  show(value: Value): Shown;
  audited: AuditForm;
}

export interface FieldOptions<Value, Shown> {
  fresh: Value;
  /** Default: the field is shown as it is stored. */
  show?: ((value: Value) => Shown) | undefined;
  /** Default: the audit trail has the values. */
  audited?: AuditForm | undefined;
}

/** Makes the fields of a record. */
export function fieldsOf<Row>() {
  return <At extends keyof Row, Schema extends z.ZodMiniType<Row[At]>, Shown = Row[At]>(
    at: At,
    schema: Schema,
    { fresh, show, audited = "value" }: FieldOptions<Row[At], Shown>,
  ): Field<At, Row[At], Schema, Shown> => {
    // Without `show`, `Shown` is the type of the value itself.
    const asItLies = (value: Row[At]) => value as unknown as Shown;
    return { schema, at, fresh, show: show ?? asItLies, audited };
  };
}

export type FieldTable = Record<string, Field<string, unknown, z.ZodMiniType, unknown>>;

/** What a request may give of a record: every field may be left out. */
export type Given<Fields extends FieldTable> = {
  [Name in keyof Fields]?: z.output<Fields[Name]["schema"]> | undefined;
};

/** The table's stored values. */
export type Values<Fields extends FieldTable> = {
  [Name in keyof Fields as Fields[Name]["at"]]: Fields[Name]["fresh"];
};

/** The table's values in the API. */
export type View<Fields extends FieldTable> = { [Name in keyof Fields]: ReturnType<Fields[Name]["show"]> };

/** The members of a body's schema. */
export function schemasOf<Fields extends FieldTable>(fields: Fields) {
  const schemas = Object.entries(fields).map(([name, { schema }]) => [name, z.optional(schema)]);
  return Object.fromEntries(schemas) as { [Name in keyof Fields]: z.ZodMiniOptional<Fields[Name]["schema"]> };
}

/** The stored values of the given fields only. If one value has fields in two units, the given one counts. */
export function valuesOf<Fields extends FieldTable>(fields: Fields, given: Given<Fields>): Partial<Values<Fields>> {
  const values: Record<string, unknown> = {};
  for (const [name, { at }] of Object.entries(fields)) {
    const value = given[name];
    if (value !== undefined && (value !== null || values[at] === undefined)) values[at] = value;
  }
  return values as Partial<Values<Fields>>;
}

/** The values of a new record if nothing is given. */
export function freshOf<Fields extends FieldTable>(fields: Fields): Values<Fields> {
  return Object.fromEntries(Object.values(fields).map(({ at, fresh }) => [at, fresh])) as Values<Fields>;
}

/** The record in the API's words. */
export function viewOf<Fields extends FieldTable>(fields: Fields, record: Values<Fields>): View<Fields> {
  const values: Record<string, unknown> = record;
  const shown = Object.entries(fields).map(([name, field]) => [name, field.show(values[field.at])]);
  return Object.fromEntries(shown) as View<Fields>;
}

/** The form of each field in the audit trail. */
export function auditFormsOf(fields: FieldTable): AuditForms {
  return Object.fromEntries(Object.entries(fields).map(([name, { audited }]) => [name, audited]));
}

/** The given names, each with the other units of the same value, because none of them may be set without the others. */
export function withOtherUnits(fields: FieldTable, names: Iterable<string>): Set<string> {
  const all = new Set(names);
  const at = new Set([...all].map((name) => fields[name]?.at));
  for (const [name, field] of Object.entries(fields)) if (at.has(field.at)) all.add(name);
  return all;
}

/** A schema for a number that is stored in a smaller unit: minutes in, milliseconds out. */
export function scaled<Schema extends z.ZodMiniType<number>>(schema: Schema, factor: number) {
  return into(schema, (value) => Math.round(value * factor));
}

/** A list without repetitions. */
export function unique<Schema extends z.ZodMiniType>(schema: z.ZodMiniArray<Schema>) {
  return into(schema, (items) => [...new Set(items)]);
}

/** How a value that may be absent is shown. */
export function orNull<Value, Shown>(show: (value: Value) => Shown): (value: Value | null) => Shown | null {
  return (value) => (value === null ? null : show(value));
}
