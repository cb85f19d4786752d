/**
 * The request log as it grows. Polls only between `visit` and a call of the function that it returns, only while the tab is visible, and
 * one request at a time. Whoever calls `visit` must call that function.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import type { Console } from "../../console.ts";
import type { List, ListPage } from "../../list/list.ts";
import type { Problem } from "../../problem.ts";
import { queryOf, type RequestFilters } from "./filters.ts";
import { pollDelay } from "./polling.ts";
import { hasNews, type Page, withNewest, withOlder, withRecent } from "./timeline.ts";

export type RequestRow = InferResponseType<AdminClient["admin"]["requests"]["$get"], 200>["items"][number];

const PAGE = "50";
const NOTHING: Page<RequestRow> = { items: [], nextCursor: null };

/**
 * For a page of a filtered log, the relay looks at 5,000 rows, twice, and D1 allows five million a day: with a poll every three seconds
 * they would last half an hour. So a poll asks only for what began lately. A request is written when it ends, so one that has taken
 * longer appears at the next visit.
 */
const LATELY_MS = 15 * 60_000;
/** If the last answer is older, there is a gap before what began lately. */
const GAPLESS_MS = 5 * 60_000;

export interface Requests extends List<RequestRow, RequestFilters> {
  paused: ReadonlySignal<boolean>;
  /** The ids that the last poll with news has brought. */
  fresh: ReadonlySignal<ReadonlySet<string>>;
  /** How many have arrived since somebody last saw the newest. */
  unseen: ReadonlySignal<number>;
  /** Call it when somebody sees the newest. */
  seen(): void;
  setPaused(paused: boolean): void;
}

const kept = new WeakMap<Console, Requests>();

/** The log of one signed-in person. When they come back to it, what was loaded or paused still is. */
export function requestsOf(data: Console): Requests {
  const known = kept.get(data) ?? createRequests(data.client);
  kept.set(data, known);
  return known;
}

export function createRequests(client: AdminClient): Requests {
  const page = signal(NOTHING);
  const loaded = signal(false);
  const stale = signal(false);
  const problem = signal<Problem | null>(null);
  const paused = signal(false);
  const fresh = signal<ReadonlySet<string>>(new Set());
  const unseen = signal(0);

  let filters: RequestFilters = {};
  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;
  let quietPolls = 0;
  let failures = 0;
  let answeredAt = 0;

  async function fetchPage(
    where: { cursor?: string; since?: string },
    signal: AbortSignal,
  ): Promise<Answer<Page<RequestRow>>> {
    const query = { ...queryOf(filters, Date.now()), limit: PAGE, ...where };
    const answer: Answer<ListPage<RequestRow>> = await ask(client.admin.requests.$get({ query }, { init: { signal } }));
    if (!answer.ok) return answer;
    return { ok: true, value: { items: answer.value.items, nextCursor: answer.value.next_cursor } };
  }

  async function poll(): Promise<void> {
    const controller = new AbortController();
    asking = controller;
    const now = Date.now();
    const isNarrowed = Object.keys(filters).length > 0;
    const since = isNarrowed && !stale.value && now - answeredAt < GAPLESS_MS ? firstIdOf(now - LATELY_MS) : undefined;
    const answer = await fetchPage(since === undefined ? {} : { since }, controller.signal);
    if (controller.signal.aborted) return;
    asking = undefined;

    if (answer.ok) {
      answeredAt = now;
      show(answer.value, since);
    } else {
      failures += 1;
      problem.value = answer.problem;
    }
    if (running && !paused.value) timer = setTimeout(poll, pollDelay(quietPolls, failures));
  }

  function show(read: Page<RequestRow>, since: string | undefined): void {
    const before = stale.value ? NOTHING : page.value;
    const isAll = since !== undefined && read.nextCursor === null;
    const shown = isAll ? withRecent(before, read, since) : withNewest(before, read);
    const news = hasNews(before, shown);
    failures = 0;
    problem.value = null;
    quietPolls = news ? 0 : quietPolls + 1;
    // Even an unchanged page is assigned: its rows may have changed (a price set later), and keys keep the DOM.
    page.value = shown;
    if (news && loaded.value && !stale.value) {
      const known = new Set(before.items.map((row) => row.id));
      fresh.value = new Set(read.items.map((row) => row.id).filter((id) => !known.has(id)));
      unseen.value += fresh.value.size;
    }
    loaded.value = true;
    stale.value = false;
  }

  function halt(): void {
    clearTimeout(timer);
    timer = undefined;
    asking?.abort();
    asking = undefined;
  }

  /** Polls at once if polling is wanted now, and stops if it is not. */
  function settle(): void {
    halt();
    if (!running || paused.value || document.visibilityState === "hidden") return;
    quietPolls = 0;
    void poll();
  }

  async function refresh(): Promise<void> {
    halt();
    quietPolls = 0;
    await poll();
  }

  return {
    rows: computed(() => page.value.items),
    hasMore: computed(() => page.value.nextCursor !== null),
    loaded,
    stale,
    problem,
    paused,
    fresh,
    unseen,
    seen() {
      unseen.value = 0;
    },
    refresh,
    visit(wanted) {
      const changed = JSON.stringify(wanted) !== JSON.stringify(filters);
      filters = wanted;
      unseen.value = 0;
      stale.value ||= changed;
      running = true;
      document.addEventListener("visibilitychange", settle);
      settle();
      // A pause applies to the rows that were shown, not to those of a new filter.
      if (paused.value && changed) void refresh();
      return () => {
        running = false;
        document.removeEventListener("visibilitychange", settle);
        halt();
      };
    },
    setPaused(value) {
      paused.value = value;
      settle();
    },
    async loadMore() {
      const from = page.value.nextCursor;
      if (from === null) return;
      const asked = filters;
      const answer = await fetchPage({ cursor: from }, new AbortController().signal);
      if (asked !== filters) return;
      problem.value = answer.ok ? null : answer.problem;
      if (answer.ok) page.value = withOlder(page.value, answer.value);
    },
  };
}

/** The smallest possible id of a request that began at `time`, in milliseconds since the epoch. */
function firstIdOf(time: number): string {
  return `req_${time.toString(16).padStart(12, "0")}`.padEnd("req_".length + 32, "0");
}
