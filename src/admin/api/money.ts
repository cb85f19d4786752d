/** Decimals at the API's edge: exact, as a string or a JSON number, and never a float inside. */
import { z } from "zod";
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
