/** Who is asking: user, accounts, memberships. */
import { ACCOUNT_ID } from "./account.ts";
import type { Route } from "./cloudflare.ts";
import { success } from "./envelope.ts";

const ONE = { page: 1, per_page: 50, total_count: 1 };

export const IDENTITY_ROUTES: readonly Route[] = [
  ["GET", /^\/user$/, () => success({ id: "a".repeat(32), email: "somebody@example.com" })],
  ["GET", /^\/user\/tokens\/verify$/, () => success({ id: "b".repeat(32), status: "active" })],
  ["GET", /^\/accounts$/, () => success([{ id: ACCOUNT_ID, name: "Somebody's Account", type: "standard" }], ONE)],
  [
    "GET",
    /^\/memberships$/,
    () => success([{ id: "c".repeat(32), account: { id: ACCOUNT_ID, name: "Somebody's Account" }, roles: [] }], ONE),
  ],
];
