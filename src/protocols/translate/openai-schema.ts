/**
 * JSON schemas of tools in the form that OpenAI's APIs accept. They refuse a request for a schema that other providers accept: one whose
 * root is no object or consists of alternatives, or one with a list that does not describe its items. Those are mended; the rest stays.
 */
import { array, isObject, object } from "../../ground/json.ts";
import type { Json } from "./hub.ts";

/** Deeper schemas stay unchanged: no tool needs one, and the walk must end. */
const DEEPEST = 64;

/** The schema of a tool's arguments; the same object if there is nothing to mend. */
export function argumentsSchema(schema: Json): Json {
  return mended(rootObject(schema), 0);
}

/** Alternatives, which OpenAI refuses at the root. */
const ALTERNATIVES = ["allOf", "anyOf", "oneOf"] as const;
const REFUSED_AT_ROOT = new Set<string>([...ALTERNATIVES, "not", "enum", "const", "if", "then", "else"]);

/** How many members of alternatives are put together. No tool has thousands that refer to a large one, and each would be walked again. */
const MOST_PUT_TOGETHER = 20_000;

/** An object with properties. Alternatives are merged into what holds for all of them. */
function rootObject(schema: Json): Json {
  const names = Object.keys(schema);
  const isPlain = schema.type === "object" && isObject(schema.properties);
  if (isPlain && !names.some((name) => REFUSED_AT_ROOT.has(name))) return schema;
  let left = MOST_PUT_TOGETHER;
  const branches = ALTERNATIVES.flatMap((word) =>
    array(schema[word]).flatMap((branch) => {
      if (left < 0) return [];
      const parts = partsOf(resolved(branch, schema));
      left -= 1 + parts.properties.length + parts.required.length;
      return [{ isSure: word === "allOf", ...parts }];
    }),
  );
  const own = partsOf(schema);
  const required = new Set(own.required);
  for (const { isSure, required: names } of branches) if (isSure) for (const name of names) required.add(name);
  const alternatives = branches.filter(({ isSure }) => !isSure).map(({ required: names }) => new Set(names));
  for (const name of alternatives[0] ?? []) if (alternatives.every((names) => names.has(name))) required.add(name);
  const properties = Object.fromEntries([...branches.flatMap(({ properties }) => properties), ...own.properties]);
  const kept = Object.fromEntries(Object.entries(schema).filter(([name]) => !REFUSED_AT_ROOT.has(name)));
  const known = [...required].filter((name) => Object.hasOwn(properties, name));
  return { ...kept, type: "object", properties, ...(known.length > 0 && { required: known }) };
}

function partsOf(schema: Json): { properties: [string, unknown][]; required: string[] } {
  const required = array(schema.required).filter((name) => typeof name === "string");
  return { properties: Object.entries(object(schema.properties) ?? {}), required };
}

/** What a reference into the root's own definitions stands for. One step, which is what tools have. */
function resolved(branch: unknown, root: Json): Json {
  if (!isObject(branch)) return {};
  const reference = typeof branch.$ref === "string" ? branch.$ref.match(/^#\/(\$defs|definitions)\/(.+)$/) : null;
  if (!reference) return branch;
  const [, group = "", name = ""] = reference;
  const definitions = object(root[group]);
  return definitions && Object.hasOwn(definitions, name) ? (object(definitions[name]) ?? {}) : branch;
}

/** Members that hold schemas by name; below, as a list, and as a single one. */
const BY_NAME = ["properties", "$defs", "definitions", "patternProperties"];
const IN_LIST = ["anyOf", "oneOf", "allOf", "prefixItems"];
const SINGLE = ["items", "additionalProperties", "not"];

function mended(schema: Json, depth: number): Json {
  if (depth > DEEPEST) return schema;
  const changes: [string, unknown][] = [];
  const next = (value: unknown) => (isObject(value) ? mended(value, depth + 1) : value);
  for (const member of BY_NAME) {
    const schemas = object(schema[member]);
    if (!schemas) continue;
    const entries = Object.entries(schemas).map(([name, value]) => [name, value, next(value)] as const);
    if (entries.some(([, value, changed]) => value !== changed)) {
      changes.push([member, Object.fromEntries(entries.map(([name, , changed]) => [name, changed]))]);
    }
  }
  for (const member of IN_LIST) {
    const schemas = array(schema[member]);
    const changed = schemas.map(next);
    if (changed.some((value, at) => value !== schemas[at])) changes.push([member, changed]);
  }
  for (const member of SINGLE) {
    const changed = next(schema[member]);
    if (changed !== schema[member]) changes.push([member, changed]);
  }
  const isList = schema.type === "array" || array(schema.type).includes("array");
  if (isList && !isObject(schema.items) && typeof schema.items !== "boolean") {
    // In older drafts a list of schemas says what stands at each position.
    const places = array(schema.items).map(next);
    changes.push(["items", places.length > 0 ? { anyOf: places } : {}]);
  }
  return changes.length === 0 ? schema : { ...schema, ...Object.fromEntries(changes) };
}

/** Members that OpenAI's strict mode forbids; below, the formats of strings that it knows. */
const NOT_STRICT = [
  ...["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "default"],
  ...["patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"],
  ...["prefixItems", "contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems"],
  ...["minLength", "maxLength"],
];
const STRICT_FORMATS = new Set<unknown>([
  ...["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"],
]);
const DEEPEST_STRICT = 10;

/**
 * Whether the schema may be sent as strict: each object requires all of its properties and allows no others, and each place states
 * its type.
 */
export function mayBeStrict(schema: Json): boolean {
  return schema.type === "object" && isStrict(schema, 0);
}

function isStrict(schema: unknown, depth: number): boolean {
  if (!isObject(schema) || depth > DEEPEST_STRICT) return false;
  if (NOT_STRICT.some((word) => schema[word] !== undefined)) return false;
  if (schema.format !== undefined && !STRICT_FORMATS.has(schema.format)) return false;
  const saysWhat = ["type", "anyOf", "$ref", "enum", "const"].some((word) => schema[word] !== undefined);
  if (!saysWhat) return false;
  const properties = object(schema.properties);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  if (types.includes("object") || properties) {
    const required = new Set(array(schema.required));
    const isClosed = schema.additionalProperties === false;
    if (!isClosed || !Object.keys(properties ?? {}).every((name) => required.has(name))) return false;
  }
  if (types.includes("array") && !isStrict(schema.items, depth + 1)) return false;
  const within = [
    ...Object.values(properties ?? {}),
    ...Object.values(object(schema.$defs) ?? {}),
    ...Object.values(object(schema.definitions) ?? {}),
    ...array(schema.anyOf),
  ];
  return within.every((each) => isStrict(each, depth + 1));
}
