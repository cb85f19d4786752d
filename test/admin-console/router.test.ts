import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import { isOver } from "../../admin/src/pages/pages.ts";
import { matchPath, pathTo } from "../../admin/src/router/match.ts";
import { createRouter } from "../../admin/src/router/router.ts";

describe("a path", () => {
  const patterns = ["/keys", "/keys/new", "/keys/:id", "/prices/:model"];

  test.each([
    ["/keys", "/keys", {}],
    ["/keys/new", "/keys/new", {}],
    ["/keys/k_1", "/keys/:id", { id: "k_1" }],
    ["/prices/openai%2Fgpt-5%3F", "/prices/:model", { model: "openai/gpt-5?" }],
  ])("%s fits %s", (path, pattern, params) => {
    expect(matchPath(patterns, path)).toEqual({ pattern, params });
  });

  test.each(["/", "/key", "/keys/", "/keys/a/b", "/prices/%E0%A4%A", "/prices"])("%s fits none", (path) => {
    expect(matchPath(patterns, path)).toBeNull();
  });

  test.each(["gpt-5", "openai/gpt-5", "a b?c#d%", "模型", "..", ":id"])("is read back with %j in it", (model) => {
    expect(matchPath(patterns, pathTo("/prices/:model", { model }))?.params).toEqual({ model });
  });
});

/** As much of a browser's window as a router needs: a history that can be walked, and its events. */
function browser(start: string) {
  const events = new EventTarget();
  let scrolled = 0;
  const first = { url: new URL(start, "https://relay.test"), state: null as unknown };
  const entries = [first];
  let place = 0;
  const shown = () => entries[place] ?? first;
  const location = {
    get pathname() {
      return shown().url.pathname;
    },
    get search() {
      return shown().url.search;
    },
    origin: "https://relay.test",
  };
  const history = {
    get state() {
      return shown().state;
    },
    pushState(state: unknown, _title: string, url: string) {
      place += 1;
      entries.splice(place, entries.length, { url: new URL(url, location.origin), state });
    },
    replaceState(state: unknown, _title: string, url?: string) {
      entries[place] = { url: url ? new URL(url, location.origin) : shown().url, state };
    },
    go(steps: number) {
      place += steps;
      events.dispatchEvent(Object.assign(new Event("popstate"), { state: shown().state }));
    },
  };
  const page = Object.assign(events, {
    history,
    location,
    document: new EventTarget(),
    scrollTo: () => (scrolled += 1),
  });
  return {
    window: page as unknown as Window,
    back: () => history.go(-1),
    leaveSite() {
      const event = new Event("beforeunload", { cancelable: true });
      events.dispatchEvent(event);
      return event.defaultPrevented;
    },
    at: () => `${location.pathname}${location.search}`,
    length: () => entries.length,
    scrolled: () => scrolled,
  };
}

describe("the router", () => {
  test("reads the path below its base, with or without a slash at its end", () => {
    expect(createRouter("/web", browser("/web/keys/?status=deleted").window).path.value).toBe("/keys");
    expect(createRouter("/web", browser("/web/").window).path.value).toBe("/");
  });

  test("goes somewhere and back", () => {
    const tab = browser("/web/keys");
    const router = createRouter("/web", tab.window);
    router.go("/prices/a%2Fb");
    expect([router.path.value, tab.at()]).toEqual(["/prices/a%2Fb", "/web/prices/a%2Fb"]);
    tab.back();
    expect(router.path.value).toBe("/keys");
  });

  test("leaves the page where it is scrolled to while something is opened over it and closed again", () => {
    const tab = browser("/web/requests?status=5xx");
    const router = createRouter("/web", tab.window, isOver);
    router.go("/requests/req_1?status=5xx");
    router.go("/requests?status=5xx");
    expect(tab.scrolled()).toBe(0);
    router.go("/keys/k_1");
    router.go("/keys/k_1/edit");
    router.go("/keys/k_2");
    router.go("/keys");
    router.go("/keys?tag=ci");
    router.go("/requests");
    router.go("/requests/refused");
    expect(tab.scrolled()).toBe(6);
  });

  test("changes a filter in place", () => {
    const tab = browser("/web/keys");
    const router = createRouter("/web", tab.window);
    router.setSearch("?status=deleted");
    expect([router.search.value, tab.at(), tab.length()]).toEqual(["?status=deleted", "/web/keys?status=deleted", 1]);
  });

  test("asks before a link leaves unsaved work, and goes or stays as told", () => {
    const tab = browser("/web/keys/new");
    const router = createRouter("/web", tab.window);
    const dirty = signal(false);
    router.hold(dirty);
    dirty.value = true;
    router.go("/accounts");
    expect(tab.at()).toBe("/web/keys/new");
    router.leaving.value?.stay();
    expect([router.leaving.value, tab.at(), tab.leaveSite()]).toEqual([null, "/web/keys/new", true]);
    router.go("/accounts");
    router.leaving.value?.go();
    expect([router.leaving.value, router.path.value, tab.leaveSite()]).toEqual([null, "/accounts", false]);
  });

  test("takes a step back again until it is told to leave", () => {
    const tab = browser("/web/keys");
    const router = createRouter("/web", tab.window);
    router.go("/keys/new");
    const dirty = signal(true);
    router.hold(dirty);
    tab.back();
    expect([tab.at(), router.path.value]).toEqual(["/web/keys/new", "/keys/new"]);
    router.leaving.value?.go();
    expect([tab.at(), router.path.value]).toEqual(["/web/keys", "/keys"]);
  });

  test("asks nobody once the work is saved or the form is gone", () => {
    const tab = browser("/web/keys/new");
    const router = createRouter("/web", tab.window);
    const release = router.hold(signal(true));
    release();
    router.go("/accounts");
    expect([router.leaving.value, router.path.value]).toEqual([null, "/accounts"]);
  });
});
