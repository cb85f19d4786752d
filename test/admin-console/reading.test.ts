import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createReading, type Pace, partOf } from "../../admin/src/list/reading.ts";
import { NO_ANSWER } from "../../admin/src/problem.ts";

const page = new EventTarget() as EventTarget & { visibilityState: string };

beforeEach(() => {
  vi.useFakeTimers();
  page.visibilityState = "visible";
  vi.stubGlobal("document", page);
  const frame = new EventTarget();
  vi.stubGlobal("addEventListener", frame.addEventListener.bind(frame));
  vi.stubGlobal("removeEventListener", frame.removeEventListener.bind(frame));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Reads 1, 2, 3 and so on, or a failure where `fails` says so. */
function counting(every: number | null | Pace<number>, fails: (reading: number) => boolean = () => false) {
  let readings = 0;
  const reading = createReading(async () => {
    readings += 1;
    return fails(readings) ? { ok: false as const, problem: NO_ANSWER } : { ok: true as const, value: readings };
  }, every);
  return { reading, count: () => readings };
}

function comeBack(): void {
  page.dispatchEvent(new Event("visibilitychange"));
}

describe("what a page reads", () => {
  test("is read again every so often, also where that failed, until the page is left", async () => {
    const { reading, count } = counting(1_000, (at) => at === 2);
    const leave = reading.visit();
    await vi.advanceTimersByTimeAsync(2_500);
    expect([count(), reading.value.value]).toEqual([3, 3]);
    leave();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(count()).toBe(3);
  });

  test("is not read while nobody sees the page, and at once when somebody does", async () => {
    const { reading, count } = counting(1_000);
    reading.visit();
    page.visibilityState = "hidden";
    await vi.advanceTimersByTimeAsync(10_000);
    expect(count()).toBe(1);
    page.visibilityState = "visible";
    comeBack();
    expect(count()).toBe(2);
  });

  test("is read once where nobody says how often, and when somebody comes back", async () => {
    const { reading, count } = counting(null);
    reading.visit();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(count()).toBe(1);
    comeBack();
    expect(count()).toBe(2);
  });

  test("is read at a pace that what was read decides, and no more once it is enough", async () => {
    const { reading, count } = counting((value, readings) => ((value ?? 0) >= 3 ? null : readings * 1_000));
    reading.visit();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(count()).toBe(2);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(count()).toBe(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(count()).toBe(3);
    await vi.advanceTimersByTimeAsync(60_000);
    comeBack();
    expect(count()).toBe(3);
  });
});

test("a part of what is read is there when the whole is, and fails as it does", async () => {
  const { reading } = counting(null, (at) => at === 2);
  const part = partOf(reading, (count) => `${count} read`);
  expect(part.value.value).toBeNull();
  await reading.refresh();
  expect(part.value.value).toBe("1 read");
  await part.refresh();
  expect([part.value.value, part.problem.value]).toEqual(["1 read", NO_ANSWER]);
});
