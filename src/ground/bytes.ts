/**
 * Joins pieces of bytes. A single piece is returned as it is and not copied: the beginning of a stream mostly comes in one. So do not
 * write into what this returns.
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
