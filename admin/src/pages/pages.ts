/** The pages in the order of the navigation: their paths, and their code, which is fetched when one is first opened. */
import type { Console } from "../console.ts";
import { type Lazy, lazy } from "../router/lazy.tsx";
import type { Match } from "../router/match.ts";
import type { Router } from "../router/router.ts";

export interface PageProps {
  data: Console;
  router: Router;
  /** Which of the page's patterns the path fits, and with what. */
  match: Match;
}

export type PageName = "requests" | "keys" | "accounts" | "prices";

interface Described {
  name: PageName;
  /** The first is where the navigation leads to. */
  patterns: readonly [string, ...string[]];
  lazy: Lazy<PageProps>;
}

export const PAGES: readonly Described[] = [
  {
    name: "requests",
    patterns: ["/requests", "/"],
    lazy: lazy(() => import("./requests/page.tsx").then((page) => page.RequestsPage)),
  },
  {
    name: "keys",
    patterns: ["/keys", "/keys/new"],
    lazy: lazy(() => import("./keys/page.tsx").then((page) => page.KeysPage)),
  },
  {
    name: "accounts",
    patterns: ["/accounts", "/accounts/new"],
    lazy: lazy(() => import("./accounts/page.tsx").then((page) => page.AccountsPage)),
  },
  {
    name: "prices",
    patterns: ["/prices", "/prices/:model"],
    lazy: lazy(() => import("./prices/page.tsx").then((page) => page.PricesPage)),
  },
];
