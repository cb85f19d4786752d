/** What one isolate remembers: who waits for a read, for how long, and what happens to those whose reader is gone. */
import { describe, expect, test, vi } from "vitest";
import { Remembered } from "../../src/store/remembered.ts";

const never = () => new Promise<never>(() => {});
const make = () => new Remembered<number>({ name: "number", freshMs: () => 10, usableMs: 60, patienceMs: 30 });

describe("a value that is remembered", () => {
  test("is answered from memory while it is usable, and read again beside, once", async () => {
    const remembered = make();
    expect(await remembered.get(async () => 1, 0)).toBe(1);
    const read = vi.fn(async () => 2);
    expect([remembered.get(read, 9), remembered.get(read, 10), remembered.get(read, 10)]).toEqual([1, 1, 1]);
    expect(read).toHaveBeenCalledTimes(1);
    await scheduler.wait(0);
    expect(remembered.get(read, 11)).toBe(2);
  });

  test("is waited for when it is older than usable", async () => {
    const remembered = make();
    await remembered.get(async () => 1, 0);
    const again = remembered.get(async () => 2, 60);
    expect(again).toBeInstanceOf(Promise);
    expect(await again).toBe(2);
  });

  test("is read again by the next request where the one that read it beside was cancelled", async () => {
    const remembered = make();
    await remembered.get(async () => 1, 0);
    expect(remembered.get(never, 10)).toBe(1);
    expect(remembered.get(async () => 2, 39)).toBe(1);
    expect(remembered.get(async () => 3, 40)).toBe(1);
    await scheduler.wait(0);
    expect(remembered.get(never, 41)).toBe(3);
  });

  test("stays where it cannot be read, for another span in which nobody waits", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const remembered = make();
    await remembered.get(async () => 1, 0);
    const failing = vi.fn(async () => Promise.reject(new Error("away")));
    expect(await remembered.get(failing, 1_000)).toBe(1);
    expect(remembered.get(failing, 1_009)).toBe(1);
    expect(failing).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
  });

  test("stays where a read never ends, and only the first waits to see that", async () => {
    const remembered = make();
    await remembered.get(async () => 1, 0);
    expect(await remembered.get(never, 1_000)).toBe(1);
    expect(remembered.get(never, 1_001)).toBe(1);
  });

  test("serves on without a pause for as long as no read beside ever ends", async () => {
    const remembered = make();
    await remembered.get(async () => 1, 0);
    const answers = Array.from({ length: 200 }, (_, now) => remembered.get(never, now));
    expect(new Set(answers)).toEqual(new Set([1]));
    // And nobody relies on it longer than that, once nobody has asked for so long.
    expect(remembered.get(async () => 2, 300)).toBeInstanceOf(Promise);
  });

  test("is read anew after it was forgotten, and what an older read brings is dropped", async () => {
    const remembered = make();
    await remembered.get(async () => 1, 0);
    const slow = Promise.withResolvers<number>();
    remembered.get(() => slow.promise, 10);
    remembered.forget();
    const known: (number | undefined)[] = [];
    const newer = remembered.get(async (before) => {
      known.push(before);
      return 3;
    }, 11);
    slow.resolve(2);
    expect(await newer).toBe(3);
    expect(known).toEqual([undefined]);
    expect(remembered.get(never, 12)).toBe(3);
  });
});

describe("a value that nobody has read yet", () => {
  test("is read once for all who ask together", async () => {
    const remembered = make();
    const read = vi.fn(async () => 1);
    expect(await Promise.all([0, 1, 2].map((now) => remembered.get(read, now)))).toEqual([1, 1, 1]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  test("is read by the next in the queue where the first was cancelled", async () => {
    const remembered = make();
    void Promise.resolve(remembered.get(never, 0)).catch(() => {});
    expect(await remembered.get(async () => 2, 1)).toBe(2);
  });

  test("fails those who ask with the reason, and the next may try", async () => {
    const remembered = make();
    await expect(remembered.get(async () => Promise.reject(new Error("away")), 0)).rejects.toThrow("away");
    await expect(remembered.get(never, 1)).rejects.toThrow();
    expect(await remembered.get(async () => 1, 40)).toBe(1);
  });

  test("serves who waited for it though it was forgotten meanwhile, and nobody after them", async () => {
    const remembered = make();
    const slow = Promise.withResolvers<number>();
    const waiting = remembered.get(() => slow.promise, 0);
    remembered.forget();
    slow.resolve(1);
    expect(await waiting).toBe(1);
    expect(await remembered.get(async () => 2, 1)).toBe(2);
  });
});
