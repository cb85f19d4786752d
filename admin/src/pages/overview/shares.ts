/** Shares out of sums of usage. Pure. */

export interface Counts {
  requests: number;
  errors: number;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_5m_tokens: number;
  cache_write_1h_tokens: number;
}

export function errorShare({ errors, requests }: Pick<Counts, "errors" | "requests">): number {
  return requests === 0 ? 0 : errors / requests;
}

/** Of all tokens that went in, those that a cache had. */
export function cachedShare(sums: Omit<Counts, "requests" | "errors">): number {
  const read = sums.cache_read_tokens;
  const all = sums.input_tokens + read + sums.cache_write_5m_tokens + sums.cache_write_1h_tokens;
  return all === 0 ? 0 : read / all;
}

/** By how much more than before, 0.5 for half as much again; null where nothing was before. */
export function changeOf(now: number, before: number): number | null {
  return before === 0 ? null : (now - before) / before;
}
