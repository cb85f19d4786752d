/** The bytes of a text, in UTF-8. The type says what every runtime does: the memory is not shared. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
