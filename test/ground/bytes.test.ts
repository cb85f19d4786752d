import { expect, it } from "vitest";
import { joined } from "../../src/ground/bytes.ts";

it("joins the pieces in their order, empty ones and views of larger memory too", () => {
  const memory = new Uint8Array([9, 1, 2, 9]);
  const whole = joined([memory.subarray(1, 3), new Uint8Array(0), new Uint8Array([3])]);
  expect([...whole]).toEqual([1, 2, 3]);
});

it("makes nothing of no pieces", () => {
  expect(joined([])).toEqual(new Uint8Array(0));
});

it("does not copy a single piece", () => {
  const only = new Uint8Array([1, 2]);
  expect(joined([only])).toBe(only);
});
