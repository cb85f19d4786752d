/**
 * The shapes that schemas are most often made of. They are `zod/mini`'s, zod's functions without its methods: a bundler leaves out
 * the functions that nobody calls, and no method, so the Worker is 50 kB smaller.
 */
import * as z from "zod/mini";

// Zod's own English is 3 kB, most of it for shapes that nothing here has.
z.config({ localeError: problemOf });

/** What is said where a schema has no words of its own, its field being the subject; zod's "Invalid input" where it is nothing of these. */
function problemOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : `must be of type ${issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.join(" or ")}`;
    case "too_small":
      return `${measured(issue.origin)} at least ${issue.minimum}`;
    case "too_big":
      return `${measured(issue.origin)} at most ${issue.maximum}`;
  }
  return undefined;
}

function measured(origin: string): string {
  return origin === "string" || origin === "array" ? "must have a length of" : "must be";
}

/** Text of so many characters, as it stands. */
export function textOf(least: number, most: number) {
  return z.string().check(z.minLength(least), z.maxLength(most));
}

/** Text of so many characters when white space around it, a paste accident, is gone. */
export function trimmed(least: number, most: number) {
  return z.string().check(z.trim(), z.minLength(least), z.maxLength(most));
}

/** A whole number. */
export function whole(least: number, most: number) {
  return z.int().check(z.minimum(least), z.maximum(most));
}

/** Text of this pattern, which bounds its length too. */
export function matching(pattern: RegExp, problem: string) {
  return z.string().check(z.regex(pattern, problem));
}

/** A number that a parameter says in digits. */
export function digits(pattern: RegExp, problem: string) {
  return into(matching(pattern, problem), Number);
}

const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** ISO 8601 with a zone in, milliseconds since the epoch out. */
export function time(problem: string) {
  return into(matching(TIME, problem), (text, refuse) => {
    const day = text.slice(0, 10);
    // A parser takes the 30th of February for the 2nd of March.
    return new Date(day).toISOString().startsWith(day) ? Date.parse(text) : refuse(problem, { code: "wrong_format" });
  });
}

/** Says why a value is refused; what it answers stands for what could not be made of it. */
export type Problem = (message: string, about?: { at?: string; code?: string }) => never;

/**
 * What is made of what the schema let through, unless there is a problem with it after all: `at` one of its members, or under a `code`
 * of the API's own.
 */
export function into<Schema extends z.ZodMiniType, Made>(
  schema: Schema,
  make: (value: z.output<Schema>, problem: Problem) => Made,
) {
  return z.pipe(
    schema,
    z.transform(
      (value: z.output<Schema>, { issues }): Made =>
        make(value, (message, { at, code } = {}) => {
          const path = at === undefined ? [] : [at];
          issues.push({ code: "custom", message, path, input: value, ...(code && { params: { code } }) });
          return z.NEVER;
        }),
    ),
  );
}
