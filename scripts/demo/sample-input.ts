/**
 * Makes a value that a JSON Schema accepts, so that a real client can run the demo's tool calls.
 *
 * Known property names get harmless values, because a client may really run the call without asking. It fills only required properties, and
 * is no general generator: `pattern`, `not` and conditional schemas are ignored.
 */

type Schema = Record<string, unknown>;

/** A recursive schema has no smallest value that a walk could find. Beyond this depth the value is empty. */
const DEEPEST = 8;

const HARMLESS: [RegExp, string][] = [
  [/^(command|cmd|script)$/i, "echo hello from the demo"],
  [/(^|_)(url|uri|link)$/i, "https://example.com/"],
  [/path|file|directory|(^|_)dir$/i, "/tmp/edge-relay-demo.txt"],
  [/^(pattern|glob)$/i, "*.md"],
  [/^(location|city)$/i, "Berlin"],
];

const BY_FORMAT: Record<string, string> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "00:00:00Z",
  email: "demo@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "127.0.0.1",
};

/** A value for `schema`; `{}` if the schema says nothing. The same schema always gives the same value. */
export function sampleInput(schema: unknown): unknown {
  return valueFor(schema, "", isSchema(schema) ? schema : {}, 0);
}

function valueFor(schema: unknown, name: string, root: Schema, depth: number): unknown {
  if (!isSchema(schema) || depth > DEEPEST) return {};
  if (typeof schema.$ref === "string") return valueFor(resolve(schema.$ref, root), name, root, depth + 1);
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if ("default" in schema) return schema.default;
  for (const choice of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(choice) && choice.length > 0) return valueFor(choice[0], name, root, depth + 1);
  }
  if (Array.isArray(schema.allOf)) return valueFor(merge(schema), name, root, depth + 1);

  switch (typeOf(schema)) {
    case "string":
      return text(schema, name);
    case "integer":
    case "number":
      return number(schema);
    case "boolean":
      return false;
    case "null":
      return null;
    case "array":
      return Array.from({ length: countOf(schema.minItems) }, () => valueFor(schema.items, name, root, depth + 1));
    default:
      return object(schema, root, depth);
  }
}

function object(schema: Schema, root: Schema, depth: number): Record<string, unknown> {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((key) => typeof key === "string") : [];
  return Object.fromEntries(required.map((key) => [key, valueFor(properties[key], key, root, depth + 1)]));
}

function text(schema: Schema, name: string): string {
  if (typeof schema.format === "string" && BY_FORMAT[schema.format]) return BY_FORMAT[schema.format] ?? "";
  const known = HARMLESS.find(([pattern]) => pattern.test(name))?.[1] ?? "hello from the demo";
  const longest = typeof schema.maxLength === "number" ? schema.maxLength : Number.POSITIVE_INFINITY;
  return known.padEnd(countOf(schema.minLength), ".").slice(0, longest);
}

function number(schema: Schema): number {
  const step = typeof schema.multipleOf === "number" ? schema.multipleOf : 1;
  const above = typeof schema.exclusiveMinimum === "number" ? schema.exclusiveMinimum + step : undefined;
  const least = typeof schema.minimum === "number" ? schema.minimum : above;
  const most = typeof schema.maximum === "number" ? schema.maximum : Number.POSITIVE_INFINITY;
  return Math.min(Math.ceil((least ?? step) / step) * step, most);
}

/** In lower case, because Gemini's own schemas say `OBJECT` and `STRING`. */
function typeOf(schema: Schema): string {
  const type = Array.isArray(schema.type) ? (schema.type.find((each) => each !== "null") ?? "null") : schema.type;
  return typeof type === "string" ? type.toLowerCase() : "object";
}

function merge(schema: Schema): Schema {
  const { allOf, ...own } = schema;
  const parts = [own, ...(Array.isArray(allOf) ? allOf.filter(isSchema) : [])];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => (Array.isArray(part.required) ? part.required : [])),
  };
}

/** Follows a local reference such as `#/$defs/Place`. Any other reference has no schema here. */
function resolve(reference: string, root: Schema): unknown {
  if (!reference.startsWith("#")) return undefined;
  let at: unknown = root;
  for (const step of reference.split("/").slice(1)) at = isSchema(at) ? at[step] : undefined;
  return at;
}

function countOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
