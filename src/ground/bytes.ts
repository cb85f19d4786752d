/**
 * Pieces of bytes as one. A single piece is handed on as it is: what a stream begins with mostly comes in one, and is not copied.
 * So whoever gets the whole does not write into it.
 */
export function joined<Memory extends ArrayBufferLike>(
  chunks: readonly Uint8Array<Memory>[],
): Uint8Array<Memory | ArrayBuffer> {
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
