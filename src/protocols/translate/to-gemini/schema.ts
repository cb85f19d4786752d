/**
 * A JSON Schema as the `Schema` of Google's APIs, a subset of OpenAPI 3.0. A single unknown member makes Google refuse the whole
 * request. So only known members are written, and the rest is said in other members, in the description, or not at all. References
 * are replaced by what they refer to. A schema that refers to itself is cut there, and so is one that would grow beyond all bounds,
 * so that a client's schema takes a bounded time.
 */
import { array, isObject, object } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";

/** Google refuses deeper schemas sooner or later. */
const DEEPEST = 24;
/** The most schemas within a schema, once all references are replaced. */
const MOST_SCHEMAS = 2_000;

/** A schema has a few dozen members. An object with more is a list of something else. */
const MOST_MEMBERS = 200;
const LONGEST_REFERENCE = 512;
/** The most values of an enumeration. Of a longer one the model is told nothing. */
const MOST_VALUES = 1_000;
/** The most values that are told in words. */
const MOST_TOLD = 100;

/** The schema of a function's arguments, which are always an object; null for a function without arguments. */
export function parametersOf(schema: Json): Json | null {
  const cleaned = bounded(schema, { type: "OBJECT", properties: PLACEHOLDER }, (cleaning) => cleaning.members(schema));
  return cleaned.properties === PLACEHOLDER ? null : cleaned;
}

/** `schema` and all within it, with members in the order of the list below. */
export function cleanSchema(schema: Json): Json {
  return bounded(schema, ANYTHING, (cleaning) => cleaning.clean(schema, 0, []));
}

/** How a reference is written: as what it refers to; as the same without descriptions, which only the first one has; as any value. */
const COPIES = ["whole", "silent", "none"] as const;
type Copies = (typeof COPIES)[number];

/**
 * The cost of a request is reserved by its bytes, one token for each. A schema has three or four characters to a token, so it may grow
 * by that factor. Without a bound a few hundred bytes of references could become megabytes.
 */
const MOST_GROWTH = 4;
/** Allowed in any case, however little the client has written. */
const ALWAYS_WRITTEN = 4_096;

function bounded(schema: Json, least: Json, clean: (cleaning: Cleaning) => Json): Json {
  for (const copies of COPIES) {
    const cleaned = clean(new Cleaning(schema, copies));
    const { length } = JSON.stringify(cleaned);
    if (length <= ALWAYS_WRITTEN || isAsLong(schema, length / MOST_GROWTH)) return cleaned;
  }
  return least;
}

/** Whether a value takes at least this many characters as JSON. */
function isAsLong(value: unknown, characters: number): boolean {
  const waiting = [value];
  let left = characters;
  while (left > 0 && waiting.length > 0) {
    const next = waiting.pop();
    left -= typeof next === "string" ? next.length + 2 : 1;
    if (Array.isArray(next)) for (const each of next) waiting.push(each);
    else if (isObject(next)) for (const [name, each] of Object.entries(next)) waiting.push(name, each);
  }
  return left <= 0;
}

/** Members that are allowed only for a type of value, and are written unchanged. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  STRING: ["minLength", "maxLength", "pattern"],
  NUMBER: [],
  INTEGER: [],
  BOOLEAN: [],
  ARRAY: ["minItems", "maxItems"],
  OBJECT: ["minProperties", "maxProperties"],
};
type Type = "STRING" | "NUMBER" | "INTEGER" | "BOOLEAN" | "ARRAY" | "OBJECT";

const FORMATS: Readonly<Record<string, readonly unknown[]>> = {
  STRING: ["enum", "date-time"],
  NUMBER: ["float", "double"],
  INTEGER: ["int32", "int64"],
};

/** An object must have properties. For one that does not list any, the model is told that it may have any. */
const PLACEHOLDER: Json = { _: { type: "STRING", description: "Leave this out." } };

class Cleaning {
  readonly #root: Json;
  readonly #copies: Copies;
  /** The references that have been written. */
  readonly #written = new Set<string>();
  #left = MOST_SCHEMAS;

  constructor(root: Json, copies: Copies) {
    this.#root = root;
    this.#copies = copies;
  }

  /** `referred`: the references that led here. */
  clean(schema: unknown, depth: number, referred: readonly string[]): Json {
    this.#left--;
    // `true` allows any value.
    if (!isObject(schema) || depth > DEEPEST || this.#left < 0) return { ...ANYTHING };
    const { resolved, path } = this.#resolve(schema, referred);
    if (!resolved) return described(schema, { ...ANYTHING });
    const merged = this.#withAllOf(resolved, path, depth);
    const choices = choicesIn(merged);
    if (choices.length > 0) return this.#choice(merged, choices, depth, path);
    return this.#single(merged, depth, path);
  }

  /**
   * An object with the members of a schema and of all schemas that it is made of. If there are several kinds of arguments, the model sees
   * the members of all of them, and none that only one of them requires is required.
   */
  members(schema: Json): Json {
    const parts: Json[] = [];
    this.#flatten(schema, [], 0, parts, true);
    return this.#single({ ...mergedSchemas(parts), type: "object" }, 0, []);
  }

  /** A schema without `$ref`; null if the reference leads nowhere, or back to where it came from. */
  #resolve(schema: Json, referred: readonly string[]): { resolved: Json | null; path: readonly string[] } {
    let [resolved, path] = [schema, referred];
    while (typeof resolved.$ref === "string") {
      const { $ref, ...beside } = resolved;
      this.#left -= sizeOf(beside);
      const target = path.includes($ref) || this.#left < 0 ? null : this.#copy($ref);
      if (!target) return { resolved: null, path };
      path = [...path, $ref];
      resolved = { ...target, ...beside };
    }
    return { resolved, path };
  }

