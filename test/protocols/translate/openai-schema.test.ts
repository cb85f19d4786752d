import { describe, expect, test } from "vitest";
import { argumentsSchema, mayBeStrict } from "../../../src/protocols/translate/openai-schema.ts";

describe("a schema of arguments for OpenAI", () => {
  test("is left as it is where nothing in it is refused", () => {
    const schema = { type: "object", properties: { a: { type: "array", items: { type: "string" } } }, $schema: "x" };
    expect(argumentsSchema(schema)).toBe(schema);
  });

  test("is an object with properties, also where the tool has none", () => {
    expect(argumentsSchema({})).toEqual({ type: "object", properties: {} });
    expect(argumentsSchema({ type: "object" })).toEqual({ type: "object", properties: {} });
  });

  test("says something of what every list holds", () => {
    const lists = { a: { type: "array" }, b: { type: ["array", "null"] }, c: { anyOf: [{ type: "array" }] } };
    expect(argumentsSchema({ type: "object", properties: lists }).properties).toEqual({
      a: { type: "array", items: {} },
      b: { type: ["array", "null"], items: {} },
      c: { anyOf: [{ type: "array", items: {} }] },
    });
  });

  test("has a list of schemas by place as alternatives", () => {
    const pair = { type: "array", items: [{ type: "string" }, { type: "number" }] };
    const { properties } = argumentsSchema({ type: "object", properties: { pair } });
    expect(properties).toEqual({
      pair: { type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } },
    });
  });

  test("has alternatives at its root put together, and requires what all of them do", () => {
    const schema = {
      properties: { id: { type: "string" } },
      required: ["id"],
      oneOf: [
        { properties: { a: { type: "string" }, kind: { const: "a" } }, required: ["a", "kind"] },
        { $ref: "#/$defs/other" },
      ],
      $defs: { other: { properties: { b: { type: "string" }, kind: { const: "b" } }, required: ["kind"] } },
    };
    expect(argumentsSchema(schema)).toEqual({
      type: "object",
      properties: { a: { type: "string" }, kind: { const: "b" }, b: { type: "string" }, id: { type: "string" } },
      required: ["id", "kind"],
      $defs: schema.$defs,
    });
  });

  test("keeps what only requires one thing or another", () => {
    const schema = {
      type: "object",
      properties: { a: {}, b: {} },
      anyOf: [{ required: ["a"] }, { required: ["b"] }],
    };
    expect(argumentsSchema(schema)).toEqual({ type: "object", properties: { a: {}, b: {} } });
  });

  test("is looked at no deeper than any tool is meant, and by no name that every object has", () => {
    let deep: Record<string, unknown> = { type: "array" };
    for (let depth = 0; depth < 3000; depth++) deep = { type: "object", properties: { a: deep } };
    expect(argumentsSchema(deep)).toBe(deep);
    const odd = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"array"},"constructor":{}}}');
    expect(JSON.stringify(argumentsSchema(odd))).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"array","items":{}},"constructor":{}}}',
    );
  });
});

describe("a schema may be strict", () => {
  const closed = (properties: object, required = Object.keys(properties)) => ({
    ...{ type: "object", properties, required, additionalProperties: false },
  });

  test("where each object names all it has, and allows nothing else", () => {
    const inner = closed({ b: { type: ["string", "null"] } });
    expect(mayBeStrict(closed({ a: { type: "array", items: inner }, c: { anyOf: [inner] } }))).toBe(true);
    expect(mayBeStrict(closed({}))).toBe(true);
  });

  test.each([
    ["an optional property", closed({ a: { type: "string" } }, [])],
    ["an open object", { type: "object", properties: {}, required: [] }],
    ["an open object within", closed({ a: { type: "object", properties: {} } })],
    ["a place of which nothing is said", closed({ a: {} })],
    ["a list of anything", closed({ a: { type: "array" } })],
    ["a word that strict mode has not", closed({ a: { oneOf: [{ type: "string" }] } })],
    ["a default", closed({ a: { type: "string", default: "b" } })],
    ["a length", closed({ a: { type: "string", minLength: 1 } })],
    ["a format of its own", closed({ a: { type: "string", format: "uri" } })],
    ["no object at its root", { anyOf: [closed({})] }],
  ])("but not with %s", (_, schema) => {
    expect(mayBeStrict(schema)).toBe(false);
  });
});

test("thousands of alternatives that refer to one large definition are not walked one by one", () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `p${at}`);
  let walks = 0;
  const properties = new Proxy(Object.fromEntries(names.map((name) => [name, {}])), {
    ownKeys: (target) => {
      walks++;
      return Reflect.ownKeys(target);
    },
  });
  const schema = { anyOf: Array(3_000).fill({ $ref: "#/$defs/large" }), $defs: { large: { properties } } };
  expect(Object.keys(argumentsSchema(schema).properties as object)).toHaveLength(1_000);
  expect(walks).toBeLessThan(100);
});
