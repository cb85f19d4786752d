/**
 * The shapes that schemas are most often made of. They are `zod/mini`'s, zod's functions without its methods: a bundler leaves out
 * the functions that nobody calls, and no method, so the Worker is 50 kB smaller. Problems are told in English.
 */
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

z.config(en());

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
