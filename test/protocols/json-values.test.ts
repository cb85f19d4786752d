/** How many values a text of JSON holds is told without parsing it, those of JSON in its strings too. */
import { expect, test } from "vitest";
import { holdsFew } from "../../src/protocols/json.ts";

const lists = (count: number) => `[${"[],".repeat(count - 1)}[]]`;
const inside = (json: string) => JSON.stringify({ arguments: json });

test.each([
  ["lists of nothing", lists(5_000)],
  ["objects", `[${"{},".repeat(5_000)}{}]`],
  ["numbers", `[${"1,".repeat(5_000)}1]`],
  ["the arguments of a call", inside(lists(5_000))],
  ["arguments behind space", inside(` \n\t${lists(5_000)}`)],
  ["arguments behind a text with quotes", inside(`{"a":"\\"\\\\","b":${lists(5_000)}}`)],
])("%s are more values than so many", (_, json) => {
  expect(JSON.parse(json)).toBeDefined();
  expect(holdsFew(json, 1_000)).toBe(false);
  expect(holdsFew(json, 1_000_000)).toBe(true);
});

test.each([
  ["a text", JSON.stringify({ text: `x${lists(5_000)}` })],
  ["a text in the arguments of a call", inside(JSON.stringify({ text: `"${lists(5_000)}\\` }))],
  ["escapes", JSON.stringify({ text: '\\"'.repeat(5_000) })],
])("%s is one value, whatever stands in it", (_, json) => {
  expect(holdsFew(json, 1_000)).toBe(true);
});

test("what is no JSON ends somewhere", () => {
  expect(holdsFew(`{"a":"${"[".repeat(5_000)}`, 1_000)).toBe(true);
});
