/** What passes between an account's verbs and its Keeper when a sign-in is given, and how it is reported if no answer comes. */
import { record } from "../../events.ts";
import type { NewGrant } from "../../vault/tokens.ts";
import type { VerbResult } from "../api/context.ts";
import { giveToKeeper } from "./credentials.ts";
import { findProject } from "./project.ts";

/** Lets the Keeper keep a sign-in that the account is about to name. If the caller dies, the Keeper finds out by itself. */
export async function offerSignIn(env: Env, signIn: NewGrant): Promise<VerbResult<null>> {
  try {
    await giveToKeeper(env, "offer", signIn);
    return { ok: true, value: null };
  } catch (error) {
    return unreachable(signIn, error, "did not take the sign-in, and the account is as it was; sign in again");
  }
}

/** Lets the Keeper take a sign-in over, and find the project for its requests. Does nothing if no sign-in was given. */
export async function handOver(
  env: Env,
  account: Parameters<typeof findProject>[1],
  signIn: NewGrant | null,
  headers: Parameters<typeof findProject>[3],
): Promise<VerbResult<null>> {
  if (!signIn) return { ok: true, value: null };
  try {
    await giveToKeeper(env, "adopt", signIn);
  } catch (error) {
    return unreachable(signIn, error, "did not take the sign-in; sign in again");
  }
  return findProject(env, account, signIn.grantId, headers);
}

function unreachable({ accountId }: NewGrant, error: unknown, what: string): VerbResult<null> {
  record({ event: "keeper_unreachable", account: accountId, error });
  return { ok: false, refusal: { reason: "keeper_unreachable", message: `The account's Keeper ${what}` } };
}
