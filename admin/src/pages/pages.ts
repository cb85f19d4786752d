/** The pages: their place in the navigation, their paths, and their code, which is fetched when one is first opened. */
import type { Console } from "../console.ts";
import type { IconName } from "../parts/icon.tsx";
import { type Lazy, lazy } from "../router/lazy.tsx";
import { type Match, matchPath } from "../router/match.ts";
import type { Router } from "../router/router.ts";

export interface PageProps {
  data: Console;
  router: Router;
  /** The pattern of the page that the path matches, with its parameters. */
  match: Match;
}

export type PageName =
  | "overview"
  | "requests"
  | "keys"
  | "accounts"
  | "groups"
  | "aliases"
  | "who-serves"
  | "templates"
  | "prices"
  | "alerts"
  | "audit"
  | "settings"
  | "start";

export interface NavigationItem {
  name: PageName;
  icon: IconName;
  path: string;
}

/** The groups of the navigation. The first one is at the bottom of a phone. */
export const NAVIGATION: readonly (readonly NavigationItem[])[] = [
  [
    { name: "overview", icon: "layout-dashboard", path: "/" },
    { name: "requests", icon: "activity", path: "/requests" },
    { name: "keys", icon: "key-round", path: "/keys" },
    { name: "accounts", icon: "server", path: "/accounts" },
  ],
  [
    { name: "groups", icon: "boxes", path: "/groups" },
    { name: "aliases", icon: "signpost", path: "/aliases" },
    { name: "who-serves", icon: "arrow-right", path: "/who-serves" },
    { name: "templates", icon: "layout-template", path: "/templates" },
    { name: "prices", icon: "circle-dollar-sign", path: "/prices" },
  ],
  [
    { name: "alerts", icon: "bell", path: "/alerts" },
    { name: "audit", icon: "scroll-text", path: "/audit" },
    { name: "settings", icon: "settings", path: "/settings" },
  ],
];

interface Described {
  name: PageName;
  /** In the order in which they are tried. */
  patterns: readonly string[];
  lazy: Lazy<PageProps>;
}

export const PAGES: readonly Described[] = [
  {
    name: "overview",
    patterns: ["/"],
    lazy: lazy(() => import("./overview/page.tsx").then((page) => page.OverviewPage)),
  },
  {
    name: "requests",
    patterns: ["/requests/refused"],
    lazy: lazy(() => import("./refusals/page.tsx").then((page) => page.RefusalsPage)),
  },
  {
    name: "requests",
    patterns: ["/requests", "/requests/:id"],
    lazy: lazy(() => import("./requests/page.tsx").then((page) => page.RequestsPage)),
  },
  {
    name: "keys",
    patterns: ["/keys", "/keys/new"],
    lazy: lazy(() => import("./keys/page.tsx").then((page) => page.KeysPage)),
  },
  {
    name: "keys",
    patterns: ["/keys/:id", "/keys/:id/edit"],
    lazy: lazy(() => import("./key/page.tsx").then((page) => page.KeyPage)),
  },
  {
    name: "accounts",
    patterns: ["/accounts", "/accounts/new", "/accounts/new/:kind"],
    lazy: lazy(() => import("./accounts/page.tsx").then((page) => page.AccountsPage)),
  },
  {
    name: "accounts",
    patterns: ["/accounts/:id", "/accounts/:id/edit", "/accounts/:id/sign-in"],
    lazy: lazy(() => import("./account/page.tsx").then((page) => page.AccountPage)),
  },
  {
    name: "groups",
    patterns: ["/groups", "/groups/new", "/groups/:id"],
    lazy: lazy(() => import("./groups/page.tsx").then((page) => page.GroupsPage)),
  },
  {
    name: "aliases",
    patterns: ["/aliases", "/aliases/new", "/aliases/:id"],
    lazy: lazy(() => import("./aliases/page.tsx").then((page) => page.AliasesPage)),
  },
  {
    name: "who-serves",
    patterns: ["/who-serves"],
    lazy: lazy(() => import("./who-serves/page.tsx").then((page) => page.WhoServesPage)),
  },
  {
    name: "templates",
    patterns: ["/templates", "/templates/new", "/templates/:id"],
    lazy: lazy(() => import("./templates/page.tsx").then((page) => page.TemplatesPage)),
  },
  {
    name: "alerts",
    patterns: ["/alerts", "/alerts/new", "/alerts/:id"],
    lazy: lazy(() => import("./alerts/page.tsx").then((page) => page.AlertsPage)),
  },
  {
    name: "audit",
    patterns: ["/audit", "/audit/:id"],
    lazy: lazy(() => import("./audit/page.tsx").then((page) => page.AuditPage)),
  },
  {
    name: "settings",
    patterns: ["/settings"],
    lazy: lazy(() => import("./settings/page.tsx").then((page) => page.SettingsPage)),
  },
  {
    name: "start",
    patterns: ["/start", "/start/account", "/start/account/:kind", "/start/key", "/start/client/:id"],
    lazy: lazy(() => import("./start/page.tsx").then((page) => page.StartPage)),
  },
  {
    name: "prices",
    patterns: ["/prices", "/prices/:model"],
    lazy: lazy(() => import("./prices/page.tsx").then((page) => page.PricesPage)),
  },
];

/** Where the holder of a key sees what it has used. It is not a page of the console: nobody signs in for it. */
export const HOLDER_PATH = "/me";
export const holderPage = lazy<Record<string, never>>(() => import("./me/page.tsx").then((page) => page.MePage));

/** Whether a path only opens or closes something above the page of the other path: what is open has an address below its page's. Pure. */
export function isOver(from: string, to: string): boolean {
  const [page, over] = from.length < to.length ? [from, to] : [to, from];
  return over.startsWith(`${page}/`) && pageAt(page)?.page === pageAt(over)?.page;
}

/** The page that a path opens, or null. */
export function pageAt(path: string): { page: Described; match: Match } | null {
  for (const page of PAGES) {
    const match = matchPath(page.patterns, path);
    if (match) return { page, match };
  }
  return null;
}
