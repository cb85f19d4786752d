/** The two parts of all requests: those that the relay has logged, and those that it has refused itself. */
import { withFilter } from "../../list/filters.ts";
import type { Router } from "../../router/router.ts";
import { words } from "./words.ts";

const TABS = [
  { name: "log", path: "/requests", label: words.log },
  { name: "refused", path: "/requests/refused", label: words.refusedTab },
] as const;

export function RequestTabs({ router, current }: { router: Router; current: (typeof TABS)[number]["name"] }) {
  // The key is the only filter that both have.
  const key = new URLSearchParams(router.search.value).get("key_id") ?? "";
  return (
    <nav class="tabs" aria-label={words.title}>
      {TABS.map(({ name, path, label }) => (
        <a
          key={name}
          href={router.href(path + withFilter("", "key_id", key))}
          aria-current={name === current ? "page" : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
