/** Listing, reading and revealing relay keys. A key itself leaves only through `revealApiKey`, which is audited. */
import { and, desc, eq, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeyId } from "../../keys/api-key.ts";
import { apiKeys } from "../../store/schema.ts";
import { apiKeyPlace } from "../../vault/places.ts";
import { open } from "../../vault/seal.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { Page } from "../api/paging.ts";
import { readPage } from "../api/paging.ts";
import { auditAct } from "../audit/record.ts";
import { type KeyRecord, keyById, keyView, NO_SUCH_KEY, selectKeys } from "./records.ts";
import type { ApiKeyView, ApiKeyWithSecretView, ListApiKeys } from "./schema.ts";

/** One page of keys, newest first. */
export async function listApiKeys(context: VerbContext, input: ListApiKeys): Promise<VerbResult<Page<ApiKeyView>>> {
  const { cursor } = input;
  const db = drizzle(context.env.DB);
  const filter = await filterOf(input, context.now);
  const behindCursor = cursor && sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${cursor.createdAt}, ${cursor.id})`;
  const { rows, next } = await readPage<KeyRecord, Position>({
    limit: input.limit,
    filtered: true,
    positionOf: ({ createdAt, id }) => ({ createdAt, id }),
    positionAt: async (offset) => {
      const at = db.select({ createdAt: apiKeys.createdAt, id: apiKeys.id }).from(apiKeys).where(behindCursor);
      return (
        (await at
          .orderBy(...NEWEST_FIRST)
          .limit(1)
          .offset(offset)
          .get()) ?? null
      );
    },
    rows: (end, limit) => {
      const untilEnd = end ? sql`(${apiKeys.createdAt}, ${apiKeys.id}) >= (${end.createdAt}, ${end.id})` : undefined;
      return selectKeys(context.env)
        .where(and(behindCursor, untilEnd, filter))
        .orderBy(...NEWEST_FIRST)
        .limit(limit)
        .all();
    },
  });
  return { ok: true, value: { items: rows.map(keyView), next_cursor: next && `${next.createdAt}.${next.id}` } };
}

export async function readApiKey({ env }: VerbContext, id: string): Promise<VerbResult<ApiKeyView>> {
  const row = await keyById(env, id);
  return row ? { ok: true, value: keyView(row) } : NO_SUCH_KEY;
}

/** The key itself, and a line in the audit trail that says who looked. */
export async function revealApiKey(context: VerbContext, id: string): Promise<VerbResult<ApiKeyWithSecretView>> {
  const { env } = context;
  const row = await keyById(env, id);
  if (!row) return NO_SUCH_KEY;
  const key = await open(row.sealed, apiKeyPlace(row.id), env.ENCRYPTION_KEY);
  await auditAct(context, { action: "api-key.reveal", target: row.id, detail: { name: row.name } });
  return { ok: true, value: { ...keyView(row), api_key: key } };
}

interface Position {
  createdAt: number;
  id: string;
}

/** Ids are hashes, so the order comes from the time of creation; the id makes it total. */
const NEWEST_FIRST = [desc(apiKeys.createdAt), desc(apiKeys.id)] as const;

async function filterOf({ search, status }: ListApiKeys, now: number): Promise<SQL | undefined> {
  // A pasted key is found by its hash, deleted or not: whoever pastes one wants to know what became of it.
  if (search && /^cr_[0-9a-f]{64}$/.test(search)) {
    return and(eq(apiKeys.id, await apiKeyId(search)), status && withStatus(status, now));
  }
  return and(search ? matching(search) : undefined, withStatus(status, now));
}

/** Without regard to (ASCII) case. `instr`, because D1 refuses LIKE patterns of more than 50 bytes. */
function matching(search: string): SQL | undefined {
  const holds = (text: unknown) => sql`instr(lower(${text}), lower(${search})) > 0`;
  return or(
    holds(apiKeys.name),
    holds(apiKeys.description),
    sql`exists (select 1 from json_each(${apiKeys.tags}) as tag where ${holds(sql`tag.value`)})`,
  );
}

function withStatus(status: ListApiKeys["status"], now: number): SQL | undefined {
  const alive = isNull(apiKeys.deletedAt);
  const enabled = sql`json_extract(${apiKeys.policy}, '$.enabled') = 1`;
  const expired = sql`coalesce(json_extract(${apiKeys.policy}, '$.expiresAt') <= ${now}, 0)`;
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
      return and(alive, expired);
    case "active":
      return and(alive, enabled, sql`not ${expired}`);
  }
}
