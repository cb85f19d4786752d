/** Listing, reading and showing relay keys. Only `revealApiKey`, which is audited, returns a key itself. */
import { and, desc, eq, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { dayStart } from "../../ground/calendar.ts";
import { apiKeys, keyFigures } from "../../store/schema.ts";
import { apiKeyPlace } from "../../vault/places.ts";
import { open } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { readPage, SCAN_BUDGET } from "../api/paging.ts";
import { conflict } from "../api/refusal.ts";
import { auditAct } from "../audit/record.ts";
import { idsOfImported, idsOfPasted, isPasted } from "./pasted.ts";
import { keyById, keyView, NO_SUCH_KEY, selectKeysWithFigures } from "./records.ts";
import {
  type ApiKeyPage,
  type ApiKeyStandingView,
  type ApiKeyWithSecretView,
  isByAge,
  type ListApiKeys,
  type ListedApiKeyView,
} from "./schema.ts";
import { type KeyWithFigures, standingNow, standingsOf } from "./standing.ts";

/** One page of keys, by default newest first. What gates have not flushed yet is written to D1 first. */
export async function listApiKeys(context: VerbContext, input: ListApiKeys): Promise<VerbResult<ApiKeyPage>> {
  await flushRecentlySettled(context.env);
  const filter = await filterOf(context.env, input, context.now);
  // A pasted key is a single key, whatever the order.
  const page =
    isByAge(input.sort, input.order) || isPasted(input.search)
      ? await pageByAge(context, input, filter)
      : await rankedPage(context, input, filter);
  const standings = await standingsOf(context.env, page.keys, context.now);
  const items = page.keys.map(({ row }, at) => ({ ...keyView(row), ...(standings[at] as ApiKeyStandingView) }));
  const { status } = input;
  // D1 returns more than those with the status: a window may have ended, or a limit may have changed.
  const shown = status === undefined || status === "all" ? items : items.filter(({ state }) => state === status);
  return { ok: true, value: { items: shown, next_cursor: page.next, truncated: page.truncated } };
}

interface KeyPage {
  keys: KeyWithFigures[];
  next: string | null;
  truncated: boolean;
}

async function pageByAge(
  { env }: VerbContext,
  { cursor, limit, search }: ListApiKeys,
  filter: SQL | undefined,
): Promise<KeyPage> {
  const behindCursor =
    cursor && "id" in cursor
      ? sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${cursor.createdAt}, ${cursor.id})`
      : undefined;
  const { rows, next } = await readPage<KeyWithFigures, Position>({
    limit,
    // A pasted key is looked up by its id. Without a filter, each key that is read is also returned.
    filtered: filter !== undefined && !isPasted(search),
    positionOf: ({ row: { createdAt, id } }) => ({ createdAt, id }),
    positionAt: (offset) => positionAt(env, behindCursor, offset),
    rows: (end, most) =>
      selectKeysWithFigures(env)
        .where(and(behindCursor, upTo(end), filter))
        .orderBy(...NEWEST_FIRST)
        .limit(most)
        .all(),
  });
  return { keys: rows, next: next && `${next.createdAt}.${next.id}`, truncated: false };
}

/** Every page ranks the newest keys anew, as many as a filtered page reads. */
async function rankedPage(
  { env, now }: VerbContext,
  { cursor, limit, sort, order }: ListApiKeys,
  filter: SQL | undefined,
): Promise<KeyPage> {
  const skip = cursor && "skip" in cursor ? cursor.skip : 0;
  const end = await positionAt(env, undefined, SCAN_BUDGET - 1);
  const direction = order ?? (sort === "name" ? "asc" : "desc");
  const value = rankOf(sort, dayStart(now, Number(env.TIMEZONE_OFFSET) || 0));
  const found = await selectKeysWithFigures(env)
    .where(and(upTo(end), filter))
    .orderBy(direction === "asc" ? sql`${value} asc` : sql`${value} desc`, ...NEWEST_FIRST)
    .limit(limit + 1)
    .offset(skip);
  return {
    keys: found.slice(0, limit),
    next: found.length > limit ? String(skip + limit) : null,
    truncated: end !== null,
  };
}

function rankOf(sort: ListApiKeys["sort"], today: number): SQL {
  switch (sort) {
    case "created":
      return sql`${apiKeys.createdAt}`;
    case "name":
      return sql`lower(${apiKeys.name})`;
    case "last_used":
      return sql`coalesce(${keyFigures.lastUsedAt}, 0)`;
    case "today_cost":
      return sql`iif(${keyFigures.dayStartedAt} >= ${today}, ${keyFigures.dayCostNanos}, 0)`;
    case "total_cost":
      return sql`coalesce(${keyFigures.costNanos}, 0)`;
  }
}

/** One key, as its gate reports it now; if the gate does not answer, as it reported last. */
export async function readApiKey({ env, now }: VerbContext, id: string): Promise<VerbResult<ListedApiKeyView>> {
  const key = await selectKeysWithFigures(env).where(eq(apiKeys.id, id)).get();
  return key ? { ok: true, value: { ...keyView(key.row), ...(await standingNow(env, key, now)) } } : NO_SUCH_KEY;
}

/** The key itself, and a row in the audit trail that says who looked. */
export async function revealApiKey(context: VerbContext, id: string): Promise<VerbResult<ApiKeyWithSecretView>> {
  const { env } = context;
  const row = await keyById(env, id);
  if (!row) return NO_SUCH_KEY;
  if (row.sealed === "") return TEXT_UNKNOWN;
  const key = await open(row.sealed, apiKeyPlace(row.id), env.ENCRYPTION_KEY);
  await auditAct(context, { action: "api-key.reveal", target: row.id, detail: { name: row.name } });
  return { ok: true, value: { ...keyView(row), api_key: key } };
}

const TEXT_UNKNOWN = conflict(
  "The text of this key is not known here: it was imported by its digest. Whoever holds it goes on using it",
);

interface Position {
  createdAt: number;
  id: string;
}

/** Ids are hashes, so the order comes from the time of creation. The id makes it unambiguous. */
const NEWEST_FIRST = [desc(apiKeys.createdAt), desc(apiKeys.id)] as const;

/** The position of the key `offset` places after the cursor; null if the table ends before it. */
async function positionAt(env: Env, behindCursor: SQL | undefined, offset: number): Promise<Position | null> {
  const at = drizzle(env.DB).select({ createdAt: apiKeys.createdAt, id: apiKeys.id }).from(apiKeys).where(behindCursor);
  const found = at.orderBy(...NEWEST_FIRST).limit(1);
  return (await found.offset(offset).get()) ?? null;
}

function upTo(end: Position | null): SQL | undefined {
  return end ? sql`(${apiKeys.createdAt}, ${apiKeys.id}) >= (${end.createdAt}, ${end.id})` : undefined;
}

async function filterOf(env: Env, { search, status, owner, tag }: ListApiKeys, now: number): Promise<SQL | undefined> {
  // A pasted key is found by its hash even if it is deleted, because whoever pastes one wants to know what became of it.
  if (search && isPasted(search)) {
    return and(inArray(apiKeys.id, await idsOfPasted(env, search)), status && withStatus(status, now));
  }
  return and(
    search ? or(matching(search), inArray(apiKeys.id, await idsOfImported(env, search))) : undefined,
    owner === undefined ? undefined : eq(apiKeys.owner, owner),
    tag === undefined ? undefined : sql`exists (select 1 from json_each(${apiKeys.tags}) where value = ${tag})`,
    withStatus(status, now),
  );
}

/** Ignores (ASCII) case. Uses `instr`, because D1 refuses LIKE patterns of more than 50 bytes. */
function matching(search: string): SQL | undefined {
  const holds = (text: unknown) => sql`instr(lower(${text}), lower(${search})) > 0`;
  return or(
    holds(apiKeys.name),
    holds(apiKeys.description),
    sql`exists (select 1 from json_each(${apiKeys.tags}) as tag where ${holds(sql`tag.value`)})`,
  );
}

/**
 * The keys that may have the status, according to their record and their gate's last report in D1. The gate's own function (standing.ts)
 * then decides, because it knows of windows that have ended.
 */
function withStatus(status: ListApiKeys["status"], now: number): SQL | undefined {
  const alive = isNull(apiKeys.deletedAt);
  const enabled = sql`json_extract(${apiKeys.policy}, '$.enabled') = 1`;
  const expired = sql`coalesce(json_extract(${apiKeys.policy}, '$.expiresAt') <= ${now}, 0)`;
  const lasts = sql`coalesce(${keyFigures.stateUntil} > ${now}, 1)`;
  const judgedAnew = sql`${keyFigures.policyVersion} <> ${apiKeys.updatedAt}`;
  const usedUp = sql`${keyFigures.state} in ('budget_used', 'window_full')`;
  switch (status) {
    case undefined:
      return alive;
    case "all":
      return undefined;
    case "deleted":
      return isNotNull(apiKeys.deletedAt);
    case "disabled":
      return and(alive, sql`not ${enabled}`);
    case "expired":
      return and(alive, enabled, or(expired, sql`json_extract(${apiKeys.policy}, '$.activationMs') is not null`));
    case "budget_used":
    case "window_full":
      return and(alive, enabled, sql`not ${expired}`, or(usedUp, judgedAnew));
    case "active":
      return and(
        alive,
        enabled,
        sql`not ${expired}`,
        sql`not coalesce(${usedUp} and ${lasts} and not ${judgedAnew}, 0)`,
      );
  }
}
