/** Every condition of the fault table can be said to a person. */
import { expect, test } from "vitest";
import { FAULTS } from "../../src/providers/faults/table.ts";
import { wordsFor } from "../../src/providers/faults/words.ts";

const conditions = [...new Set(FAULTS.map(({ condition }) => condition))];

test.each(conditions)("%s has words", (condition) => {
  expect(wordsFor(condition)).not.toBe(condition);
  expect(wordsFor(condition)).toMatch(/^[a-z].*[^.]$/);
});

test("what only an older version knew is shown under its name, and inherited properties are no words", () => {
  expect(wordsFor("gone_by")).toBe("gone_by");
  expect(wordsFor("constructor")).toBe("constructor");
});
