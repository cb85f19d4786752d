/** Everything one signed-in person sees. Made at sign-in and dropped at sign-out, so that nothing outlives a session. */
import { type Signal, signal } from "@preact/signals";
import type { AdminClient } from "./api.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { type Accounts, createAccounts } from "./pages/accounts/accounts.ts";
import { createKeys, type Keys } from "./pages/keys/keys.ts";
import type { Notice } from "./parts/toasts.tsx";

export interface Console {
  client: AdminClient;
  accounts: Accounts;
  keys: Keys;
  directory: Directory;
  /** What was just done. */
  notice: Signal<Notice | null>;
  /** The relay's time zone, once it is known and where it is not the browser's own. */
  zone: Signal<string | null>;
  /** What of the page's things is open, by its name; null where none is. */
  crumb: Signal<string | null>;
}

export function createConsole(client: AdminClient): Console {
  return {
    client,
    accounts: createAccounts(client),
    keys: createKeys(client),
    directory: createDirectory(client),
    notice: signal<Notice | null>(null),
    zone: signal<string | null>(null),
    crumb: signal<string | null>(null),
  };
}
