/** Meters texts that are cut anywhere, for the tests of all protocols. */

import { expect } from "vitest";
import type { Reading, StreamMeter } from "../../src/protocols/meter.ts";
import fc from "../fast-check.ts";

/** Meters a text, cut into pieces of the given sizes in bytes (repeated). */
export function meterWith(streamMeter: () => StreamMeter) {
  return (text: string, sizes: number[] = [Number.MAX_SAFE_INTEGER]): Reading => {
    const bytes = new TextEncoder().encode(text);
    const reader = streamMeter();
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      reader.feed(bytes.subarray(at, at + size));
      at += size;
    }
    return reader.end();
  };
}

/** Proves that a text reads the same however it is cut, with LF or CRLF. */
export function expectSameFromAnyCut(streamMeter: () => StreamMeter, text: string): void {
  const meter = meterWith(streamMeter);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), fc.boolean(), (sizes, crlf) => {
      expect(meter(crlf ? text.replaceAll("\n", "\r\n") : text, sizes)).toEqual(meter(text));
    }),
  );
}
