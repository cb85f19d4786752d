/** Everything one signed-in person sees. Made at sign-in and dropped at sign-out, so that nothing outlives a session. */
import { type Signal, signal } from "@preact/signals";
import type { AdminClient } from "./api.ts";
import { createDirectory, type Directory } from "./directory.ts";
import { type Accounts, createAccounts } from "./pages/accounts/accounts.ts";
import { createKeys, type Keys } from "./pages/keys/keys.ts";
import { createPrices, type Prices } from "./pages/prices/prices.ts";
import { createRequests, type Requests } from "./pages/requests/requests.ts";

export interface Console {
  accounts: Accounts;
  keys: Keys;
  requests: Requests;
  prices: Prices;
  directory: Directory;
  /** What was just done, in a sentence. */
  notice: Signal<string | null>;
}

export function createConsole(client: AdminClient): Console {
  return {
    accounts: createAccounts(client),
    keys: createKeys(client),
    requests: createRequests(client),
    prices: createPrices(client),
    directory: createDirectory(client),
    notice: signal<string | null>(null),
  };
}