  #copy(reference: string): Json | null {
    const target = this.#copies === "none" ? null : this.#target(reference);
    const isAgain = this.#written.has(reference);
    this.#written.add(reference);
    if (!target || this.#copies === "whole" || !isAgain) return target;
    const { description: _, title: __, ...silent } = target;
    return silent;
  }

  /** What a JSON pointer into the schema leads to. */
  #target(reference: string): Json | null {
    if (reference.length > LONGEST_REFERENCE || !/^#(?:\/|$)/.test(reference)) return null;
    let found: unknown = this.#root;
    for (const step of reference.split("/").slice(1)) {
      const name = unescaped(step);
      found =
        (isObject(found) || Array.isArray(found)) && Object.hasOwn(found, name) ? (found as Json)[name] : undefined;
    }
    return isObject(found) && Object.keys(found).length <= MOST_MEMBERS ? found : null;
  }

  /** A schema merged with all of its `allOf`. */
  #withAllOf(schema: Json, path: readonly string[], depth: number): Json {
    if (!Array.isArray(schema.allOf)) return schema;
    const parts: Json[] = [];
    this.#flatten(schema, path, depth, parts, false);
    return mergedSchemas(parts);
  }

  /** Collects what a schema is made of: itself, its `allOf`, and with `choices` also its alternatives. */
  #flatten(schema: Json, referred: readonly string[], depth: number, parts: Json[], choices: boolean): void {
    this.#left--;
    if (depth > DEEPEST || this.#left < 0) return;
    const { resolved, path } = this.#resolve(schema, referred);
    if (!resolved) return;
    const { allOf, ...rest } = resolved;
    const { anyOf, oneOf, ...own } = rest;
    parts.push(choices ? own : rest);
    for (const part of array(allOf)) if (isObject(part)) this.#flatten(part, path, depth + 1, parts, choices);
    if (!choices) return;
    for (const choice of [...array(anyOf), ...array(oneOf)]) {
      if (isObject(choice)) this.#flatten({ ...choice, required: [] }, path, depth + 1, parts, choices);
    }
  }

  /** One of several. Google accepts no other member beside `anyOf`. */
  #choice(schema: Json, choices: readonly unknown[], depth: number, path: readonly string[]): Json {
    const { anyOf: _, oneOf: __, type: ___, ...around } = schema;
    const kinds = choices.filter((choice) => !isNull(choice));
    const nullable = kinds.length < choices.length || schema.nullable === true;
    const size = sizeOf(around);
    const cleaned = kinds.map((choice) => {
      this.#left -= size;
      const whole = isObject(choice) && this.#left > 0 ? mergedSchemas([choice, around]) : choice;
      return this.clean(whole, depth + 1, path);
    });
    const [only] = cleaned;
    if (!only) return described(schema, { type: "STRING", nullable: true });
    const one = cleaned.length === 1 ? only : { anyOf: cleaned };
    return nullable ? orNull(one) : one;
  }

  #single(schema: Json, depth: number, path: readonly string[]): Json {
    const { type, nullable } = typeIn(schema);
    const cleaned: Json = { type };
    const words = [schema.description, valuesInWords(schema, type)].filter(
      (each) => typeof each === "string" && each !== "",
    );
    if (typeof schema.title === "string") cleaned.title = schema.title;
    if (words.length > 0) cleaned.description = words.join(" ");
    if (nullable) cleaned.nullable = true;
    if (FORMATS[type]?.includes(schema.format)) cleaned.format = schema.format;
    if (type === "STRING") {
      const values = valuesIn(schema).filter((each) => typeof each === "string" && each !== "");
      if (values.length > 0) cleaned.enum = values;
    }
    if (type === "INTEGER" || type === "NUMBER") Object.assign(cleaned, boundsIn(schema, type));
    for (const member of KEPT[type] ?? []) if (isBound(schema[member])) cleaned[member] = schema[member];
    if (type === "ARRAY") cleaned.items = this.#items(schema, depth, path);
    if (type === "OBJECT") this.#properties(schema, cleaned, depth, path);
    return cleaned;
  }

  #items(schema: Json, depth: number, path: readonly string[]): Json {
    const listed = [...array(schema.prefixItems), ...array(schema.items)];
    if (listed.length === 0) return this.clean(schema.items, depth + 1, path);
    // A tuple becomes a list of any of its types.
    return this.clean(listed.length === 1 ? listed[0] : { anyOf: listed }, depth + 1, path);
  }

  #properties(schema: Json, cleaned: Json, depth: number, path: readonly string[]): void {
    const properties = Object.entries(object(schema.properties) ?? {}).filter(([, value]) => value !== false);
    if (properties.length === 0) {
      cleaned.properties = PLACEHOLDER;
      return;
    }
    // `fromEntries` allows a property of any name, including `__proto__`.
    cleaned.properties = Object.fromEntries(
      properties.map(([name, value]) => [name, this.clean(value, depth + 1, path)]),
    );
    const names = new Set(properties.map(([name]) => name));
    const required = [...new Set(array(schema.required))].filter((name) => names.has(name as string));
    if (required.length > 0) cleaned.required = required;
    const ordering = array(schema.propertyOrdering).filter((name) => names.has(name as string));
    if (ordering.length > 0) cleaned.propertyOrdering = ordering;
  }
}

