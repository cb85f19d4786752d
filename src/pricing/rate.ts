/**
 * Exact integer arithmetic for rates: decimal prices to integers, and division rounded half up. BigInt inside, because
 * tokens × rate passes 2^53 long before either factor does. Knows no model and no provider.
 */

/** Powers of ten that turn a published price into a rate of this code base. */
export const RATE_POWER = {
  /** US dollars per million tokens → nano-dollars per million tokens. */
  perMillionTokens: 9,
  /** US dollars per token → nano-dollars per million tokens. */
  perToken: 15,
  /** US dollars per call → nano-dollars per thousand calls. */
  perCall: 12,
} as const;

/**
 * `value × 10^power` as an integer, rounded half up; `null` if that is no safe non-negative integer. The value is read as the shortest
 * decimal that denotes it: price feeds contain products of floats such as 1.0000000000000002e-06, whose noise is far below the last
 * digit that is kept.
 */
export function scaleDecimal(value: number, power: number): number | null {
  const parts = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (!parts) return null;
  const [, whole = "", fraction = "", exponent = "0"] = parts;
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + power;
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : divideHalfUp(digits, 10n ** BigInt(-shift));
  return scaled <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(scaled) : null;
}

/** `numerator / denominator`, rounded half up. Both non-negative, the denominator positive. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}
