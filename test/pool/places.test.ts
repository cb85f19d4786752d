/** Places at an account: what is booked when one is given back, lapses, or comes back late. */
import { describe, expect, test } from "vitest";
import { giveBack, type Places, renew, roll } from "../../src/pool/places.ts";

const HOUR = 3_600_000;
const place = (id: string, expiresAt: number, estimateNanos: number) => ({
  id,
  expiresAt,
  probe: false,
  estimateNanos,
});
const empty: Places = { leases: [], lapsed: [], day: { startedAt: 0, costNanos: 0 } };
const held: Places = { ...empty, leases: [place("a", 100, 7), place("b", 900, 5)] };

describe("a place that lapses", () => {
  test("is free, and booked at its estimate", () => {
    const after = roll(held, 0, 100);
    expect(after.leases.map(({ id }) => id)).toEqual(["b"]);
    expect(after.day.costNanos).toBe(7);
  });

  test("and is given back later is booked at what its request cost, once", () => {
    const lapsed = roll(held, 0, 100);
    const late = giveBack(lapsed, "a", 20);
    expect(late?.day.costNanos).toBe(20);
    expect(giveBack(late ?? empty, "a", 20)).toBeNull();
  });

  test("and is renewed is held again, and its estimate is not booked", () => {
    const again = renew(roll(held, 0, 100), "a", 1_000);
    expect(again?.leases.map(({ id, expiresAt }) => [id, expiresAt])).toEqual([
      ["b", 900],
      ["a", 1_000],
    ]);
    expect([again?.day.costNanos, again?.lapsed]).toEqual([0, []]);
  });

  test("before a new day belongs to the old one, and a late return to the day it comes in", () => {
    const after = roll(held, HOUR, HOUR + 1);
    expect(after.day).toEqual({ startedAt: HOUR, costNanos: 0 });
    expect(giveBack(after, "a", 20)?.day.costNanos).toBe(20);
  });
});

test("a place that is renewed while it is held does not lapse", () => {
  const renewed = renew(held, "a", 5_000);
  expect(roll(renewed ?? empty, 0, 4_999).leases.map(({ id }) => id)).toEqual(["a"]);
  expect(renew(held, "unknown", 5_000)).toBeNull();
});

test("a place that was never taken books nothing", () => {
  expect(giveBack(held, "unknown", 9)).toBeNull();
});