/** How much of the allowed work it is to merge a schema with another: nearly always one. */
function sizeOf(schema: Json): number {
  const members = Object.keys(schema).length + Object.keys(object(schema.properties) ?? {}).length;
  return 1 + Math.floor((members + array(schema.required).length) / MOST_MEMBERS);
}

/** For a schema of which nothing can be said: a text can hold a value of any type. */
const ANYTHING: Json = { type: "STRING" };

/** `nullable` cannot be beside `anyOf` either. */
function orNull(cleaned: Json): Json {
  if (!Array.isArray(cleaned.anyOf)) return { ...cleaned, nullable: true };
  return { anyOf: cleaned.anyOf.map(orNull) };
}

function described({ description }: Json, cleaned: Json): Json {
  return typeof description === "string" && description !== "" ? { ...cleaned, description } : cleaned;
}

function unescaped(step: string): string {
  const plain = step.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

function isNull(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const values = valuesIn(schema);
  return (
    types.every((type) => upper(type) === "NULL") || (values.length > 0 && values.every((value) => value === null))
  );
}

/** The alternatives for a value: `anyOf`, `oneOf`, and several types. */
function choicesIn(schema: Json): unknown[] {
  const choices = [...array(schema.anyOf), ...array(schema.oneOf)];
  if (choices.length > 0) return choices;
  const types = array(schema.type).filter((type) => upper(type) !== "NULL");
  if (types.length < 2) return [];
  return array(schema.type).map((type) => ({ type }));
}

/** What an earlier part says counts before a later one. Properties and required names are those of all parts. */
function mergedSchemas(parts: readonly Json[]): Json {
  const merged: Json = Object.assign({}, ...parts.toReversed());
  const properties = parts.toReversed().flatMap((part) => Object.entries(object(part.properties) ?? {}));
  if (properties.length > 0) merged.properties = Object.fromEntries(properties);
  const required = parts.flatMap((part) => array(part.required));
  if (required.length > 0) merged.required = required;
  return merged;
}

function upper(type: unknown): string {
  return typeof type === "string" ? type.toUpperCase() : "";
}

function typeIn(schema: Json): { type: Type; nullable: boolean } {
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).map(upper);
  const named = types.find((type): type is Type => Object.hasOwn(KEPT, type));
  const nullable = schema.nullable === true || types.includes("NULL") || valuesIn(schema).includes(null);
  return { type: named ?? impliedType(schema), nullable };
}

function impliedType(schema: Json): Type {
  if (isObject(schema.properties)) return "OBJECT";
  if (schema.items !== undefined || schema.prefixItems !== undefined) return "ARRAY";
  const values = valuesIn(schema).filter((value) => value !== null);
  if (values.length > 0 && values.every((value) => typeof value === "number")) {
    return values.every(Number.isInteger) ? "INTEGER" : "NUMBER";
  }
  return values.length > 0 && values.every((value) => typeof value === "boolean") ? "BOOLEAN" : "STRING";
}

function valuesIn(schema: Json): unknown[] {
  if (Object.hasOwn(schema, "const")) return [schema.const];
  const values = array(schema.enum);
  return values.length > MOST_VALUES ? [] : values;
}

/** Only strings can be listed. Other values are told in words. */
function valuesInWords(schema: Json, type: Type): string | null {
  const values = valuesIn(schema).filter((value) => typeof value === "number" || typeof value === "boolean");
  return type === "STRING" || values.length === 0 ? null : `One of: ${values.slice(0, MOST_TOLD).join(", ")}.`;
}

function isBound(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string";
}

/** Exclusive bounds as inclusive ones. */
function boundsIn(schema: Json, type: Type): Json {
  const step = type === "INTEGER" ? 1 : 0;
  const least = [schema.minimum, over(schema.exclusiveMinimum, step)].filter((each) => typeof each === "number");
  const most = [schema.maximum, over(schema.exclusiveMaximum, -step)].filter((each) => typeof each === "number");
  return {
    ...(least.length > 0 && { minimum: Math.max(...least) }),
    ...(most.length > 0 && { maximum: Math.min(...most) }),
  };
}

function over(bound: unknown, step: number): number | null {
  return typeof bound === "number" ? bound + step : null;
}
