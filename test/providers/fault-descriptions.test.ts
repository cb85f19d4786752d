/** Every condition of the fault table can be said to a person. */
import { expect, test } from "vitest";
import { words } from "../../admin/src/pages/accounts/chinese-conditions.ts";
import { DESCRIPTIONS, describeCondition } from "../../src/providers/faults/descriptions.ts";
import { FAULTS } from "../../src/providers/faults/table.ts";

const conditions = [...new Set(FAULTS.map(({ condition }) => condition))];

test.each(conditions)("%s has words", (condition) => {
  expect(describeCondition(condition)).not.toBe(condition);
  expect(describeCondition(condition)).toMatch(/^[a-z].*[^.]$/);
});

test("each has words in Chinese, which the console has", () => {
  expect(Object.keys(words).sort()).toEqual(Object.keys(DESCRIPTIONS).sort());
  for (const text of Object.values(words)) expect(text).toMatch(/\p{Script=Han}/u);
});

test("what only an older version knew is shown under its name, and inherited properties are no words", () => {
  expect(describeCondition("gone_by")).toBe("gone_by");
  expect(describeCondition("constructor")).toBe("constructor");
});
