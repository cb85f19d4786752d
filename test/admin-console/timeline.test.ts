import { describe, expect, test } from "vitest";
import { pollDelay } from "../../admin/src/pages/requests/polling.ts";
import { hasNews, type Page, withNewest, withOlder, withRecent } from "../../admin/src/pages/requests/timeline.ts";

/** A page of rows with these ids, newest first; "more" where an older page exists. */
function page(ids: string, nextCursor: string | null = "more"): Page<{ id: string }> {
  return { items: [...ids].map((id) => ({ id })), nextCursor };
}

const ids = (shown: Page<{ id: string }>) => shown.items.map((row) => row.id).join("");

describe("the newest page", () => {
  test("goes on top of the rows that it reaches", () => {
    const shown = withNewest(page("fedcba", "older"), page("hgfe"));
    expect(ids(shown)).toBe("hgfedcba");
    expect(shown.nextCursor).toBe("older");
  });

  test("replaces everything when it does not reach the rows below, so that no gap is hidden", () => {
    const shown = withNewest(page("dcba", "older"), page("zyxw", "w"));
    expect(ids(shown)).toBe("zyxw");
    expect(shown.nextCursor).toBe("w");
  });

  test("is all there is when it is also the last one", () => {
    expect(ids(withNewest(page("dcba"), page("ba", null)))).toBe("ba");
    expect(ids(withNewest(page("dcba"), page("", null)))).toBe("");
  });

  test("changes rows in place", () => {
    const shown = withNewest(
      { items: [{ id: "b", cost: 0 }], nextCursor: "x" },
      { items: [{ id: "b", cost: 7 }], nextCursor: "x" },
    );
    expect(shown.items).toEqual([{ id: "b", cost: 7 }]);
  });

  const row = (at: number) => ({ id: String(9_999 - at).padStart(4, "0") });
  const rows = (count: number) => ({ items: Array.from({ length: count }, (_, at) => row(at)), nextCursor: "x" });

  test("pushes the oldest rows out before the table grows without end, and the next page begins with those", () => {
    const many = rows(500);
    const shown = withNewest(many, { items: [{ id: "A" }, ...many.items.slice(0, 49)], nextCursor: "y" });
    expect(shown.items).toHaveLength(500);
    expect([shown.items[0]?.id, shown.items.at(-1)?.id, shown.nextCursor]).toEqual(["A", row(498).id, row(498).id]);
  });

  test("takes nothing of what somebody has loaded beyond that", () => {
    const many = rows(700);
    expect(withNewest(many, { items: many.items.slice(0, 50), nextCursor: "y" })).toEqual(many);
  });
});

describe("what has come lately", () => {
  test("takes the place of what is shown from there on, and leaves what was loaded below", () => {
    const shown = withRecent(page("geca", "older"), page("hge", null), "d");
    expect(ids(shown)).toBe("hgeca");
    expect(shown.nextCursor).toBe("older");
  });

  test("is nothing where nothing has come: neither a row nor the place to go on from is lost", () => {
    expect(withRecent(page("ca", "older"), page("", null), "d")).toEqual(page("ca", "older"));
    expect(withRecent(page("", "older"), page("", null), "d")).toEqual(page("", "older"));
  });
});

describe("an older page", () => {
  test("goes below, without repeating a row", () => {
    const shown = withOlder(page("fed"), page("dcba", null));
    expect(ids(shown)).toBe("fedcba");
    expect(shown.nextCursor).toBeNull();
  });
});

test("news is a new first row", () => {
  expect(hasNews(page("ba"), page("cba"))).toBe(true);
  expect(hasNews(page("ba"), page("ba"))).toBe(false);
  expect(hasNews(page(""), page(""))).toBe(false);
});

describe("polling", () => {
  test("is quick while requests come, and slower after two quiet minutes", () => {
    expect(pollDelay(0, 0)).toBe(3_000);
    expect(pollDelay(39, 0)).toBe(3_000);
    expect(pollDelay(40, 0)).toBe(10_000);
  });

  test("backs off from a relay that fails, to a minute at most", () => {
    expect([1, 2, 3, 10].map((failures) => pollDelay(0, failures))).toEqual([6_000, 12_000, 24_000, 60_000]);
  });
});
