/** The list of keys: its orders, and the last week beside each key. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../admin/src/api.ts";
import { KEY_FILTERS } from "../../admin/src/pages/keys/filters.ts";
import { clicked, orderOf, sortedBy } from "../../admin/src/pages/keys/order.ts";
import { createWeeks, lineOf, sumOf } from "../../admin/src/pages/keys/weeks.ts";
import { listApiKeysQuery } from "../../src/admin/keys/schema.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("an order", () => {
  test("is one that the API takes, whichever is chosen", () => {
    for (const [order] of KEY_FILTERS.sort.choices) {
      expect(listApiKeysQuery.safeParse(orderOf(order)).success, order).toBe(true);
    }
  });

  test("of a column is its usual one at the first click, the other way round at the second, and the list's own at the third", () => {
    expect([clicked(null, "total_cost"), clicked("total_cost", "total_cost")]).toEqual([
      "total_cost",
      "total_cost.asc",
    ]);
    expect(clicked("total_cost.asc", "total_cost")).toBe("");
    expect([clicked("last_used", "name"), clicked("name", "name")]).toEqual(["name", "name.desc"]);
  });

  test("says of its column which way it goes, and of no other that it is sorted", () => {
    expect(sortedBy("name", "name")).toEqual({ on: true, ascending: true });
    expect(sortedBy("name.desc", "name")).toEqual({ on: true, ascending: false });
    expect(sortedBy("today_cost.asc", "today_cost")).toEqual({ on: true, ascending: true });
    expect(sortedBy("today_cost", "total_cost")).toEqual({ on: false, ascending: false });
  });
});

describe("the last week of each key", () => {
  const asked: string[][] = [];

  /** A relay that refuses questions about the key `huge` together with others, as one that makes too many sums. */
  function answering(): void {
    asked.length = 0;
    vi.stubGlobal("fetch", async (input: string | URL) => {
      const ids = new URL(input).searchParams.get("key_ids")?.split(",") ?? [];
      asked.push(ids);
      if (ids.includes("huge")) {
        return Response.json({ error: { type: "invalid", message: "too many sums" } }, { status: 400 });
      }
      const items = ids.map((key_id) => ({ key_id, requests: [0, 2], cost_usd: ["0", "1.5"] }));
      return Response.json({ days: ["2026-11-20", "2026-11-21"], items });
    });
  }
  const weeks = () => createWeeks(createClient("http://relay.test", async () => false));

  test("is asked for all keys of a page at once, of those that are new alone, and of all when it has grown old", async () => {
    vi.useFakeTimers({ now: 1_000_000_000 });
    answering();
    const { want, known } = weeks();
    want(["a", "b"]);
    want(["a", "b", "c"]);
    await vi.waitFor(() => expect([...known.value.keys()]).toEqual(["a", "b", "c"]));
    expect(asked).toEqual([["a", "b"], ["c"]]);
    vi.advanceTimersByTime(6 * 60_000);
    want(["a", "b", "c"]);
    expect(asked).toHaveLength(3);
  });

  test("is known of the others where a key has more than one answer holds", async () => {
    answering();
    const { want, known } = weeks();
    want(["a", "b", "huge", "c"]);
    await vi.waitFor(() => expect([...known.value.keys()].sort()).toEqual(["a", "b", "c"]));
    await vi.waitFor(() => expect(asked.at(-1)).toEqual(["c"]));
  });

  test("is a line of what the days have cost, and of a key that costs nothing of its requests", () => {
    expect(lineOf({ cost_usd: ["0", "2.5"], requests: [7, 1] })).toEqual([0, 2.5]);
    expect(lineOf({ cost_usd: ["0", "0"], requests: [7, 1] })).toEqual([7, 1]);
    expect(sumOf({ cost_usd: ["0.5", "2.5"], requests: [7, 1] })).toEqual({ cost: 3, requests: 8 });
  });
});
