/** Accounts as the API shows them: the record, its keys' hints, its groups, and its state. Never a secret. */
import { drizzle } from "drizzle-orm/d1";
import type { AccountHealth } from "../../pool/health.ts";
import { accountAnswers, accountHealth, type accounts, modelGaps } from "../../store/schema.ts";
import type { VerbContext } from "../api/context.ts";
import { viewOf } from "../api/fields.ts";
import { isoTime } from "../api/values.ts";
import { groupsOf } from "../groups/members.ts";
import { type AccountChoice, oneAccount, theseAccounts } from "./choice.ts";
import { hintsOf } from "./credentials.ts";
import { headerNamesOf } from "./egress.ts";
import { ACCOUNT_FIELDS } from "./fields.ts";
import type { AccountStandingView, AccountView } from "./schema.ts";
import { standingOf } from "./standing.ts";

type AccountRow = typeof accounts.$inferSelect;

/** The views of the rows, in their order, with six queries for any number of rows. `chosen`: exactly these accounts. */
export async function accountViews(
  { env, now }: VerbContext,
  rows: AccountRow[],
  chosen: AccountChoice = theseAccounts(rows.map(({ id }) => id)),
): Promise<AccountView[]> {
  if (rows.length === 0) return [];
  const [hints, memberships, health, answers, gaps, headerNames] = await Promise.all([
    hintsOf(env, chosen),
    groupsOf(env, chosen),
    healthOf(env, chosen),
    answersOf(env, chosen),
    gapsOf(env, chosen),
    headerNamesOf(env, chosen),
  ]);
  return rows.map((row) => {
    const own = hints.filter(({ accountId }) => accountId === row.id);
    const groups = memberships.filter(({ accountId }) => accountId === row.id).map(({ groupId }) => groupId);
    return {
      ...recordView(row, own, groups, headerNames.get(row.id)),
      ...standingOf(row, { health: health.get(row.id), keys: own, answeredAt: answers.get(row.id) ?? null }, now),
      unsupported_parameters: gaps.filter(({ accountId }) => accountId === row.id).map(gapView),
    };
  });
}

async function gapsOf(env: Env, chosen: AccountChoice): Promise<(typeof modelGaps.$inferSelect)[]> {
  return drizzle(env.DB).select().from(modelGaps).where(chosen(modelGaps.accountId));
}

function gapView({ model, parameter, createdAt }: typeof modelGaps.$inferSelect) {
  return { model, parameter, since: isoTime(createdAt) };
}

/** What is stored about an account, without its state. */
export function recordView(
  row: AccountRow,
  hints: readonly { hint: string; endsAt?: number | null | undefined }[],
  groupIds: string[],
  headerNames: readonly string[] = [],
): Omit<AccountView, keyof AccountStandingView | "unsupported_parameters"> {
  const signInEnd = hints.find(({ endsAt }) => endsAt)?.endsAt;
  return {
    id: row.id,
    ...viewOf(ACCOUNT_FIELDS, row),
    platform: row.platform,
    kind: row.kind,
    base_url: row.baseUrl,
    egress_header_names: [...headerNames],
    api_keys: hints.map(({ hint }) => ({ hint: `…${hint}` })),
    sign_in_ends_at: signInEnd ? isoTime(signInEnd) : null,
    group_ids: groupIds,
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
  };
}

/** The view of one row. */
export async function accountView(context: VerbContext, row: AccountRow): Promise<AccountView> {
  const [view] = await accountViews(context, [row], oneAccount(row.id));
  if (!view) throw new Error("A row has a view");
  return view;
}

/** What is held against the accounts, read directly from D1: a console should not see this isolate's copy. */
export async function healthOf(env: Env, chosen: AccountChoice): Promise<Map<string, AccountHealth>> {
  const rows = await drizzle(env.DB).select().from(accountHealth).where(chosen(accountHealth.accountId));
  return new Map(rows.map((row) => [row.accountId, row.health]));
}

/** When each last answered, in milliseconds since the epoch. */
export async function answersOf(env: Env, chosen: AccountChoice): Promise<Map<string, number>> {
  const rows = await drizzle(env.DB).select().from(accountAnswers).where(chosen(accountAnswers.accountId));
  return new Map(rows.map(({ accountId, answeredAt }) => [accountId, answeredAt]));
}
