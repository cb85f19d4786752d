import { describe, expect, test } from "vitest";
import { stacked } from "../../admin/src/charts/bars.tsx";
import { daysBetween, hoursBetween } from "../../admin/src/charts/days.ts";
import { sparkPath } from "../../admin/src/charts/spark.tsx";
import { en } from "../../admin/src/locale/en.ts";
import { formatsFor } from "../../admin/src/locale/format.ts";
import { faceOf } from "../../admin/src/pages/overview/attention.tsx";
import { bucketNames, changeOf, costSeries } from "../../admin/src/pages/overview/overview.ts";
import { beginOf, rangeIn } from "../../admin/src/parts/range.ts";
import { ACCOUNT_STATUSES } from "../../src/admin/accounts/schema.ts";

const format = formatsFor("en", en.units, "UTC");
const words = { others: "All others", none: "No account" };
const layer = (id: string | null, ...cost_usd: string[]) => ({ id, name: null, cost_usd });

describe("the layers of the cost", () => {
  test("are never more than the six colours that there are, and lose no cost", () => {
    const stack = [..."abcdef"].map((id) => layer(id, "1", "2")).concat(layer(null, "10", "20"));
    const series = costSeries(stack, words);
    expect(series.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e", "All others"]);
    expect(series.at(-1)?.values).toEqual([11, 22]);
  });

  test("are all named where six are all", () => {
    expect(
      costSeries(
        [..."abcdef"].map((id) => layer(id, "1")),
        words,
      ).at(-1)?.name,
    ).toBe("f");
  });

  test("lie on top of each other, in the share that each has of the highest bar", () => {
    const series = [
      { name: "a", values: [1, 0] },
      { name: "b", values: [1, 4] },
    ];
    expect(stacked(series, 0, 4)).toEqual([
      { from: 0, height: 25, colour: 1 },
      { from: 25, height: 25, colour: 2 },
    ]);
    expect(stacked(series, 1, 4)).toEqual([{ from: 0, height: 100, colour: 2 }]);
    expect(stacked(series, 0, 0)).toEqual([]);
  });
});

describe("time", () => {
  test("is named by the hour, or by the day of the relay's own calendar", () => {
    expect(bucketNames(["2026-11-21T13:00:00.000Z"], format)).toEqual([{ short: "13:00", long: "21 Nov 2026, 13:00" }]);
    expect(bucketNames(["2026-11-21"], format)).toEqual([{ short: "21 Nov", long: "21 Nov" }]);
  });

  test("is what the address says, and a day where it says nothing that is known", () => {
    expect([rangeIn("?range=30d"), rangeIn("?range=1y"), rangeIn("")]).toEqual(["30d", "24h", "24h"]);
    expect(beginOf("24h", Date.parse("2026-11-21T12:34:56Z"))).toBe("2026-11-20T13:00:00.000Z");
  });

  test("has no gap where nothing was used, east and west of Greenwich", () => {
    expect(hoursBetween("2026-11-21T10:00:00.000Z", "2026-11-21T12:00:00.000Z")).toHaveLength(2);
    const days = ["2026-11-20", "2026-11-21"];
    expect(daysBetween("2026-11-20T00:00:00.000Z", "2026-11-21T09:00:00.000Z")).toEqual(days);
    expect(daysBetween("2026-11-19T16:00:00.000Z", "2026-11-21T09:00:00.000Z")).toEqual(days);
    expect(daysBetween("2026-11-20T05:00:00.000Z", "2026-11-21T09:00:00.000Z")).toEqual(days);
  });
});

describe("a change", () => {
  test("is told against what was before, and not against nothing", () => {
    expect(changeOf(3, 2)).toBe(0.5);
    expect([changeOf(3, 0), changeOf(3, null), changeOf(null, 2)]).toEqual([null, null, null]);
  });
});

describe("a line", () => {
  test("goes from left to right, with 0 at its bottom", () => {
    expect(sparkPath([0, 1])).toBe("M0 31L120 1");
    expect(sparkPath([0, 0, 0])).toBe("M0 31L60 31L120 31");
  });
});

describe("what needs attention", () => {
  test("is said with its reason and its end, and leads to where it is mended", () => {
    const face = faceOf({
      ...{ kind: "account", id: "acc_1", name: "team", status: "limited" },
      ...{ condition: "rate_limited", reason: "Too many requests", until: "2026-11-21T14:00:00.000Z" },
    });
    expect(face).toMatchObject({ state: "Limited", tone: "warn", path: "/accounts/acc_1" });
    expect(face.why).toContain("Too many requests · until ");
    const ends = faceOf({ kind: "sign_in_ends", id: "a 1", name: "Main", until: "2026-12-01T00:00:00.000Z" });
    expect(ends).toMatchObject({ state: "Sign-in ends soon", path: "/accounts/a%201" });
    expect(faceOf({ kind: "unpriced", requests: 3 })).toMatchObject({ state: "No price", path: "/prices" });
  });

  test("has words for every state of an account", () => {
    for (const status of ACCOUNT_STATUSES) {
      const { state } = faceOf({
        kind: "account",
        id: "a",
        name: "a",
        status,
        condition: null,
        reason: null,
        until: null,
      });
      expect(state).not.toContain("_");
    }
  });
});
