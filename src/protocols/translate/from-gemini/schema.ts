/**
 * Google's schemas as JSON Schemas. Google's own form is a subset of OpenAPI's with types in capitals and with `nullable`. Clients
 * mix it with JSON Schema, so both are read alike. A member of neither stays unchanged.
 */
import { isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { Json } from "../hub.ts";
import { camel } from "./fields.ts";

/** Far deeper than any tool's schema. */
const DEEPEST = 64;

export function jsonSchemaOf(schema: Json, at: string, findings: Findings): Json {
  const converted = converter(schema, 0);
  if (!converted) findings.refuse(at, `it nests deeper than ${DEEPEST} levels`);
  return converted ?? {};
}

/** Members that hold one schema; below, those that hold a list of schemas, and schemas by name. */
const ONE = new Set(["items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames"]);
const SEVERAL = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const NAMED = new Set(["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"]);
/** Whole numbers, which protocol buffers write as strings. */
const COUNTS = new Set(["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"]);
/** Members that mean something only to Google. */
const GOOGLES_OWN = new Set(["nullable", "propertyOrdering"]);

/** Null for a schema that nests too deep. */
function converter(schema: Json, depth: number): Json | null {
  if (depth > DEEPEST) return null;
  const entries: [string, unknown][] = [];
  for (const [written, value] of Object.entries(schema)) {
    const name = written.startsWith("$") ? written : camel(written);
    if (GOOGLES_OWN.has(name)) continue;
    const converted = memberOf(name, value, depth + 1);
    if (converted === TOO_DEEP) return null;
    entries.push([name, converted]);
  }
  const converted: Json = Object.fromEntries(entries);
  return schema.nullable === true ? orNull(converted) : converted;
}

const TOO_DEEP = Symbol("too deep");

function memberOf(name: string, value: unknown, depth: number): unknown {
  if (name === "type") return typeOf(value);
  if (COUNTS.has(name) && typeof value === "string" && /^\d{1,9}$/.test(value)) return Number(value);
  if (ONE.has(name) && isObject(value)) return converter(value, depth) ?? TOO_DEEP;
  if (SEVERAL.has(name) || (name === "items" && Array.isArray(value))) return listOf(value, depth);
  return NAMED.has(name) && isObject(value) ? namedOf(value, depth) : value;
}

function typeOf(type: unknown): unknown {
  return Array.isArray(type) ? type.map(typeOf) : typeof type === "string" ? type.toLowerCase() : type;
}

function listOf(schemas: unknown, depth: number): unknown {
  if (!Array.isArray(schemas)) return schemas;
  const converted = schemas.map((each) => (isObject(each) ? converter(each, depth) : each));
  return converted.includes(null) ? TOO_DEEP : converted;
}

function namedOf(schemas: Json, depth: number): unknown {
  const converted = Object.entries(schemas).map(([name, value]) => [
    name,
    isObject(value) ? converter(value, depth) : value,
  ]);
  return converted.some(([, value]) => value === null) ? TOO_DEEP : Object.fromEntries(converted);
}

function orNull(schema: Json): Json {
  if (typeof schema.type !== "string") {
    return Array.isArray(schema.anyOf) ? { ...schema, anyOf: [...schema.anyOf, { type: "null" }] } : schema;
  }
  const listed = Array.isArray(schema.enum) && !schema.enum.includes(null) ? { enum: [...schema.enum, null] } : {};
  return { ...schema, type: [schema.type, "null"], ...listed };
}
