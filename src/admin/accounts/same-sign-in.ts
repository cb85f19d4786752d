/**
 * Whether a sign-in that is brought along belongs to another account already. A refresh token works once, so two accounts with the same
 * one would end each other's sign-in, and some providers then end both.
 */
import { callKeeper } from "../../pool/call-keeper.ts";
import type { GivenCredential, Kind } from "../../providers/kind.ts";
import { fingerprintOf } from "../../vault/credentials.ts";
import type { StoredGrant } from "../../vault/grant.ts";

/** For each of them a Keeper is asked. */
const MOST_ASKED = 40;

/** The name of the account that was made with the same sign-in; null if there is none. Keepers that do not answer are skipped. */
export async function accountWithSignIn(
  env: Env,
  { platform, name: kind }: Kind,
  [given]: readonly GivenCredential[],
): Promise<string | null> {
  if (given?.type !== "grant" || given.refresh === null) return null;
  const broughtWith = await fingerprintOf(given.refresh);
  const { results } = await env.DB.prepare(
    `SELECT id, name FROM accounts WHERE platform = ?1 AND kind = ?2 ORDER BY id DESC LIMIT ${MOST_ASKED}`,
  )
    .bind(platform, kind)
    .all<{ id: string; name: string }>();
  const found = await Promise.all(
    results.map(async ({ id, name }) => {
      const signIn = await callKeeper<StoredGrant | null>(env, id, [], async (keeper) => keeper.signIn()).catch(
        () => null,
      );
      return signIn?.broughtWith === broughtWith && signIn.ended === null ? name : null;
    }),
  );
  return found.find((name) => name !== null) ?? null;
}
