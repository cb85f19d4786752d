import { describe, expect, test } from "vitest";
import { changedBy, inLots, MOST_AT_ONCE, opposite, sorted } from "../../admin/src/pages/accounts/bulk.ts";
import { bulkAccountsBody } from "../../src/admin/accounts/schema.ts";

const CHOSEN = [
  { id: "acc_1", schedulable: true },
  { id: "acc_2", schedulable: false },
];

describe("many accounts", () => {
  test("are paused and resumed where that is news, so that taking it back changes no other", () => {
    expect(changedBy("pause", CHOSEN)).toEqual(["acc_1"]);
    expect(changedBy("resume", CHOSEN)).toEqual(["acc_2"]);
    expect(changedBy("reset", CHOSEN)).toEqual(["acc_1", "acc_2"]);
    expect([opposite("pause"), opposite("resume"), opposite("reset")]).toEqual(["resume", "pause", undefined]);
  });

  test("are sent in lots that the relay takes, each account once", () => {
    const ids = Array.from({ length: 120 }, (_, at) => `acc_${at}`);
    const lots = inLots(ids, MOST_AT_ONCE);
    expect(lots.flat()).toEqual(ids);
    for (const lot of lots) expect(bulkAccountsBody.safeParse({ ids: lot, action: "reset" }).success).toBe(true);
    expect(bulkAccountsBody.safeParse({ ids: ids.slice(0, MOST_AT_ONCE + 1), action: "reset" }).success).toBe(false);
  });

  test("are told apart by what became of each", () => {
    const error = { type: "not_found", message: "There is no such account" };
    const results = [
      { id: "acc_1", error: null },
      { id: "acc_2", error },
    ];
    expect(sorted({ results })).toEqual({ done: ["acc_1"], failed: [{ id: "acc_2", message: error.message }] });
  });
});
