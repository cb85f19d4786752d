/** A text's bytes, typed as every runtime makes them: in memory that nobody shares. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
