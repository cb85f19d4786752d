/** What the alarm of an account's Keeper does for its sign-in, which depends on what D1 says of the account. */
import { record } from "../events.ts";
import { MINUTE_MS } from "../ground/durations.ts";
import type { Offered } from "../vault/offers.ts";
import type { NewGrant, TokenVault } from "../vault/tokens.ts";
import { signInNamedBy, whereaboutsOf } from "./keeper-rows.ts";

/** How long making an account may take: it is made only when the project of its sign-in was found. */
const MAKING_MS = 10 * MINUTE_MS;

/** `adopt`: the Keeper's method. */
export async function workOnSignIn(
  env: Env,
  vault: TokenVault,
  adopt: (given: NewGrant) => Promise<void>,
): Promise<void> {
  for (const offered of vault.offers.takeTurn()) await settleOffer(env, vault, offered, adopt);
  const { signIn } = vault;
  if (signIn) {
    // An account that is being made has its sign-in before it is in D1.
    const isNew = Date.now() - signIn.madeAt < MAKING_MS;
    const account = isNew ? "there" : await whereaboutsOf(env, signIn.accountId);
    if (account === "there") await vault.work();
    else await vault.forget(account === "never made");
  }
  await vault.partWithGone();
}

/** Takes in the sign-in that the account names, and drops the one that it does not. */
async function settleOffer(
  env: Env,
  vault: TokenVault,
  offered: Offered,
  adopt: (given: NewGrant) => Promise<void>,
): Promise<void> {
  const { accountId, grantId } = offered;
  const named = await signInNamedBy(env, accountId);
  if (named === undefined) return;
  const given = named === grantId ? await opened(vault, offered) : null;
  if (given) {
    await adopt(given);
    vault.projects.lookSoon();
  }
  vault.offers.drop((one) => one.grantId === grantId);
}

/** The offered sign-in; null if it does not open: then somebody has to sign in again. */
async function opened(vault: TokenVault, offered: Offered): Promise<NewGrant | null> {
  try {
    return await vault.offers.open(offered);
  } catch (error) {
    record({ event: "credential_unreadable", account: offered.accountId, position: 0, error });
    return null;
  }
}
