/** Slots at an account: what is booked when one is released, lapses, or is released late. */
import { describe, expect, test } from "vitest";
import { releaseSlot, renewSlot, roll, type Slots } from "../../src/pool/slots.ts";

const HOUR = 3_600_000;
const slot = (id: string, expiresAt: number, estimateNanos: number) => ({
  id,
  expiresAt,
  probe: false,
  estimateNanos,
});
const empty: Slots = { leases: [], lapsed: [], day: { startedAt: 0, costNanos: 0 } };
const taken: Slots = { ...empty, leases: [slot("a", 100, 7), slot("b", 900, 5)] };

describe("a slot that lapses", () => {
  test("is free, and booked at its estimate", () => {
    const after = roll(taken, 0, 100);
    expect(after.leases.map(({ id }) => id)).toEqual(["b"]);
    expect(after.day.costNanos).toBe(7);
  });

  test("and is released later is booked at what its request cost, once", () => {
    const lapsed = roll(taken, 0, 100);
    const late = releaseSlot(lapsed, "a", 20);
    expect(late?.day.costNanos).toBe(20);
    expect(releaseSlot(late ?? empty, "a", 20)).toBeNull();
  });

  test("and is renewed is taken again, and its estimate is not booked", () => {
    const again = renewSlot(roll(taken, 0, 100), "a", 1_000);
    expect(again?.leases.map(({ id, expiresAt }) => [id, expiresAt])).toEqual([
      ["b", 900],
      ["a", 1_000],
    ]);
    expect([again?.day.costNanos, again?.lapsed]).toEqual([0, []]);
  });

  test("before a new day belongs to the old one, and a late return to the day it comes in", () => {
    const after = roll(taken, HOUR, HOUR + 1);
    expect(after.day).toEqual({ startedAt: HOUR, costNanos: 0 });
    expect(releaseSlot(after, "a", 20)?.day.costNanos).toBe(20);
  });
});

test("a slot that is renewed in time does not lapse", () => {
  const renewed = renewSlot(taken, "a", 5_000);
  expect(roll(renewed ?? empty, 0, 4_999).leases.map(({ id }) => id)).toEqual(["a"]);
  expect(renewSlot(taken, "unknown", 5_000)).toBeNull();
});

test("a slot that was never taken books nothing", () => {
  expect(releaseSlot(taken, "unknown", 9)).toBeNull();
});
