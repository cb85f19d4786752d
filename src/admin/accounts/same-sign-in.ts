/**
 * Whether a sign-in that is brought along belongs to another account already. A refresh token works once, so two accounts with the same
 * one would end each other's sign-in, and some providers then end both.
 */
import { MINUTE_MS } from "../../ground/durations.ts";
import { callKeeper } from "../../pool/call-keeper.ts";
import type { GivenCredential, Kind } from "../../providers/kind.ts";
import { fingerprintOf } from "../../vault/credentials.ts";
import type { StoredGrant } from "../../vault/grant.ts";

/** For each of them a Keeper is asked. */
const MOST_ASKED = 40;

/** How long an import that was interrupted keeps its sign-in from others. */
const HELD_MS = 2 * MINUTE_MS;

/** Does what makes an account of a sign-in. Of two requests that bring the same one at the same time, `busy` is the answer to one. */
export async function whileHeld<Answer>(
  env: Env,
  [given]: readonly GivenCredential[],
  now: number,
  make: () => Promise<Answer>,
  busy: Answer,
): Promise<Answer> {
  if (given?.type !== "grant" || given.refresh === null) return make();
  const fingerprint = await fingerprintOf(given.refresh);
  if (!(await holdSignIn(env, fingerprint, now))) return busy;
  try {
    return await make();
  } finally {
    // What stays there expires.
    await releaseSignIn(env, fingerprint).catch(() => undefined);
  }
}

/** Whether nobody else held it. The row is what two isolates cannot both insert. */
export async function holdSignIn({ DB }: Env, fingerprint: string, now: number): Promise<boolean> {
  const [, held] = await DB.batch([
    DB.prepare("DELETE FROM settings WHERE name GLOB 'sign_in/*' AND CAST(value AS INTEGER) <= ?1").bind(now),
    DB.prepare("INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING RETURNING name").bind(
      ...[nameOf(fingerprint), String(now + HELD_MS)],
    ),
  ]);
  return held?.results.length === 1;
}

export async function releaseSignIn({ DB }: Env, fingerprint: string): Promise<void> {
  await DB.prepare("DELETE FROM settings WHERE name = ?1").bind(nameOf(fingerprint)).run();
}

function nameOf(fingerprint: string): string {
  return `sign_in/${fingerprint}`;
}

/**
 * The name of the account, other than `own`, that was made with the same sign-in; null if there is none. Keepers that do not answer are
 * skipped.
 */
export async function accountWithSignIn(
  env: Env,
  { platform, name: kind }: Kind,
  [given]: readonly GivenCredential[],
  own = "",
): Promise<string | null> {
  if (given?.type !== "grant" || given.refresh === null) return null;
  const broughtWith = await fingerprintOf(given.refresh);
  const { results } = await env.DB.prepare(
    `SELECT id, name FROM accounts WHERE platform = ?1 AND kind = ?2 AND id <> ?3 ORDER BY id DESC LIMIT ${MOST_ASKED}`,
  )
    .bind(platform, kind, own)
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
