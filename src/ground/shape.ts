/**
 * The shapes that schemas are most often made of. They use `zod/mini`, which has functions where zod has methods: a bundler can leave
 * out functions that nobody calls, but no methods, so the Worker is 50 kB smaller.
 */
import * as z from "zod/mini";

// Zod's own English has 3 kB, most of them for shapes that nothing here uses.
z.config({ localeError: problemOf });

/** The problem if a schema has no words for it, as a sentence whose subject is the field. Undefined: zod says "Invalid input". */
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

/** Text of `least` to `most` characters, as it is. */
export function textOf(least: number, most: number) {
  return z.string().check(z.minLength(least), z.maxLength(most));
}

/** Text of `least` to `most` characters, without the white space around it, which a paste may bring. */
export function trimmed(least: number, most: number) {
  return z.string().check(z.trim(), z.minLength(least), z.maxLength(most));
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number) {
  return z.int().check(z.minimum(least), z.maximum(most));
}

/** Text that matches a pattern, which must bound its length too. */
export function matching(pattern: RegExp, problem: string) {
  return z.string().check(z.regex(pattern, problem));
}

/** A number that a parameter has as digits. */
export function digits(pattern: RegExp, problem: string) {
  return into(matching(pattern, problem), Number);
}

const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time in ISO 8601 with a zone; it becomes milliseconds since the epoch. */
export function time(problem: string) {
  return into(matching(TIME, problem), (text, refuse) => {
    const day = text.slice(0, 10);
    // A parser takes the 30th of February for the 2nd of March.
    return new Date(day).toISOString().startsWith(day) ? Date.parse(text) : refuse(problem, { code: "wrong_format" });
  });
}

/** Says why a value is refused. Return what it returns, in place of the value that could not be made. */
export type Problem = (message: string, about?: { at?: string; code?: string }) => never;

/**
 * Makes something of a value that the schema lets through. `make` may still find a problem with it: `at` one of its members, or with a
 * `code` of the API's own.
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
