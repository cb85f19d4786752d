/**
 * A schema to which an answer or arguments are bound. Anthropic requires every object in it to be closed, and accepts no bounds of
 * numbers, strings and lists. Those are left out, as Anthropic's own SDKs do. Facts: the page on structured outputs.
 */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";

/** Deeper schemas stay unchanged: no client needs one, and the walk must end. */
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
    // As the least length of a list, Anthropic knows only these two.
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
