/** Money, factors and times at the API's edge: exact decimals in and out, and never a float inside; ISO 8601 with a zone. */
import * as z from "zod";
import { type MoneyProblem, parseDecimal, parseUsd } from "../../pricing/money.ts";

const PROBLEMS: Record<MoneyProblem, string> = {
  not_a_number: "must be a plain decimal such as 12.5",
  negative: "must not be negative",
  too_many_decimals: "has more decimals than we can keep exactly",
  too_large: "is too large",
};

const decimal = z.union([z.string().max(40), z.number()], "must be a decimal, as a string or a number");

/** Decimal USD in, integer nano-dollars out. */
export const usd = decimal.transform((amount, ctx) => {
  const nanos = parseUsd(amount);
  if (typeof nanos === "number") return nanos;
  ctx.addIssue(PROBLEMS[nanos]);
  return z.NEVER;
});

/** A factor in, thousandths out. */
export const multiplier = decimal.transform((factor, ctx) => {
  const milli = parseDecimal(factor, 3);
  if (typeof milli === "string") ctx.addIssue(PROBLEMS[milli]);
  else if (milli > 1_000_000) ctx.addIssue("must be at most 1000");
  return typeof milli === "string" ? z.NEVER : milli;
});

/** ISO 8601 with a zone in, milliseconds since the epoch out. */
export const time = z.iso
  .datetime({ offset: true, error: "must be an ISO 8601 time with a zone, such as 2027-01-31T00:00:00Z" })
  .transform((text) => Date.parse(text));

/** Milliseconds since the epoch, as the API says them. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
