/** The Grafana dashboard asks for what `/metrics` has: names, types and labels. */
import { describe, expect, it } from "vitest";
import dashboard from "../../docs/grafana/edge-relay.json" with { type: "json" };
import { familiesOf } from "../../src/admin/metrics/families.ts";
import { SUM_COLUMNS } from "../../src/store/sums.ts";

/** Everything that can be measured, once. */
const families = familiesOf({
  version: "1",
  counters: {
    sums: { "acc_1\tm": Object.fromEntries(SUM_COLUMNS.map((column) => [column, 1])) },
    refusals: { budget: 1 },
  },
  accounts: [
    {
      ...{ id: "acc_1", name: "a", platform: "anthropic", status: "ok" },
      provider_quota: { windows: [{ name: "5h", used: 0.5 }] },
    } as never,
  ],
  keys: [
    {
      id: "k",
      name: "k",
      standing: { state: "active", today_cost_usd: "1", week_cost_usd: "1", total_cost_usd: "1" } as never,
    },
  ],
  gates: { asked: 1, unreachable: 0, inFlight: 0, waiting: 0, quarantined: 0, failing: 0, usedUp: false },
  meter: {
    from: "",
    to: "",
    truncated: false,
    allowances: [{ name: "d1_rows", limit: 1, used: 1, estimated: 0, exhausted_at: "2026-11-27T12:00:00Z" }],
  },
  cronAt: 1,
  feed: { at: "2026-11-27T00:00:00Z", ok: true },
});

const queries = dashboard.panels.flatMap(({ targets, title }) => targets.map(({ expr }) => ({ title, expr })));

describe("the dashboard", () => {
  it.each(queries)("of $title asks for what there is: $expr", ({ expr }) => {
    const names = expr.match(/edge_relay_\w+/g) ?? [];
    expect(names).not.toEqual([]);
    for (const asked of names) {
      const family = families.find(({ name }) => name === asked || `${name}_bucket` === asked);
      expect(family?.samples.length, asked).toBeGreaterThan(0);
      // A rate of a gauge, or a counter as it is, says nothing.
      const grows = new RegExp(`(?:rate|increase)\\(${asked}`).test(expr);
      expect(grows, asked).toBe(family?.type !== "gauge");
      const [, by] = /by \((\w+)\)/.exec(expr) ?? [];
      const filtered = [...expr.matchAll(/[{,](\w+)=/g)].map(([, label]) => label);
      const labels = Object.keys(family?.samples[0]?.labels ?? {});
      expect([...labels, ...labels]).toEqual(expect.arrayContaining([by, ...filtered].filter(Boolean)));
    }
  });

  it("leaves nothing out that is measured", () => {
    const asked = new Set(queries.flatMap(({ expr }) => expr.match(/edge_relay_\w+/g) ?? []));
    const missing = families.filter(({ name }) => !asked.has(name) && !asked.has(`${name}_bucket`));
    expect(missing.map(({ name }) => name)).toEqual(["edge_relay_info", "edge_relay_price_feed_ok"]);
  });
});
