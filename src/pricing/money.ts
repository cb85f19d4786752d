/**
 * Decimal US dollars to integer nano-dollars and back, exactly. String arithmetic only: no float ever holds money.
 * Amounts stay within safe integers, about 9 million dollars.
 */

/** Digits after the point in one nano-dollar. */
const NANO_DIGITS = 9;

export type MoneyProblem = "not_a_number" | "negative" | "too_many_decimals" | "too_large";

/**
 * `"12.5"` or `12.5` → 12500000000. A number is read as the shortest decimal that denotes it, which is what its author wrote. Strings
 * are plain decimals: no sign, exponent, separator or currency.
 */
export function parseUsd(amount: string | number): number | MoneyProblem {
  return parseDecimal(amount, NANO_DIGITS);
}

/** 12500000000 → `"12.5"`: the shortest exact decimal. `nanos` must be a safe integer. */
export function formatUsd(nanos: number): string {
  if (!Number.isSafeInteger(nanos)) throw new Error("Not an exact amount of nano-dollars");
  const digits = Math.abs(nanos)
    .toString()
    .padStart(NANO_DIGITS + 1, "0");
  const whole = digits.slice(0, -NANO_DIGITS);
  const fraction = digits.slice(-NANO_DIGITS).replace(/0+$/, "");
  return `${nanos < 0 ? "-" : ""}${whole}${fraction && `.${fraction}`}`;
}

/** Reads a non-negative decimal as an integer count of `10 ** -places`. */
export function parseDecimal(amount: string | number, places: number): number | MoneyProblem {
  const text = typeof amount === "number" ? withoutExponent(String(amount)) : amount.trim();
  if (/^-\d/.test(text)) return "negative";
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!parts) return "not_a_number";
  const [, whole = "", fraction = ""] = parts;
  if (fraction.length > places) return "too_many_decimals";
  const units = Number(whole + fraction.padEnd(places, "0"));
  return Number.isSafeInteger(units) ? units : "too_large";
}

/** JavaScript prints small and huge numbers as `1e-7`. This writes them out in full. */
function withoutExponent(text: string): string {
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!parts) return text;
  const [, sign = "", first = "", rest = "", power = "0"] = parts;
  const shift = Number(power);
  if (shift < 0) return `${sign}0.${"0".repeat(-shift - 1)}${first}${rest}`;
  return sign + first + rest.padEnd(shift, "0");
}
