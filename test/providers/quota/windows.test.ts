/** What counts of the windows that are known, and how what is read changes them. */
import { expect, test } from "vitest";
import {
  afterAsking,
  afterReading,
  hasMoved,
  isQuotaDue,
  type ProviderQuota,
  type QuotaWindow,
  shownAt,
  tightestWindow,
  usedAt,
} from "../../../src/providers/quota/windows.ts";

const NOW = Date.UTC(2026, 9, 14, 18);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function window(name: string, used: number | null, fields: Partial<QuotaWindow> = {}): QuotaWindow {
  const said = { status: null, reason: null, source: "headers", resetsAt: NOW + HOUR, readAt: NOW } as const;
  return { name, scope: null, used, ...said, ...fields };
}

const quota = (...windows: QuotaWindow[]): ProviderQuota => ({ windows, deciding: null, asked: null });
const names = ({ windows }: ProviderQuota) => windows.map(({ name, used }) => `${name} ${used}`);

test("a window that has started over is free, and one that says no end is believed for a minute", () => {
  expect(usedAt(window("5h", 0.9), NOW + HOUR - 1)).toBe(0.9);
  expect(usedAt(window("5h", 0.9), NOW + HOUR)).toBe(0);
  const endless = window("5h", 0.9, { resetsAt: null });
  expect([usedAt(endless, NOW + MINUTE - 1), usedAt(endless, NOW + MINUTE)]).toEqual([0.9, 0]);
});

test("what the provider has closed is used up, whatever share it names, and no share is above one", () => {
  expect(usedAt(window("5h", 0.3, { status: "rejected" }), NOW)).toBe(1);
  expect(usedAt(window("5h", null, { status: "rejected" }), NOW)).toBe(1);
  expect(usedAt(window("5h", 1.04), NOW)).toBe(1);
  expect(usedAt(window("overage", null), NOW)).toBe(0);
});

test("one that has started over is shown without the verdict of before, one that says no end as it was read", () => {
  const closed = window("5h", 1.2, { status: "rejected", reason: "out_of_credits" });
  expect(shownAt(closed, NOW)).toEqual({ ...closed, used: 1 });
  expect(shownAt(closed, NOW + HOUR)).toEqual({ ...closed, used: 0, status: null, reason: null });
  const endless = { ...closed, used: null, resetsAt: null };
  expect(shownAt(endless, NOW + HOUR)).toEqual(endless);
});

test("the tightest window is of all the use or of the model's own family, and never of another's", () => {
  const known = quota(window("5h", 0.2), window("7d", 0.4), window("7d_opus", 0.9, { scope: "opus" }));
  expect(tightestWindow(known, "opus", NOW)?.name).toBe("7d_opus");
  expect(tightestWindow(known, "sonnet", NOW)?.name).toBe("7d");
  expect(tightestWindow(known, null, NOW)?.name).toBe("7d");
  expect(tightestWindow(quota(), "opus", NOW)).toBeNull();
  expect(tightestWindow(undefined, "opus", NOW)).toBeNull();
});

test("a window takes the place of the one of its name; others stay until they start over", () => {
  const known = quota(
    window("5h", 0.2),
    window("7d_opus", 0.9, { scope: "opus" }),
    window("7d_sonnet", 0.5, { scope: "sonnet", resetsAt: NOW + MINUTE }),
    window("overage", null, { scope: "overage", resetsAt: null }),
  );
  const later = NOW + MINUTE;
  const after = afterReading(known, { windows: [window("5h", 0.3)], deciding: "5h" }, later);
  expect(names(after)).toEqual(["5h 0.3", "7d_opus 0.9"]);
  expect(after.deciding).toBe("5h");
  expect(afterReading(after, { windows: [], deciding: null }, later).deciding).toBe("5h");
  expect(names(afterReading(undefined, { windows: [window("5h", 0.3)], deciding: null }, NOW))).toEqual(["5h 0.3"]);
});

test("no more windows are kept than a provider can mean", () => {
  const many = Array.from({ length: 100 }, (_, at) => window(`w${at}`, 0));
  expect(afterReading(null, { windows: many, deciding: null }, NOW).windows).toHaveLength(32);
});

test("a move of one window is one, also its start over, and a small one is none", () => {
  const known = quota(window("5h", 0.5), window("7d", 0.5, { resetsAt: NOW + MINUTE }));
  const moved = (name: string, used: number, now = NOW) =>
    hasMoved(known, { windows: [window(name, used)], deciding: null }, 0.05, now);
  expect([moved("5h", 0.54), moved("5h", 0.56), moved("7d", 0.3)]).toEqual([false, true, true]);
  expect(moved("7d", 0.5, NOW + MINUTE)).toBe(true);
  expect([moved("other", 0.04), moved("other", 0.06)]).toEqual([false, true]);
});

test("a provider is asked where no figure is young enough, and not before the time that it was left alone for", () => {
  const asked = { at: NOW, error: null, againAt: NOW + 5 * MINUTE };
  expect(isQuotaDue(null, 10 * MINUTE, NOW)).toBe(true);
  expect(isQuotaDue(quota(window("5h", 0)), 10 * MINUTE, NOW + 9 * MINUTE)).toBe(false);
  expect(isQuotaDue(quota(window("5h", 0)), 10 * MINUTE, NOW + 10 * MINUTE)).toBe(true);
  expect(isQuotaDue({ ...quota(), asked }, 10 * MINUTE, NOW + 4 * MINUTE)).toBe(false);
  expect(isQuotaDue({ ...quota(), asked }, 10 * MINUTE, NOW + 5 * MINUTE)).toBe(true);
});

test("asking in vain leaves what is known, and is remembered", () => {
  const asked = { at: NOW, error: "the provider did not answer", againAt: NOW + HOUR };
  expect(afterAsking(quota(window("5h", 0.2)), { reading: null, asked }, NOW)).toEqual({
    ...quota(window("5h", 0.2)),
    asked,
  });
  const reading = { windows: [window("7d", 0.1)], deciding: null };
  expect(afterAsking(null, { reading, asked: { ...asked, error: null } }, NOW)).toMatchObject({
    windows: [{ name: "7d" }],
    asked: { error: null },
  });
});
