import { describe, expect, it } from "vitest";
import { textOf, totalsIn } from "../../../src/admin/metrics/stored-totals.ts";
import { MOST_PAIRS, type Sums, type Totals } from "../../../src/admin/metrics/totals.ts";
import { SUM_COLUMNS } from "../../../src/store/sums.ts";

const sumsOf = (columns: readonly string[], value: number): Sums =>
  Object.fromEntries(columns.map((column) => [column, value]));

function totalsOf(pairs: number, sums: Sums): Totals {
  const names = Array.from({ length: pairs }, (_, at) => `acc_${"0".repeat(29)}${100 + at}\tclaude-opus-4-8-${at}`);
  const counters = { sums: Object.fromEntries(names.map((name) => [name, sums])), refusals: { budget: 3 } };
  return { hour: 500_000, revision: 7, closed: counters, shown: counters };
}

describe("the stored counters", () => {
  it("are read as they were written, whichever columns have a value", () => {
    for (const columns of [SUM_COLUMNS, SUM_COLUMNS.slice(0, 1), SUM_COLUMNS.slice(-1), ["requests", "cost_nanos"]]) {
      const totals = totalsOf(2, sumsOf(columns, 5));
      expect(totalsIn(textOf(totals))).toEqual(totals);
    }
  });

  it("of as many series as there may be name each column once, and stay small", () => {
    const totals = totalsOf(MOST_PAIRS, sumsOf(SUM_COLUMNS, 1_234));
    const text = textOf(totals);
    expect(text.split('"cost_nanos"')).toHaveLength(2);
    expect(text.length).toBeLessThan(JSON.stringify(totals).length / 3);
    expect(text.length).toBeLessThan(200_000);
  });

  it("of another version's columns keep their names", () => {
    const text = JSON.stringify({
      ...{ hour: 1, revision: 1, columns: ["cost_nanos", "requests"] },
      ...{ closed: { sums: { a: [9, 2] }, refusals: {} }, shown: { sums: { a: [9] }, refusals: {} } },
    });
    expect(totalsIn(text)).toMatchObject({
      closed: { sums: { a: { requests: 2, cost_nanos: 9 } } },
      shown: { sums: { a: { cost_nanos: 9 } } },
    });
  });

  it("that were written with a name beside each value are read too", () => {
    const totals = totalsOf(2, sumsOf(SUM_COLUMNS, 5));
    expect(totalsIn(JSON.stringify(totals))).toEqual(totals);
  });
});
