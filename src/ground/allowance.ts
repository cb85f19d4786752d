/** One limit of a key and how far it is used up: what the key's gate tells, and each wire format writes in its own headers. */
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
  /** Milliseconds since the epoch. Null: it does not come back. */
  resetAt: number | null;
}

/** The used share of a limit; 1 of one that allows nothing. */
export function usedShare({ used, limit }: Allowance): number {
  return limit > 0 ? used / limit : 1;
}

/** Of a key's limits the fullest; null for a key without limits. */
export function fullestOf(allowances: readonly Allowance[]): Allowance | null {
  return allowances.reduce<Allowance | null>(
    (most, each) => (most && usedShare(most) >= usedShare(each) ? most : each),
    null,
  );
}
