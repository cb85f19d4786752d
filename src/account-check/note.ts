/**
 * A check that was answered, noted for this isolate and with the account's Keeper, so that every location hears of it. (One
 * that failed is noted like any other fault, by src/pool/health-reports.ts.)
 */
import { record } from "../events.ts";
import { callKeeper } from "../pool/call-keeper.ts";
import { type AccountHealth, HEALTHY, type TemporaryState, temporaryStates, withHeadroom } from "../pool/health.ts";
import { afterPassedCheck } from "../pool/passed-check.ts";
import type { Pool } from "../pool/pool.ts";
import type { Target } from "../pool/target.ts";
import { headroomOf } from "../providers/headroom.ts";

/**
 * Ends the suspicion against the account and its key, as far as it was one. Answers what goes on being held against them.
 * Never rejects.
 */
export async function reportPassedCheck(
  env: Env,
  pool: Pool,
  { account, family }: Target,
  keyId: string,
  headers: Headers,
): Promise<TemporaryState[]> {
  const now = Date.now();
  const known = pool.health.get(account.id) ?? HEALTHY;
  const headroom = headroomOf(headers, now);
  const local = withHeadroom(afterPassedCheck(known, keyId, family, now), headroom);
  // Nothing that it shows is news: not worth an object request.
  if (local === known) return held(known, keyId, family, now);
  pool.health.set(account.id, local);
  try {
    const health = await callKeeper(env, account.id, [0, 50], (keeper) =>
      keeper.reportPassedCheck(account.id, keyId, family, headroom),
    );
    pool.health.set(account.id, health);
    return held(health, keyId, family, now);
  } catch (error) {
    record({ event: "account_recovery_untold", account: account.id, error });
    return held(local, keyId, family, now);
  }
}

function held(health: AccountHealth, keyId: string, family: string | null, now: number): TemporaryState[] {
  return temporaryStates(health, now).filter(({ scope, key, family: of }) => {
    if (scope === "account") return true;
    return key === keyId && (scope === "key" || of === family);
  });
}
