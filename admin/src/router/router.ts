/**
 * Real paths below `base` as signals: links of the page, the back button, and filters in the query.
 *
 * This is our own and not preact-iso: a form with unsaved work must be able to hold back a link and the back button, and a filter must be
 * able to change without the page being made anew. preact-iso can do neither.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface Router {
  /** Below the base, without a slash at the end: "/keys". */
  path: ReadonlySignal<string>;
  /** "" or "?status=deleted". */
  search: ReadonlySignal<string>;
  /** The `href` of a link to `path`. */
  href(path: string): string;
  go(path: string, how?: { replace: boolean }): void;
  /** Changes the query in place: without a step for the back button, and without a question about unsaved work. */
  setSearch(search: string): void;
  /** While `dirty` is true, the person is asked before leaving. Ends when the returned function is called. */
  hold(dirty: ReadonlySignal<boolean>): () => void;
  /** Whether anything that is held is dirty. */
  unsaved(): boolean;
  /** Set while somebody is leaving unsaved work; otherwise null. */
  leaving: ReadonlySignal<Leaving | null>;
}

export interface Leaving {
  go(): void;
  stay(): void;
}

/**
 * `base` has no slash at its end; `stays`: whether the way from one path to another leaves the page where it is scrolled to. Listens for
 * as long as the page lives.
 */
export function createRouter(
  base: string,
  page: Window,
  stays: (from: string, to: string) => boolean = () => false,
): Router {
  const { history, location, document } = page;
  const path = signal(pathOf());
  const search = signal(location.search);
  const leaving = signal<Leaving | null>(null);
  const held = new Set<ReadonlySignal<boolean>>();

  /** The position of the current history entry among those that this console has made. */
  let at = placeOf(history.state) ?? 0;
  /** Called once the browser has gone back a step; null if it is not going back. */
  let returned: (() => void) | null = null;
  history.replaceState({ at }, "");

  function pathOf(): string {
    return location.pathname.slice(base.length).replace(/\/+$/, "") || "/";
  }

  function show(): void {
    path.value = pathOf();
    search.value = location.search;
  }

  const unsaved = () => [...held].some((dirty) => dirty.value);

  function ask(leave: () => void): void {
    leaving.value = {
      go() {
        leaving.value = null;
        held.clear();
        leave();
      },
      stay() {
        leaving.value = null;
      },
    };
  }

  function open(href: string, replace: boolean): void {
    if (replace) history.replaceState({ at }, "", href);
    else {
      at += 1;
      history.pushState({ at }, "", href);
      if (!stays(path.value, pathOf())) page.scrollTo(0, 0);
    }
    show();
  }

  function attempt(href: string, replace: boolean): void {
    if (unsaved()) ask(() => open(href, replace));
    else open(href, replace);
  }

  document.addEventListener("click", (event) => {
    const href = event.defaultPrevented ? null : linkOf(event, location.origin, base);
    if (href === null) return;
    event.preventDefault();
    attempt(href, href === location.pathname + location.search);
  });

  page.addEventListener("popstate", (event) => {
    const steps = (placeOf(event.state) ?? 0) - at;
    if (returned) {
      const then = returned;
      returned = null;
      then();
    } else if (steps !== 0 && unsaved()) {
      // The browser has moved already, and cannot wait. Chromium closes a dialog when it moves, so the question comes after that.
      returned = () => ask(() => history.go(steps));
      history.go(-steps);
    } else {
      at += steps;
      show();
    }
  });

  page.addEventListener("beforeunload", (event) => {
    if (unsaved()) event.preventDefault();
  });

  return {
    path,
    search,
    leaving,
    href: (to) => base + to,
    go: (to, how) => attempt(base + to, how?.replace ?? false),
    setSearch: (query) => open(location.pathname + query, true),
    hold(dirty) {
      held.add(dirty);
      return () => held.delete(dirty);
    },
    unsaved,
  };
}

/** The address of a plain click on a link of the console; null for all other clicks. */
function linkOf(event: MouseEvent, origin: string, base: string): string | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link?.href || link.target !== "" || link.hasAttribute("download")) return null;
  const url = new URL(link.href);
  const ours = url.origin === origin && url.pathname.startsWith(`${base}/`);
  return ours ? url.pathname + url.search : null;
}

function placeOf(state: unknown): number | null {
  const at: unknown = typeof state === "object" && state !== null ? Reflect.get(state, "at") : null;
  return typeof at === "number" ? at : null;
}
