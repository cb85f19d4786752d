/**
 * One action on several accounts: pause, resume, or reset. It takes few queries, however many accounts there are, because the free plan
 * allows 50 per invocation.
 */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accounts } from "../../store/schema.ts";
import { forgetSnapshot, loadPool } from "../../store/snapshot.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { errorOf } from "../api/refusal.ts";
import { snapshotVersionRaised } from "../api/snapshot-version.ts";
import { auditMany } from "../audit/record.ts";
import { NO_SUCH_ACCOUNT, resetAtKeeper, UNREACHABLE } from "./health.ts";
import type { AccountOutcome, AccountOutcomes, BulkAccounts } from "./schema.ts";

type AccountRow = typeof accounts.$inferSelect;

/** Applies the action to each account that exists. Returns one outcome for each id, in their order. */
export async function changeAccounts(context: VerbContext, input: BulkAccounts): Promise<VerbResult<AccountOutcomes>> {
  const ids = [...new Set(input.ids)];
  const among = sql`${accounts.id} in (select value from json_each(${JSON.stringify(ids)}))`;
  const rows = await drizzle(context.env.DB).select().from(accounts).where(among);
  const failed = input.action === "reset" ? await reset(context, rows) : await schedule(context, rows, input.action);
  const results = ids.map((id): AccountOutcome => {
    if (!rows.some((row) => row.id === id)) return { id, error: errorOf(NO_SUCH_ACCOUNT.refusal) };
    return { id, error: failed.has(id) ? errorOf(UNREACHABLE.refusal) : null };
  });
  const errors = results.filter(({ error }) => error !== null).length;
  return { ok: true, value: { updated: results.length - errors, failed: errors, results } };
}

/** Leaves accounts alone that are in the wanted state already. */
async function schedule(
  context: VerbContext,
  rows: readonly AccountRow[],
  action: "pause" | "resume",
): Promise<ReadonlySet<string>> {
  const { env, now } = context;
  const schedulable = action === "resume";
  const changed = rows.filter((row) => row.schedulable !== schedulable);
  if (changed.length > 0) {
    const ids = JSON.stringify(changed.map(({ id }) => id));
    await env.DB.batch([
      env.DB.prepare(
        `UPDATE accounts SET schedulable = ?1, updated_at = max(?2, updated_at + 1)
         WHERE id IN (SELECT value FROM json_each(?3)) AND schedulable <> ?1`,
      ).bind(schedulable ? 1 : 0, now, ids),
      auditMany(context, {
        action: "account.update",
        entries: changed.map(({ id, name }) => ({
          target: id,
          detail: { name, fields: ["schedulable"] },
          changes: { schedulable: { old: !schedulable, new: schedulable } },
        })),
      }),
      snapshotVersionRaised(env),
    ]);
    forgetSnapshot();
  }
  return new Set();
}

/** Returns the ids whose Keepers did not answer. For the others, it is also forgotten what their upstreams do not accept. */
async function reset(context: VerbContext, rows: readonly AccountRow[]): Promise<ReadonlySet<string>> {
  const { env, now } = context;
  const outcomes = await Promise.all(rows.map(async (row) => ({ row, done: await resetAtKeeper(env, row.id) })));
  const done = outcomes.filter((outcome) => outcome.done).map(({ row }) => row);
  if (done.length > 0) {
    const ids = JSON.stringify(done.map(({ id }) => id));
    await env.DB.batch([
      env.DB.prepare("DELETE FROM model_gaps WHERE account_id IN (SELECT value FROM json_each(?1))").bind(ids),
      auditMany(context, {
        action: "account.reset",
        entries: done.map(({ id, name }) => ({ target: id, detail: { name }, changes: {} })),
      }),
      snapshotVersionRaised(env),
    ]);
    const { health } = await loadPool(env, now);
    for (const { id } of done) health.delete(id);
    forgetSnapshot();
  }
  return new Set(outcomes.filter((outcome) => !outcome.done).map(({ row }) => row.id));
}
