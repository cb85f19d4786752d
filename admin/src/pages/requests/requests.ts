/**
 * The request log as it grows. Polls only between `start` and the function that `start` returned, only while the tab
 * is visible, and one question at a time. Whoever starts it must stop it.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import type { ListPage } from "../../list/list.ts";
import type { Problem } from "../../problem.ts";
import { pollDelay } from "./polling.ts";
import { hasNews, type Page, withNewest, withOlder } from "./timeline.ts";

export type RequestRow = InferResponseType<AdminClient["admin"]["requests"]["$get"], 200>["items"][number];

const PAGE = "50";

export interface Requests {
  page: ReadonlySignal<Page<RequestRow>>;
  loaded: ReadonlySignal<boolean>;
  /** Why the last poll failed; null again as soon as one succeeds. */
  problem: ReadonlySignal<Problem | null>;
  paused: ReadonlySignal<boolean>;
  /** Ids that arrived with the last poll that brought any. */
  fresh: ReadonlySignal<ReadonlySet<string>>;
  start(): () => void;
  setPaused(paused: boolean): void;
  loadOlder(): Promise<void>;
}

export function createRequests(client: AdminClient): Requests {
  const page = signal<Page<RequestRow>>({ items: [], nextCursor: null });
  const loaded = signal(false);
  const problem = signal<Problem | null>(null);
  const paused = signal(false);
  const fresh = signal<ReadonlySet<string>>(new Set());

  let running = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;
  let quietPolls = 0;
  let failures = 0;

  async function fetchPage(cursor: string | null, signal?: AbortSignal): Promise<Answer<Page<RequestRow>>> {
    const query = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
    const answer: Answer<ListPage<RequestRow>> = await ask(
      client.admin.requests.$get({ query }, signal ? { init: { signal } } : {}),
    );
    if (!answer.ok) return answer;
    return { ok: true, value: { items: answer.value.items, nextCursor: answer.value.next_cursor } };
  }

  async function poll(): Promise<void> {
    const controller = new AbortController();
    asking = controller;
    const answer = await fetchPage(null, controller.signal);
    if (controller.signal.aborted) return;
    asking = undefined;

    if (answer.ok) show(answer.value);
    else {
      failures += 1;
      problem.value = answer.problem;
    }
    timer = setTimeout(poll, pollDelay(quietPolls, failures));
  }

  function show(newest: Page<RequestRow>): void {
    const before = page.value;
    const news = hasNews(before, newest);
    failures = 0;
    problem.value = null;
    quietPolls = news ? 0 : quietPolls + 1;
    // An unchanged page is still put in place: its rows may have changed (a price set later), and keys keep the DOM.
    page.value = withNewest(before, newest);
    if (news && loaded.value) {
      const known = new Set(before.items.map((row) => row.id));
      fresh.value = new Set(newest.items.map((row) => row.id).filter((id) => !known.has(id)));
    }
    loaded.value = true;
  }

  function halt(): void {
    clearTimeout(timer);
    timer = undefined;
    asking?.abort();
    asking = undefined;
  }

  /** Asks at once where polling is wanted now, and stops where it is not. */
  function settle(): void {
    halt();
    if (!running || paused.value || document.visibilityState === "hidden") return;
    quietPolls = 0;
    void poll();
  }

  return {
    page,
    loaded,
    problem,
    paused,
    fresh,
    start() {
      running = true;
      document.addEventListener("visibilitychange", settle);
      settle();
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
    async loadOlder() {
      if (page.value.nextCursor === null) return;
      const answer = await fetchPage(page.value.nextCursor);
      problem.value = answer.ok ? null : answer.problem;
      if (answer.ok) page.value = withOlder(page.value, answer.value);
    },
  };
}
