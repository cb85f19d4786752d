import { describe, expect, test } from "vitest";
import { pathWith } from "../../admin/src/csv/whole-file.ts";
import { pageAt } from "../../admin/src/pages/pages.ts";
import { countsOver } from "../../admin/src/pages/refusals/refusals.ts";
import { reasonText } from "../../admin/src/pages/refusals/words.ts";

const HOUR = { count: 2, last_at: "2026-11-21T11:00:00.000Z" };

describe("refusals over time", () => {
  test("have each hour of the range, also those in which nothing was refused", () => {
    const counts = countsOver({
      items: [{ ...HOUR, hour: "2026-11-21T11:00:00.000Z" }],
      from: "2026-11-21T10:00:00.000Z",
      to: "2026-11-21T13:00:00.000Z",
    });
    expect(counts).toEqual([
      { at: "2026-11-21T10:00:00.000Z", count: 0 },
      { at: "2026-11-21T11:00:00.000Z", count: 2 },
      { at: "2026-11-21T12:00:00.000Z", count: 0 },
    ]);
  });

  test("have each day from the first that has any to the last, newest first or not", () => {
    const items = [
      { ...HOUR, day: "2026-03-01" },
      { ...HOUR, day: "2026-02-27" },
    ];
    const counts = countsOver({ items, from: "2026-02-20T05:00:00.000Z", to: "2026-03-02T05:00:00.000Z" });
    expect(counts.map(({ at, count }) => [at, count])).toEqual([
      ["2026-02-27", 2],
      ["2026-02-28", 0],
      ["2026-03-01", 2],
    ]);
  });

  test("have a page beside the log, which no request's id takes", () => {
    expect(pageAt("/requests/refused")?.match).toEqual({ pattern: "/requests/refused", params: {} });
    expect(pageAt("/requests/req_1")?.match.params).toEqual({ id: "req_1" });
  });
});

test("a reason that the console does not know is shown by its own name", () => {
  expect(reasonText("ip_denied")).toBe("the key may not be used from this address");
  expect(reasonText("moon_phase")).toBe("moon_phase");
});

test("the file of the log is asked for with the filters of the page", () => {
  expect(pathWith("/admin/requests.csv", {})).toBe("/admin/requests.csv");
  expect(pathWith("/admin/requests.csv", { model: "a&b", key_id: "k1", status: undefined })).toBe(
    "/admin/requests.csv?model=a%26b&key_id=k1",
  );
});
