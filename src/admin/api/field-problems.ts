/** Turns what a schema found into the API's field problems, whose codes do not depend on the library. Pure. */
import type * as z from "zod/mini";
import { FIELD_CODES, type FieldCode, type FieldProblem } from "./refusal.ts";

/** `input` is the checked value: the library reports missing values and wrong types alike. */
export function fieldProblems(issues: readonly z.core.$ZodIssue[], input: unknown): FieldProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, input));
}

function problemsOf(issue: z.core.$ZodIssue, input: unknown): FieldProblem[] {
  const at = issue.path.map(String);
  const field = at.join(".");
  const { message } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        field: [...at, key].join("."),
        message: "unknown field",
        code: "unknown_field",
      }));
    case "invalid_type":
      return [{ field, message, code: valueAt(input, issue.path) === undefined ? "required" : "wrong_type" }];
    case "invalid_value":
      return [{ field, message, code: valueAt(input, issue.path) === undefined ? "required" : "not_an_option" }];
    case "invalid_format":
      return [{ field, message, code: "wrong_format" }];
    case "too_small": {
      const limit = Number(issue.minimum);
      // An empty required text is "required" for people, though the schema calls it too short.
      const code = limit === 1 && issue.origin === "string" ? "required" : BELOW[issue.origin];
      return [{ field, message, limit, code: code ?? "too_small" }];
    }
    case "too_big":
      return [{ field, message, limit: Number(issue.maximum), code: ABOVE[issue.origin] ?? "too_big" }];
    case "custom": {
      const code = FIELD_CODES.find((known) => known === issue.params?.code);
      return [{ field, message, ...(code && { code }) }];
    }
    default:
      return [{ field, message }];
  }
}

/** Numbers have `too_small` and `too_big`. */
const BELOW: Record<string, FieldCode> = { string: "too_short", array: "too_few", set: "too_few" };
const ABOVE: Record<string, FieldCode> = { string: "too_long", array: "too_many", set: "too_many" };

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined),
    input,
  );
}
