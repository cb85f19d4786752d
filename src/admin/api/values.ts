/** Money, factors and times in the API: exact decimals in and out, never a float inside; ISO 8601 with a zone. */
import * as z from "zod/mini";
import { into, textOf, time as timeOr } from "../../ground/shape.ts";
import { type MoneyProblem, parseDecimal, parseUsd } from "../../pricing/money.ts";

const PROBLEMS: Record<MoneyProblem, string> = {
  not_a_number: "must be a plain decimal such as 12.5",
  negative: "must not be negative",
  too_many_decimals: "has more decimals than we can keep exactly",
  too_large: "is too large",
};

const decimal = z.union([textOf(0, 40), z.number()], "must be a decimal, as a string or a number");

/** Decimal USD in, integer nano-dollars out. */
export const usd = into(decimal, (amount, problem) => {
  const nanos = parseUsd(amount);
  return typeof nanos === "number" ? nanos : problem(PROBLEMS[nanos]);
});

/** A factor in, thousandths out. */
export const multiplier = into(decimal, (factor, problem) => {
  const milli = parseDecimal(factor, 3);
  if (typeof milli === "string") return problem(PROBLEMS[milli]);
  return milli > 1_000_000 ? problem("must be at most 1000") : milli;
});

export const time = timeOr("must be an ISO 8601 time with a zone, such as 2027-01-31T00:00:00Z");

/** Milliseconds since the epoch in the API's form. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
