import { describe, expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import { cleanSchema, parametersOf } from "../../../../src/protocols/translate/to-gemini/schema.ts";
import fc from "../../../fast-check.ts";

function property(schema: unknown): unknown {
  const cleaned = parametersOf({ type: "object", properties: { x: schema } });
  return (cleaned as { properties: Json }).properties.x;
}

const TEXT = { type: "STRING" };
const NUMBER = { type: "NUMBER" };

// sub2api#795, CLIProxyAPI#97 #2142, pizza-bot#62, nakama#293, thClaws#172
describe("what Google does not know", () => {
  test.each([
    "$schema",
    "$id",
    "$comment",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "definitions",
    "$defs",
    "not",
    "if",
    "then",
    "else",
    "uniqueItems",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "multipleOf",
    "x-anything",
  ])("%s is left out", (member) => {
    expect(property({ type: "string", description: "d", [member]: { type: "string" } })).toEqual({
      ...TEXT,
      description: "d",
    });
    expect(parametersOf({ [member]: true, properties: { x: { type: "string" } } })).toEqual({
      type: "OBJECT",
      properties: { x: TEXT },
    });
  });

  test("what it knows is kept", () => {
    const known = { title: "T", description: "d", nullable: true };
    expect(property({ ...known, type: "string", minLength: 1, maxLength: 2, pattern: "a" })).toEqual({
      ...{ ...TEXT, ...known },
      ...{ minLength: 1, maxLength: 2, pattern: "a" },
    });
    expect(property({ type: "array", items: { type: "number" }, minItems: 1, maxItems: 2 })).toEqual({
      ...{ type: "ARRAY", items: NUMBER, minItems: 1, maxItems: 2 },
    });
    expect(property({ type: "integer", minimum: 1, maximum: 2 })).toEqual({ type: "INTEGER", minimum: 1, maximum: 2 });
  });

  test("a bound of another kind of value is left out", () => {
    expect(property({ type: "string", minimum: 1, maxItems: 2 })).toEqual(TEXT);
    expect(property({ type: "number", minLength: 1 })).toEqual(NUMBER);
  });
});

describe("what it says otherwise", () => {
  test("a constant is an enumeration of one", () => {
    expect(property({ const: "a" })).toEqual({ ...TEXT, enum: ["a"] });
  });

  test("an enumeration lists texts alone; other values are told in words", () => {
    expect(property({ enum: ["a", "", "b"] })).toEqual({ ...TEXT, enum: ["a", "b"] });
    expect(property({ type: "integer", enum: [1, 2], description: "How many." })).toEqual({
      type: "INTEGER",
      description: "How many. One of: 1, 2.",
    });
    expect(property({ enum: [0.5] })).toEqual({ ...NUMBER, description: "One of: 0.5." });
    expect(property({ const: true })).toEqual({ type: "BOOLEAN", description: "One of: true." });
  });

  test("bounds that a value may not reach become bounds that it may", () => {
    expect(property({ type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 9 })).toEqual({
      type: "INTEGER",
      minimum: 2,
      maximum: 8,
    });
    expect(property({ type: "number", exclusiveMinimum: 1 })).toEqual({ ...NUMBER, minimum: 1 });
    expect(property({ type: "integer", minimum: 5, exclusiveMinimum: 1 })).toEqual({ type: "INTEGER", minimum: 5 });
    expect(property({ type: "integer", minimum: 5, exclusiveMinimum: true })).toEqual({ type: "INTEGER", minimum: 5 });
  });

  test("a value that may be null is nullable", () => {
    expect(property({ type: ["string", "null"] })).toEqual({ ...TEXT, nullable: true });
    expect(property({ anyOf: [{ type: "number" }, { type: "null" }] })).toEqual({ ...NUMBER, nullable: true });
    expect(property({ enum: ["a", null] })).toEqual({ ...TEXT, nullable: true, enum: ["a"] });
    expect(property({ type: "null" })).toEqual({ ...TEXT, nullable: true });
  });

  test("one of several kinds is anyOf, which has nothing beside it", () => {
    const both = {
      anyOf: [
        { ...TEXT, description: "d" },
        { ...NUMBER, description: "d" },
      ],
    };
    expect(property({ oneOf: [{ type: "string" }, { type: "number" }], description: "d" })).toEqual(both);
    expect(property({ type: ["string", "number"], description: "d" })).toEqual(both);
    expect(property({ anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }] })).toEqual({
      anyOf: [
        { ...TEXT, nullable: true },
        { ...NUMBER, nullable: true },
      ],
    });
  });

  test("allOf is one schema of them all", () => {
    const all = {
      description: "d",
      allOf: [
        { properties: { a: { type: "string" } }, required: ["a"] },
        { properties: { b: {} }, required: ["b"] },
      ],
    };
    expect(property(all)).toEqual({
      type: "OBJECT",
      description: "d",
      properties: { b: TEXT, a: TEXT },
      required: ["a", "b"],
    });
  });

  test("a format is kept where Google knows it", () => {
    expect(property({ type: "string", format: "date-time" })).toEqual({ ...TEXT, format: "date-time" });
    expect(property({ type: "string", format: "uri" })).toEqual(TEXT);
    expect(property({ type: "integer", format: "int32" })).toEqual({ type: "INTEGER", format: "int32" });
    expect(property({ type: "number", format: "date-time" })).toEqual(NUMBER);
  });

  test("a schema without a type has the one that it implies", () => {
    expect(property({ properties: { a: {} } })).toMatchObject({ type: "OBJECT" });
    expect(property({ items: {} })).toEqual({ type: "ARRAY", items: TEXT });
    expect(property({})).toEqual(TEXT);
    expect(property(true)).toEqual(TEXT);
  });

  test("a list says of what, a tuple of which kinds", () => {
    expect(property({ type: "array" })).toEqual({ type: "ARRAY", items: TEXT });
    expect(property({ prefixItems: [{ type: "string" }, { type: "number" }] })).toEqual({
      type: "ARRAY",
      items: { anyOf: [TEXT, NUMBER] },
    });
    expect(property({ items: [{ type: "number" }] })).toEqual({ type: "ARRAY", items: NUMBER });
  });
});

