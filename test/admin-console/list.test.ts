import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Answer } from "../../admin/src/api.ts";
import { choice, readFilters, withFilter } from "../../admin/src/list/filters.ts";
import { createList, type ListPage, type PageQuery } from "../../admin/src/list/list.ts";
import { NO_ANSWER } from "../../admin/src/problem.ts";

const FILTERS = {
  search: { type: "search", label: "Search" },
  status: choice({ label: "State", everything: "All", choices: [["deleted", "Deleted"]] }),
} as const;

describe("filters", () => {
  test.each([
    ["", {}],
    ["?search=%20laptop%20&status=deleted", { search: "laptop", status: "deleted" }],
    ["?status=stolen&search=&page=7", {}],
  ])("%j says %j", (search, chosen) => {
    expect(readFilters(FILTERS, search)).toEqual(chosen);
  });

  test("are set and taken away one by one", () => {
    expect(withFilter("", "search", " a&b ")).toBe("?search=a%26b");
    expect(withFilter("?search=a&status=deleted", "search", " ")).toBe("?status=deleted");
    expect(withFilter("?status=deleted", "status", "")).toBe("");
  });
});

interface Row {
  id: number;
}

let tab: EventTarget & { visibilityState: string };
let frame: EventTarget;
let asked: (PageQuery & { search?: string | undefined; signal: AbortSignal })[];
let stored: Row[];
let answer: (page: ListPage<Row>) => Promise<Answer<ListPage<Row>>>;

beforeEach(() => {
  vi.useFakeTimers();
  tab = Object.assign(new EventTarget(), { visibilityState: "visible" });
  frame = new EventTarget();
  vi.stubGlobal("document", tab);
  vi.stubGlobal("addEventListener", frame.addEventListener.bind(frame));
  vi.stubGlobal("removeEventListener", frame.removeEventListener.bind(frame));
  asked = [];
  stored = Array.from({ length: 300 }, (_, id) => ({ id }));
  answer = async (page) => ({ ok: true, value: page });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function opened() {
  const list = createList<Row, { search?: string }>((page, { search }, signal) => {
    asked.push({ ...page, search, signal });
    const from = Number(page.cursor ?? 0);
    const to = from + Number(page.limit);
    return answer({ items: stored.slice(from, to), next_cursor: to < stored.length ? String(to) : null });
  });
  return { list, leave: list.visit({}) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const shownBy = (list: ReturnType<typeof opened>["list"]) => list.rows.value.map(({ id }) => id);

describe("a list", () => {
  test("reads a page at each visit, and shows what it has meanwhile", async () => {
    const { list, leave } = opened();
    expect(list.loaded.value).toBe(false);
    await settle();
    expect([list.loaded.value, shownBy(list).length, list.hasMore.value]).toEqual([true, 50, true]);
    leave();
    stored = [{ id: 7 }];
    list.visit({});
    expect([shownBy(list).length, list.stale.value]).toEqual([50, false]);
    await settle();
    expect(shownBy(list)).toEqual([7]);
  });

  test("reads again when the person comes back to the window, and not while it is left", async () => {
    const { leave } = opened();
    await settle();
    await vi.advanceTimersByTimeAsync(5_000);
    tab.visibilityState = "hidden";
    tab.dispatchEvent(new Event("visibilitychange"));
    expect(asked).toHaveLength(1);
    tab.visibilityState = "visible";
    tab.dispatchEvent(new Event("visibilitychange"));
    // Both events come with one return.
    frame.dispatchEvent(new Event("focus"));
    expect(asked).toHaveLength(2);
    leave();
    await vi.advanceTimersByTimeAsync(5_000);
    frame.dispatchEvent(new Event("focus"));
    expect(asked).toHaveLength(2);
  });

  test("reads all that is shown again, and no more", async () => {
    const { list } = opened();
    await settle();
    for (let times = 0; times < 4; times += 1) await list.loadMore();
    expect(shownBy(list)).toHaveLength(250);
    asked = [];
    stored = stored.slice(1);
    await list.refresh();
    expect(asked.map(({ limit }) => limit)).toEqual(["200", "50"]);
    expect([shownBy(list).length, shownBy(list)[0]]).toEqual([250, 1]);
  });

  test("drops the answer to a question that another has replaced", async () => {
    const { list, leave } = opened();
    await settle();
    leave();
    let late = () => {};
    answer = (page) =>
      new Promise((resolve) => {
        late = () => resolve({ ok: true, value: page });
      });
    const leaveOld = list.visit({ search: "old" });
    expect(list.stale.value).toBe(true);
    leaveOld();
    answer = async () => ({ ok: true, value: { items: [{ id: 1 }], next_cursor: null } });
    list.visit({ search: "new" });
    await settle();
    late();
    await settle();
    expect([shownBy(list), list.stale.value]).toEqual([[1], false]);
    expect(asked.at(-2)?.signal.aborted).toBe(true);
    expect(asked.at(-1)?.search).toBe("new");
  });

  test("keeps its rows and says why when a reading fails", async () => {
    const { list } = opened();
    await settle();
    answer = async () => ({ ok: false, problem: NO_ANSWER });
    await list.refresh();
    expect([list.problem.value, shownBy(list).length]).toEqual([NO_ANSWER, 50]);
    answer = async (page) => ({ ok: true, value: page });
    await list.refresh();
    expect(list.problem.value).toBeNull();
  });
});
