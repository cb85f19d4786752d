/**
 * Reports a check that was answered: to this isolate at once, and to the account's Keeper for all others. (One that failed is
 * reported like any other fault, by src/pool/health-reports.ts.)
 */
import { record } from "../events.ts";
import { callKeeper } from "../pool/call-keeper.ts";
import {
  type AccountHealth,
  type AccountTest,
  HEALTHY,
  type TemporaryState,
  temporaryStates,
  withReading,
} from "../pool/health.ts";
import { afterPassedCheck } from "../pool/passed-check.ts";
import type { Pool } from "../pool/pool.ts";
import type { Target } from "../pool/target.ts";
import { quotaIn } from "../providers/quota/headers.ts";

/**
 * Ends the guessed cooldowns of the account and its key. Answers what still keeps them out of use. Never rejects.
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
  const reading = quotaIn(headers, now);
  const local = withReading(afterPassedCheck(known, keyId, family, now), reading, now);
  // The check changes no health, so there is nothing to report.
  if (local === known) return remainingStates(known, keyId, family, now);
  pool.health.set(account.id, local);
  try {
    const health = await callKeeper(env, account.id, [0, 50], (keeper) =>
      keeper.reportPassedCheck(account.id, keyId, family, reading),
    );
    pool.health.set(account.id, health);
    return remainingStates(health, keyId, family, now);
  } catch (error) {
    record({ event: "account_recovery_untold", account: account.id, error });
    return remainingStates(local, keyId, family, now);
  }
}

/** Notes with the account what a check of it has shown. Never rejects. */
export async function reportTest(env: Env, pool: Pool, accountId: string, test: AccountTest): Promise<void> {
  try {
    pool.health.set(
      accountId,
      await callKeeper(env, accountId, [0, 50], (keeper) => keeper.reportTest(accountId, test)),
    );
  } catch (error) {
    record({ event: "account_test_untold", account: accountId, error });
  }
}

function remainingStates(health: AccountHealth, keyId: string, family: string | null, now: number): TemporaryState[] {
  return temporaryStates(health, now).filter(({ scope, key, family: of }) => {
    if (scope === "account") return true;
    return key === keyId && (scope === "key" || of === family);
  });
}