describe("objects", () => {
  test("a function without arguments has no parameters; an object within others has a property to leave out", () => {
    expect(parametersOf({})).toBeNull();
    expect(parametersOf({ type: "object", properties: {}, required: [] })).toBeNull();
    expect(property({ type: "object" })).toEqual({
      type: "OBJECT",
      properties: { _: { ...TEXT, description: "Leave this out." } },
    });
  });

  test("nothing is required that is no property", () => {
    expect(parametersOf({ properties: { a: {}, b: false }, required: ["a", "b", "c", "a", 7] })).toEqual({
      type: "OBJECT",
      properties: { a: TEXT },
      required: ["a"],
    });
  });

  test("arguments of several kinds have the members of all", () => {
    const $defs = { B: { properties: { b: {} }, required: ["b"] } };
    expect(
      parametersOf({
        $defs,
        anyOf: [{ properties: { a: {} }, required: ["a"] }, { $ref: "#/$defs/B" }],
        required: ["a"],
      }),
    ).toEqual({
      type: "OBJECT",
      properties: { b: TEXT, a: TEXT },
      required: ["a"],
    });
  });

  test("properties may have any name", () => {
    const properties = JSON.parse('{"__proto__":{"type":"number"},"constructor":{"type":"number"},"toString":{}}');
    const { properties: cleaned } = parametersOf({ properties }) as { properties: Json };
    expect(Object.keys(cleaned)).toEqual(["__proto__", "constructor", "toString"]);
    expect(JSON.stringify(cleaned)).toContain('"__proto__":{"type":"NUMBER"}');
  });
});

