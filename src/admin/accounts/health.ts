/**
 * The health of accounts: of one in full, from its Keeper, and everything that is in cooldown, from D1. Also resets it for an
 * administrator.
 */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../../events.ts";
import { dayStart } from "../../ground/calendar.ts";
import { DAY_MS, MINUTE_MS } from "../../ground/durations.ts";
import type { AccountError } from "../../pool/keeper-state.ts";
import { quotaQuestionOf } from "../../pool/quota-asking.ts";
import { formatUsd } from "../../pricing/money.ts";
import { describeCondition } from "../../providers/faults/descriptions.ts";
import { shownAt, tightestWindow } from "../../providers/quota/windows.ts";
import { accountHealth, accounts, modelGaps } from "../../store/schema.ts";
import { forgetSnapshot, loadPool } from "../../store/snapshot.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { raiseSnapshotVersion } from "../api/snapshot-version.ts";
import { auditAct } from "../audit/record.ts";
import { oneAccount, theseAccounts } from "./choice.ts";
import { hintsOf } from "./credentials.ts";
import type { AccountErrorView, AccountHealthView, AccountView, LimitedAccountView } from "./schema.ts";
import { standingOf } from "./standing.ts";
import { accountView, answersOf } from "./views.ts";

export const NO_SUCH_ACCOUNT = {
  ok: false,
  refusal: { reason: "not_found", message: "There is no such account" },
} as const;

/** Whoever looks at an account wants recent figures, but they need not be of this second. */
const QUOTA_AGE_MS = 10 * MINUTE_MS;

/** What the account's Keeper knows. If the quota is due, the provider is asked for it first. */
export async function readAccountHealth(context: VerbContext, id: string): Promise<VerbResult<AccountHealthView>> {
  const { env, now } = context;
  // D1 is asked first, because asking the Keeper of an account that never existed would create an object for it.
  const row = await drizzle(env.DB).select().from(accounts).where(eq(accounts.id, id)).get();
  if (!row) return NO_SUCH_ACCOUNT;
  const own = oneAccount(id);
  const [hints, answers] = await Promise.all([hintsOf(env, own), answersOf(env, own), askQuota(context, id)]);
  const report = await asked(id, () => env.KEEPER.getByName(id).report(row.quotaResetHour));
  if (!report.ok) return UNREACHABLE;
  const { health, inFlight, todayNanos, errors, project } = report.value;
  const tightest = tightestWindow(health.quota, null, now);
  const headroom = tightest && shownAt(tightest, now);
  const counted = row.maxConcurrency !== null || row.dailyQuotaNanos !== null;
  const offset = (Number(env.TIMEZONE_OFFSET) || 0) - row.quotaResetHour;
  return {
    ok: true,
    value: {
      account_id: id,
      ...standingOf(row, { health, keys: hints, answeredAt: answers.get(id) ?? null }, now),
      in_flight: counted ? inFlight : null,
      today_cost_usd: counted ? formatUsd(todayNanos) : null,
      quota_resets_at: row.dailyQuotaNanos === null ? null : iso(dayStart(now, offset) + DAY_MS),
      headroom: headroom && {
        ...{ window: headroom.name, used: headroom.used, status: headroom.status },
        resets_at: headroom.resetsAt === null ? null : iso(headroom.resetsAt),
      },
      probing: health.probing,
      project,
      last_errors: errors.map(errorView),
    },
  };
}

/** Asks the provider for the quota, if it can be asked and no recent answer has told it. The Keeper's report has the result. */
async function askQuota({ env, now }: VerbContext, id: string): Promise<void> {
  const account = (await loadPool(env, now)).accounts.find((each) => each.id === id);
  const question = account && quotaQuestionOf(account, QUOTA_AGE_MS);
  if (question) await asked(id, () => env.KEEPER.getByName(id).askQuota(question));
}

/** Every cooldown of every account: first what needs a person, then what ends soonest. */
export async function listLimited({ env, now }: VerbContext): Promise<VerbResult<Page<LimitedAccountView>>> {
  const db = drizzle(env.DB);
  const rows = await db.select().from(accountHealth).innerJoin(accounts, eq(accounts.id, accountHealth.accountId));
  if (rows.length === 0) return { ok: true, value: { items: [], next_cursor: null } };
  const ids = rows.map((row) => row.accounts.id);
  const hints = await hintsOf(env, theseAccounts(ids));
  const items = rows.flatMap(({ accounts: account, account_health: { health } }) => {
    const own = hints.filter(({ accountId }) => accountId === account.id);
    const { temporary_states } = standingOf(account, { health, keys: own, answeredAt: null }, now);
    return temporary_states.map((state) => ({ account_id: account.id, account_name: account.name, ...state }));
  });
  items.sort((a, b) => (a.until ?? "").localeCompare(b.until ?? ""));
  return { ok: true, value: { items, next_cursor: null } };
}

/**
 * Forgets everything that is held against the account, so that the next request may use it, and what its upstream does not accept.
 * Idempotent.
 */
export async function resetAccount(context: VerbContext, id: string): Promise<VerbResult<AccountView>> {
  const { env, now } = context;
  const db = drizzle(env.DB);
  const row = await db.select().from(accounts).where(eq(accounts.id, id)).get();
  if (!row) return NO_SUCH_ACCOUNT;
  if (!(await resetAtKeeper(env, id))) return UNREACHABLE;
  await db.batch([db.delete(modelGaps).where(eq(modelGaps.accountId, id)), raiseSnapshotVersion(env)]);
  await auditAct(context, { action: "account.reset", target: id, detail: { name: row.name } });
  (await loadPool(env, now)).health.delete(id);
  forgetSnapshot();
  return { ok: true, value: await accountView(context, row) };
}

/** Lets the account's Keeper forget what is held against it. False: it did not answer. */
export async function resetAtKeeper(env: Env, id: string): Promise<boolean> {
  return (await asked(id, () => env.KEEPER.getByName(id).reset(id))).ok;
}

export const UNREACHABLE = {
  ok: false,
  refusal: { reason: "keeper_unreachable", message: "The account's Keeper did not answer; try again" },
} as const;

/** Retries once, because an object that is being moved answers the second time. */
async function asked<Value>(
  id: string,
  ask: () => Promise<Value>,
): Promise<{ ok: true; value: Value } | { ok: false }> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return { ok: true, value: await ask() };
    } catch (error) {
      record({ event: "keeper_unreachable", account: id, error });
    }
  }
  return { ok: false };
}

function errorView({ at, status, condition, class: fault, until }: AccountError): AccountErrorView {
  const end = until === null ? null : iso(until);
  return { time: iso(at), status, class: fault, condition, reason: describeCondition(condition), until: end };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
