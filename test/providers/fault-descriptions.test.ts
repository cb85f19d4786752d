/** Every condition of the fault table can be said to a person. */
import { expect, test } from "vitest";
import { describeCondition } from "../../src/providers/faults/descriptions.ts";
import { FAULTS } from "../../src/providers/faults/table.ts";

const conditions = [...new Set(FAULTS.map(({ condition }) => condition))];

test.each(conditions)("%s has words", (condition) => {
  expect(describeCondition(condition)).not.toBe(condition);
  expect(describeCondition(condition)).toMatch(/^[a-z].*[^.]$/);
});

test("what only an older version knew is shown under its name, and inherited properties are no words", () => {
  expect(describeCondition("gone_by")).toBe("gone_by");
  expect(describeCondition("constructor")).toBe("constructor");
});
