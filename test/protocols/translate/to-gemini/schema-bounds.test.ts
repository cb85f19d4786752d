/** What a client's schema can make the relay do, and the upstream bill, is bounded by what the client has sent. */
import { expect, test } from "vitest";
import type { Json } from "../../../../src/protocols/translate/hub.ts";
import { cleanSchema, parametersOf } from "../../../../src/protocols/translate/to-gemini/schema.ts";

const members = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, value]));
const referring = (to: string) => ({ $ref: `#/$defs/${to}` });
const sizeOf = (value: unknown) => JSON.stringify(value).length;

test("references that multiply each other are written no longer than their schema is by a token for each byte", () => {
  const $defs: Json = { d12: { type: "string", description: "word ".repeat(400) } };
  for (let at = 0; at < 12; at++) {
    const next = referring(`d${at + 1}`);
    $defs[`d${at}`] = { type: "object", properties: { a: next, b: next } };
  }
  const schema = { type: "object", properties: { x: referring("d0") }, $defs };
  expect(sizeOf(cleanSchema(schema))).toBeLessThanOrEqual(4 * sizeOf(schema));
  expect(sizeOf(parametersOf(schema))).toBeLessThanOrEqual(4 * sizeOf(schema));
});

test("a definition that is used often keeps its form, and says its words at least once", () => {
  const $defs = {
    note: { type: "object", description: "word ".repeat(400), properties: { text: { type: "string" } } },
  };
  const schema = { type: "object", properties: members(40, referring("note")), $defs };
  const { properties } = parametersOf(schema) as { properties: Record<string, Json> };
  expect(properties.m0).toMatchObject({ type: "OBJECT", description: $defs.note.description });
  expect(properties.m39).toEqual({ type: "OBJECT", properties: { text: { type: "STRING" } } });
});

test.each([
  ["a chain of references", { ...members(50_000, 1), ...referring("d0") }],
  ["alternatives", { ...members(50_000, 1), anyOf: Array(1_900).fill({ type: "object" }) }],
  ["properties of alternatives", { properties: members(50_000, {}), anyOf: Array(1_900).fill({ anyOf: [{}, {}] }) }],
])("%s beside tens of thousands of members is not put together with them again and again", (_, schema) => {
  const $defs = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`d${at}`, referring(`d${at + 1}`)]));
  // Putting them together each time takes minutes, and the test's own time is over before.
  expect(sizeOf(cleanSchema({ ...schema, $defs }))).toBeGreaterThan(0);
});
