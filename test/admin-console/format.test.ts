import { describe, expect, test } from "vitest";
import { en } from "../../admin/src/locale/en.ts";
import { formatsFor } from "../../admin/src/locale/format.ts";
import { zhCN } from "../../admin/src/locale/zh-cn.ts";
import { localTimeIn, zoneOf } from "../../admin/src/locale/zone.ts";

const english = (timeZone?: string) => formatsFor("en", en.units, timeZone);
const chinese = formatsFor("zh-CN", zhCN.units, "UTC");
const NOON = Date.parse("2026-11-21T12:00:00Z");

describe("durations", () => {
  test.each([
    [null, "–"],
    [0, "0 ms"],
    [840.4, "840 ms"],
    [999, "999 ms"],
    [999.7, "1.00 s"],
    [1_000, "1.00 s"],
    [1_244, "1.24 s"],
    [9_994, "9.99 s"],
    [9_996, "10.0 s"],
    [59_900, "59.9 s"],
    [59_960, "1 m 00 s"],
    [125_000, "2 m 05 s"],
    [3_599_600, "60 m 00 s"],
  ])("%s ms reads %s", (milliseconds, text) => {
    expect(english().duration(milliseconds)).toBe(text);
  });
});

describe("counts and times", () => {
  test("shows counts to the last token", () => {
    expect(english().count(0)).toBe("0");
    expect(english().count(1_234_567)).toBe("1,234,567");
  });

  test("shows seconds for today and the day for anything before", () => {
    expect(english("UTC").time("2026-11-21T09:03:07.500Z", NOON)).toBe("09:03:07");
    expect(english("UTC").time("2026-11-20T23:59:59Z", NOON)).toBe("20 Nov 23:59");
  });

  test("takes today from the reader's time zone", () => {
    expect(english("Asia/Shanghai").time("2026-11-20T23:59:59Z", NOON)).toBe("07:59:59");
    expect(english("America/New_York").time("2026-11-21T00:30:00Z", NOON)).toBe("20 Nov 19:30");
  });

  test("shows midnight as 00:00", () => {
    expect(english("UTC").date("2026-11-21T00:00:00Z")).toBe("21 Nov 2026, 00:00");
    expect(english("UTC").time("2026-11-21T00:00:00Z", NOON)).toBe("00:00:00");
  });
});

test("Chinese has its own words for the same figures", () => {
  expect(chinese.count(1_234_567)).toBe("1,234,567");
  expect(chinese.duration(1_244)).toBe("1.24 s");
  expect(chinese.duration(125_000)).toBe("2 分 05 秒");
  expect(chinese.time("2026-11-21T09:03:07.500Z", NOON)).toBe("09:03:07");
  expect(chinese.time("2026-11-20T23:59:59Z", NOON)).toBe("11月20日 23:59");
  expect(chinese.date("2026-11-21T00:00:00Z")).toBe("2026年11月21日 00:00");
});

describe("the relay's time zone", () => {
  test.each([
    [0, "+00:00"],
    [8, "+08:00"],
    [-3.5, "-03:30"],
    [5.75, "+05:45"],
  ])("%s hours is %s, and times are written in it", (hours, zone) => {
    expect(zoneOf(hours)).toBe(zone);
    const local = new Date(Date.parse("2026-11-21T12:00:00Z") + hours * 3_600_000).toISOString().slice(11, 16);
    expect(english(zoneOf(hours)).hour("2026-11-21T12:00:00Z")).toBe(local);
    expect(localTimeIn(zoneOf(hours), "2026-11-21T12:00:00Z").slice(11)).toBe(local);
  });
});

describe("money, shares and distances", () => {
  test("money has cents, and less than a dollar two figures that say something", () => {
    expect(["0", "12.4", "1234.5", "0.0031", "0.42"].map((amount) => english().usd(amount))).toEqual([
      "$0.00",
      "$12.40",
      "$1,234.50",
      "$0.0031",
      "$0.42",
    ]);
  });

  test("shares are whole percents, small ones with a tenth", () => {
    expect([0.1234, 0.0123, 1, 0].map((share) => english().share(share))).toEqual(["12%", "1.2%", "100%", "0%"]);
  });

  test("prices are written to their last figure", () => {
    expect(["0.375", "0.0375", "3", "15.5"].map((amount) => english().price(amount))).toEqual([
      "$0.375",
      "$0.0375",
      "$3.00",
      "$15.50",
    ]);
  });

  test("where there is no room, a million is M in English", () => {
    expect([9_999, 748_200, 15_900_000].map((count) => english().short(count))).toEqual(["9,999", "748.2K", "15.9M"]);
  });

  test("what is more than nothing is never 0%, and what is less than all never 100%", () => {
    expect([0.0001, 0.0006, 0.996, 0.99999].map((share) => english().share(share))).toEqual([
      "<0.1%",
      "0.1%",
      "99.6%",
      "99.9%",
    ]);
  });

  test("distances are said as people say them, and after a month as a date", () => {
    expect(english("UTC").ago("2026-11-21T11:57:00Z", NOON)).toBe("3 minutes ago");
    expect(english("UTC").ago("2026-11-21T14:00:00Z", NOON)).toBe("in 2 hours");
    expect(english("UTC").ago("2026-01-02T14:00:00Z", NOON)).toBe("2 Jan 2026, 14:00");
    expect(chinese.ago("2026-11-21T11:57:00Z", NOON)).toBe("3分钟前");
  });
});
