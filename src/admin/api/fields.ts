/**
 * A table of fields is the one list of what a record has: each line says what a request may give, where that lies in the
 * record, what a new record has without it, and how the API and the audit trail show it. Bodies, patches, templates,
 * views and audit rows are made from the table, so a new field is a new line. Pure.
 *
 * What needs more than one field, or D1, to be judged is not said here.
 */
import * as z from "zod/mini";
import { into } from "../../ground/shape.ts";
import type { AuditForm, AuditForms } from "../audit/changes.ts";

/** One field of a record, whose value lies there as `Value`, under the name `At`, and is shown as `Shown`. */
export interface Field<At extends PropertyKey, Value, Schema extends z.ZodMiniType<Value>, Shown> {
  /** From what a request gives to what lies in the record. */
  schema: Schema;
  at: At;
  /** What a new record has without it. */
  fresh: Value;
  show(value: Value): Shown;
  audited: AuditForm;
}

export interface FieldOptions<Value, Shown> {
  fresh: Value;
  /** Without it the field is shown as it lies. */
  show?: ((value: Value) => Shown) | undefined;
  /** Without it the audit trail has the values. */
  audited?: AuditForm | undefined;
}

/** The maker of a record's fields. */
export function fieldsOf<Row>() {
  return <At extends keyof Row, Schema extends z.ZodMiniType<Row[At]>, Shown = Row[At]>(
    at: At,
    schema: Schema,
    { fresh, show, audited = "value" }: FieldOptions<Row[At], Shown>,
  ): Field<At, Row[At], Schema, Shown> => {
    // `Shown` is the value's own type where nobody says how to show it.
    const asItLies = (value: Row[At]) => value as unknown as Shown;
    return { schema, at, fresh, show: show ?? asItLies, audited };
  };
}

export type FieldTable = Record<string, Field<string, unknown, z.ZodMiniType, unknown>>;

/** What a request may give of a record: every field may be left out. */
export type Given<Fields extends FieldTable> = {
  [Name in keyof Fields]?: z.output<Fields[Name]["schema"]> | undefined;
};

/** The record's own side of the table. */
export type Values<Fields extends FieldTable> = {
  [Name in keyof Fields as Fields[Name]["at"]]: Fields[Name]["fresh"];
};

/** The API's side of the table. */
export type View<Fields extends FieldTable> = { [Name in keyof Fields]: ReturnType<Fields[Name]["show"]> };

/** The members of a body's schema. */
export function schemasOf<Fields extends FieldTable>(fields: Fields) {
  const schemas = Object.entries(fields).map(([name, { schema }]) => [name, z.optional(schema)]);
  return Object.fromEntries(schemas) as { [Name in keyof Fields]: z.ZodMiniOptional<Fields[Name]["schema"]> };
}

/** The values that the given fields put into a record, and no others. Of two units of one value the given one wins. */
export function valuesOf<Fields extends FieldTable>(fields: Fields, given: Given<Fields>): Partial<Values<Fields>> {
  const values: Record<string, unknown> = {};
  for (const [name, { at }] of Object.entries(fields)) {
    const value = given[name];
    if (value !== undefined && (value !== null || values[at] === undefined)) values[at] = value;
  }
  return values as Partial<Values<Fields>>;
}

/** What a new record has where nothing is given. */
export function freshOf<Fields extends FieldTable>(fields: Fields): Values<Fields> {
  return Object.fromEntries(Object.values(fields).map(({ at, fresh }) => [at, fresh])) as Values<Fields>;
}

/** The record in the API's words. */
export function viewOf<Fields extends FieldTable>(fields: Fields, record: Values<Fields>): View<Fields> {
  const values: Record<string, unknown> = record;
  const shown = Object.entries(fields).map(([name, field]) => [name, field.show(values[field.at])]);
  return Object.fromEntries(shown) as View<Fields>;
}

/** How the audit trail tells of each field. */
export function auditFormsOf(fields: FieldTable): AuditForms {
  return Object.fromEntries(Object.entries(fields).map(([name, { audited }]) => [name, audited]));
}

/** The given names, and with each the other units of the same value: none of them says something without the others. */
export function withOtherUnits(fields: FieldTable, names: Iterable<string>): Set<string> {
  const all = new Set(names);
  const at = new Set([...all].map((name) => fields[name]?.at));
  for (const [name, field] of Object.entries(fields)) if (at.has(field.at)) all.add(name);
  return all;
}

/** A schema for a number in a unit that is kept in smaller ones: minutes in, milliseconds out. */
export function scaled<Schema extends z.ZodMiniType<number>>(schema: Schema, factor: number) {
  return into(schema, (value) => Math.round(value * factor));
}

/** A list in which everything stands once. */
export function unique<Schema extends z.ZodMiniType>(schema: z.ZodMiniArray<Schema>) {
  return into(schema, (items) => [...new Set(items)]);
}

/** How a value that may be absent is shown. */
export function orNull<Value, Shown>(show: (value: Value) => Shown): (value: Value | null) => Shown | null {
  return (value) => (value === null ? null : show(value));
}
