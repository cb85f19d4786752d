/** The shapes that schemas are made of, and what they say to whoever gives something else. */
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { fieldProblems } from "../../src/admin/api/field-problems.ts";
import { digits, into, matching, textOf, time, trimmed, whole } from "../../src/ground/shape.ts";

function problemsOf(schema: z.ZodMiniType, value: unknown) {
  const { error } = schema.safeParse(value);
  return error?.issues.map(({ code, path, message }) => ({ code, path, message })) ?? [];
}

describe("a shape", () => {
  it("bounds a text as it stands, or without the white space around it", () => {
    expect(textOf(1, 3).safeParse(" a ").data).toBe(" a ");
    expect(trimmed(1, 3).safeParse("  abc ").data).toBe("abc");
    expect(trimmed(1, 3).safeParse("  ").success).toBe(false);
    expect(textOf(0, 3).safeParse("abcd").success).toBe(false);
  });

  it.each([0, 11, 1.5, "5", Number.NaN, null])("of a whole number from 1 to 10 refuses %j", (value) => {
    expect(whole(1, 10).safeParse(10).data).toBe(10);
    expect(whole(1, 10).safeParse(value).success).toBe(false);
  });

  it("reads a number from its digits, and says the pattern's problem where there are others", () => {
    const three = digits(/^\d{1,3}$/, "must be a whole number");
    expect(three.safeParse("042").data).toBe(42);
    expect(problemsOf(three, "1e3")).toEqual([{ code: "invalid_format", path: [], message: "must be a whole number" }]);
  });

  it.each([
    ["2027-01-31T00:00:00Z", 1801353600000],
    ["2028-02-29T23:59:59.5+08:00", 1835452799500],
    ["0001-01-01T00:00:00-00:30", -62135595000000],
  ])("reads the time %s", (text, at) => {
    expect(time("must be a time").safeParse(text).data).toBe(at);
  });

  it.each([
    "2027-02-29T00:00:00Z",
    "2027-04-31T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-01-31T24:00:00Z",
    "2027-01-31T00:00:60Z",
    "2027-01-31T00:00Z",
    "2027-01-31T00:00:00",
    "2027-01-31T00:00:00+24:00",
    "2027-01-31 00:00:00Z",
    "2027-01-31",
    "",
  ])("refuses %j, which is no time with a zone, in its own words", (text) => {
    const read = time("must be a time").safeParse(text);
    expect(fieldProblems(read.error?.issues ?? [], text)).toEqual([
      { field: "", message: "must be a time", code: "wrong_format" },
    ]);
  });

  it.each([
    [textOf(2, 3), "a", "must have a length of at least 2"],
    [textOf(2, 3), "abcd", "must have a length of at most 3"],
    [whole(1, 9), 10, "must be at most 9"],
    [z.array(z.string()).check(z.minLength(1)), [], "must have a length of at least 1"],
    [z.enum(["a", "b"]), "c", "must be a or b"],
    [z.literal(7), 8, "must be 7"],
    [matching(/^a$/, "must be a"), 1, "must be of type string"],
    [z.strictObject({}), null, "must be of type object"],
    [z.string(), undefined, "is required"],
    [z.union([z.string(), z.number()]), true, "Invalid input"],
  ])("says in English what is wrong: %#", (schema: z.ZodMiniType, value: unknown, message) => {
    expect(problemsOf(schema, value).map((problem) => problem.message)).toEqual([message]);
  });
});

describe("what is made of a value", () => {
  const even = into(z.object({ of: z.number() }), ({ of }, problem) =>
    of % 2 === 0 ? of / 2 : problem("is odd", { at: "of" }),
  );

  it("comes out in its place", () => {
    expect(even.safeParse({ of: 4 }).data).toBe(2);
  });

  it("is nothing where there is a problem, which names its place", () => {
    const problem = { code: "custom", path: ["of"], message: "is odd" };
    expect(problemsOf(even, { of: 3 })).toEqual([problem]);
    expect(problemsOf(z.object({ a: z.optional(even) }), { a: { of: 3 } })).toEqual([
      { ...problem, path: ["a", "of"] },
    ]);
  });

  it("is not asked for where the schema refused the value", () => {
    expect(problemsOf(even, { of: "4" })).toMatchObject([{ code: "invalid_type" }]);
  });

  it("may have several problems", () => {
    const never = into(z.string(), (_, problem) => {
      problem("one");
      return problem("two", { at: "b" });
    });
    expect(problemsOf(never, "x").map(({ message }) => message)).toEqual(["one", "two"]);
  });
});
