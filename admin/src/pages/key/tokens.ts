/** All tokens of a sum, of every kind. Pure. */

export interface Tokens {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_5m_tokens: number;
  cache_write_1h_tokens: number;
}

/** All tokens that are billed. Reasoning is part of the output. */
export function tokensOf(sums: Tokens): number {
  return (
    sums.input_tokens +
    sums.output_tokens +
    sums.cache_read_tokens +
    sums.cache_write_5m_tokens +
    sums.cache_write_1h_tokens
  );
}