describe("references", () => {
  test("are put in where they are used, with what stands beside them", () => {
    const schema = {
      $defs: { "a/b": { type: "string", description: "old" }, c: { $ref: "#/$defs/a~1b" } },
      properties: { x: { $ref: "#/$defs/c", description: "new" }, y: { $ref: "#/properties/x" } },
    };
    const text = { ...TEXT, description: "new" };
    expect(parametersOf(schema)).toEqual({ type: "OBJECT", properties: { x: text, y: text } });
  });

  test("that lead nowhere are values of any kind", () => {
    for (const $ref of ["#/$defs/none", "https://x.test/schema.json", "#/__proto__", "#/constructor"]) {
      expect(property({ $ref, description: "d" })).toEqual({ ...TEXT, description: "d" });
    }
  });

  test("that lead back to themselves are cut there", () => {
    const schema = {
      $defs: { Node: { type: "object", properties: { value: { type: "number" }, next: { $ref: "#/$defs/Node" } } } },
      properties: { list: { $ref: "#/$defs/Node" } },
    };
    expect(parametersOf(schema)).toEqual({
      type: "OBJECT",
      properties: { list: { type: "OBJECT", properties: { value: NUMBER, next: TEXT } } },
    });
    expect(parametersOf({ properties: { self: { $ref: "#" } } })).toMatchObject({
      properties: { self: { type: "OBJECT" } },
    });
    expect(property({ $ref: "#/properties/x" })).toEqual(TEXT);
  });

  test("that would grow without bounds, in depth or in number, end somewhere", () => {
    const names = Array.from({ length: 40 }, (_, at) => `d${at}`);
    const $defs = Object.fromEntries(
      names.map((name, at) => {
        const next = { $ref: `#/$defs/d${at + 1}` };
        return [name, { type: "object", properties: { a: next, b: next, c: next } }];
      }),
    );
    const cleaned = cleanSchema({ $defs, $ref: "#/$defs/d0" });
    expect(JSON.stringify(cleaned).length).toBeLessThan(300_000);
    let deep: Json = {};
    for (let level = 0; level < 3_000; level++) deep = { type: "array", items: deep };
    expect(JSON.stringify(cleanSchema(deep)).match(/ARRAY/g)?.length).toBeLessThan(40);
    let all: Json = {};
    for (let level = 0; level < 3_000; level++) all = { allOf: [all, all] };
    expect(cleanSchema(all)).toEqual(TEXT);
  });
});

/** What Google takes, and nothing else. */
const MEMBERS = new Set([
  ...[
    "type",
    "title",
    "description",
    "nullable",
    "format",
    "enum",
    "items",
    "properties",
    "required",
    "propertyOrdering",
    "anyOf",
  ],
  ...[
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "minProperties",
    "maxProperties",
  ],
]);

function isTaken(schema: Json): boolean {
  const known = Object.keys(schema).every((member) => MEMBERS.has(member));
  const whole = Array.isArray(schema.anyOf) ? Object.keys(schema).length === 1 : typeof schema.type === "string";
  const inside = [
    ...((schema.anyOf ?? []) as Json[]),
    ...(schema.items ? [schema.items as Json] : []),
    ...Object.values((schema.properties ?? {}) as Record<string, Json>),
  ];
  const filled = schema.type !== "OBJECT" || Object.keys(schema.properties as Json).length > 0;
  const listed = schema.type !== "ARRAY" || schema.items !== undefined;
  return known && whole && filled && listed && inside.every(isTaken);
}

test("whatever a client sends as a schema, what is sent on is one that Google takes", () => {
  const { schema } = fc.letrec<{ schema: Json }>((tie) => ({
    schema: fc.dictionary(
      fc.constantFrom(
        "type",
        "properties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "enum",
        "const",
        "required",
        "not",
        "format",
      ),
      fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>(
          "string",
          "object",
          "null",
          "array",
          "#",
          "#/items",
          ["string", "null"],
          ["a", 1, null],
          7,
          null,
        ),
        tie("schema"),
        fc.array(tie("schema"), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom("a", "__proto__", "b"), tie("schema"), { maxKeys: 2 }),
      ),
      { maxKeys: 4 },
    ),
  }));
  fc.assert(
    fc.property(schema, (each) => {
      expect(isTaken(cleanSchema(each))).toBe(true);
      const parameters = parametersOf(each);
      expect(parameters === null || (parameters.type === "OBJECT" && isTaken(parameters))).toBe(true);
    }),
  );
});
