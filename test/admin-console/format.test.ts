import { describe, expect, test } from "vitest";
import { formatCount, formatDate, formatDuration, formatTime } from "../../admin/src/locale/format.ts";

const NOON = Date.parse("2026-11-21T12:00:00Z");

describe("durations", () => {
  test.each([
    [null, "–"],
    [0, "0 ms"],
    [840.4, "840 ms"],
    [999, "999 ms"],
    [1_000, "1.00 s"],
    [1_244, "1.24 s"],
    [9_994, "9.99 s"],
    [9_996, "10.0 s"],
    [59_900, "59.9 s"],
    [59_960, "1 m 00 s"],
    [125_000, "2 m 05 s"],
    [3_599_600, "60 m 00 s"],
  ])("%s ms reads %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe("counts and times", () => {
  test("shows counts to the last token", () => {
    expect(formatCount(0)).toBe("0");
    expect(formatCount(1_234_567)).toBe("1,234,567");
  });

  test("shows seconds for today and the day for anything before", () => {
    expect(formatTime("2026-11-21T09:03:07.500Z", NOON, "UTC")).toBe("09:03:07");
    expect(formatTime("2026-11-20T23:59:59Z", NOON, "UTC")).toBe("20 Nov 23:59");
  });

  test("takes today from the reader's time zone", () => {
    expect(formatTime("2026-11-20T23:59:59Z", NOON, "Asia/Shanghai")).toBe("07:59:59");
    expect(formatTime("2026-11-21T00:30:00Z", NOON, "America/New_York")).toBe("20 Nov 19:30");
  });

  test("shows midnight as 00:00", () => {
    expect(formatDate("2026-11-21T00:00:00Z", "UTC")).toBe("21 Nov 2026, 00:00");
    expect(formatTime("2026-11-21T00:00:00Z", NOON, "UTC")).toBe("00:00:00");
  });
});
