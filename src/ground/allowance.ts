/** One limit of a key, and how much of it is used: the key's gate tells it, and each wire format writes it in its own headers. */
export interface Allowance {
  of:
    | "window_requests"
    | "window_tokens"
    | "window_cost"
    | "daily_cost"
    | "weekly_cost"
    | "total_cost"
    | "total_tokens";
  /** Money in nano-dollars, like `used`. */
  limit: number;
  used: number;
  /** When it is free again, milliseconds since the epoch; null: never. */
  resetAt: number | null;
}

/** The used share of a limit; 1 for a limit that allows nothing. */
export function usedShare({ used, limit }: Allowance): number {
  return limit > 0 ? used / limit : 1;
}

/** The fullest of a key's limits; null for a key without limits. */
export function fullestOf(allowances: readonly Allowance[]): Allowance | null {
  return allowances.reduce<Allowance | null>(
    (most, each) => (most && usedShare(most) >= usedShare(each) ? most : each),
    null,
  );
}
