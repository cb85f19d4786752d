/** What an isolate holds in request bodies: bounded in all and by key, given back, and never for ever. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type BodyHold, holdFor } from "../../src/relay/body-hold.ts";

const MB = 1_000_000;
let holds: BodyHold[] = [];
const hold = (keyId: string) => {
  const made = holdFor(keyId);
  holds.push(made);
  return made;
};
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const each of holds) each.release();
  holds = [];
  vi.useRealTimers();
});

test("one key holds one of the largest bodies, however many requests share it", () => {
  expect(hold("a").take(50 * MB)).toBe(true);
  expect(hold("a").take(1)).toBe(false);
  holds[0]?.release();
  for (let request = 0; request < 6; request++) expect(hold("a").take(8 * MB)).toBe(true);
  expect(hold("a").take(8 * MB)).toBe(false);
});

test("beside a key that holds all it may, others have room", () => {
  hold("a").take(50 * MB);
  expect(hold("b").take(22 * MB)).toBe(true);
  expect(hold("c").take(2 * MB)).toBe(false);
  expect(hold("c").take(1 * MB)).toBe(true);
});

test("what is given back twice is given back once", () => {
  const other = hold("b");
  other.take(20 * MB);
  const first = hold("a");
  first.take(50 * MB);
  first.release();
  first.release();
  expect(hold("a").take(50 * MB)).toBe(true);
  expect(hold("c").take(5 * MB)).toBe(false);
});

test("what a cancelled invocation never gives back is free after a quarter of an hour", () => {
  hold("a").take(50 * MB);
  vi.advanceTimersByTime(15 * 60_000 + 1);
  hold("b").take(1);
  expect(hold("a").take(50 * MB)).toBe(true);
});
