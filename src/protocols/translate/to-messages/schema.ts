/**
 * A schema that answers or arguments are bound to. Anthropic wants every object in it closed, and takes no bounds of numbers,
 * texts and lists; those are left out, as its own SDKs do. Facts: the page on structured outputs.
 */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";

/** Deeper ones go as they are: nobody means one, and the walk must end. */
const DEEPEST = 64;

const WITHOUT = new Set([
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"],
  ...["maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties", "propertyNames"],
]);
const BY_NAME = new Set(["properties", "$defs", "definitions"]);
const IN_LIST = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);

export function closedSchema(schema: Json): Json {
  return closed(schema, 0);
}

function closed(schema: Json, depth: number): Json {
  if (depth > DEEPEST) return schema;
  const next = (value: unknown) => (isObject(value) ? closed(value, depth + 1) : value);
  const members = Object.entries(schema).flatMap(([name, value]): [string, unknown][] => {
    if (WITHOUT.has(name)) return [];
    // Of a list's least length only these two are known.
    if (name === "minItems") return value === 0 || value === 1 ? [[name, value]] : [];
    if (BY_NAME.has(name) && isObject(value)) {
      return [[name, Object.fromEntries(Object.entries(value).map(([each, inner]) => [each, next(inner)]))]];
    }
    if (IN_LIST.has(name) && Array.isArray(value)) return [[name === "oneOf" ? "anyOf" : name, value.map(next)]];
    return [[name, name === "items" ? next(value) : value]];
  });
  const isOpen = schema.type === "object" || isObject(schema.properties);
  return Object.fromEntries(isOpen ? [...members, ["additionalProperties", false]] : members);
}
