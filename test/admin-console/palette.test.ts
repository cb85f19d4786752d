/** What ⌘K finds beyond the keys that the console knows by name. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClient } from "../../admin/src/api.ts";
import { createKeySearch } from "../../admin/src/palette/key-search.ts";

const asked: string[] = [];
let items: object[] = [];

beforeEach(() => {
  asked.length = 0;
  items = [{ id: "a", name: "old laptop", owner: "ada" }];
  vi.useFakeTimers();
  vi.stubGlobal("location", { origin: "http://relay.test" });
  vi.stubGlobal("fetch", async (input: string | URL) => {
    asked.push(new URL(String(input), "http://relay.test").search);
    return Response.json({ items, next_cursor: null, truncated: false });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("the relay is asked once the person stops typing, and for a few", async () => {
  const search = createKeySearch(createClient("http://relay.test", async () => false));
  for (const typed of ["o", "ol", "old"]) search.lookFor(typed);
  expect(search.busy.value).toBe(true);
  await vi.runAllTimersAsync();
  expect(asked).toEqual(["?search=old&limit=6"]);
  expect([search.busy.value, search.found.value.map(({ name }) => name)]).toEqual([false, ["old laptop"]]);
});

test("a single letter is in every name and is not asked for", async () => {
  const search = createKeySearch(createClient("http://relay.test", async () => false));
  search.lookFor(" o ");
  await vi.runAllTimersAsync();
  expect([asked.length, search.busy.value]).toEqual([0, false]);
});

test("what was found is forgotten when something else is typed, and when the palette closes", async () => {
  const search = createKeySearch(createClient("http://relay.test", async () => false));
  search.lookFor("old");
  await vi.runAllTimersAsync();
  search.lookFor("new");
  expect(search.found.value).toEqual([]);
  search.end();
  await vi.runAllTimersAsync();
  expect([asked.length, search.busy.value]).toEqual([1, false]);
});
