/** Everything that one signed-in person sees. Created at sign-in and dropped at sign-out, so that nothing outlives a session. */
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
  /** The last action, for a message. */
  notice: Signal<Notice | null>;
  /** The relay's time zone, once it is known, if it differs from the browser's. */
  zone: Signal<string | null>;
  /** The name of the record that is open on the page; null if none is. */
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
