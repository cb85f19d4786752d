/** The shapes that schemas are made of, and what they say to whoever gives something else. */
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { digits, into, matching, textOf, trimmed, whole } from "../../src/ground/shape.ts";

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

  it("says in English what is wrong", () => {
    expect(problemsOf(textOf(2, 3), "a")[0]?.message).toBe("Too small: expected string to have >=2 characters");
    expect(problemsOf(matching(/^a$/, "must be a"), 1)[0]?.message).toBe(
      "Invalid input: expected string, received number",
    );
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
