/**
 * Changes relay keys, one or a hundred at a time. A change is decided in code, written only over the very version that was read, and in
 * force at each key's gate before it is reported as done.
 *
 * The policy is one value, and of two people who change it at once, the second must not undo the first unseen. So whoever comes second
 * reads and decides again. All keys of a round travel as JSON, because the free plan allows 50 queries per invocation: a round is one
 * query to read, one for the audit trail, and one per half megabyte of keys.
 */
import { recordId } from "../../ground/record-id.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { conflict } from "../api/refusal.ts";
import { enforce } from "./enforce.ts";
import { changesOf, columnsFrom, type KeyRecord, keysByIds, NO_SUCH_KEY } from "./records.ts";

export type KeyValues = Partial<Omit<KeyRecord, "id" | "createdAt" | "updatedAt" | "sealed" | "hint" | "importedFrom">>;

export interface KeyChange {
  /** For the audit trail, such as `api-key.update`. */
  action: string;
  /** The names of the given fields, also for the audit trail. */
  fields?: string[];
  /** A key's new values, or a refusal. Null: nothing changes, but its gate is told again. */
  decide(row: KeyRecord): VerbResult<KeyValues | null>;
}

/** So many lost races in a row are no coincidence. */
const MAX_ROUNDS = 5;

/** D1 binds values of up to 2 MB, and a character takes up to three bytes. */
const MAX_JSON_LENGTH = 500_000;

interface Planned {
  next: KeyRecord;
  /** The row as it was read. */
  read: KeyRecord;
}

/** Changes each key. Returns one result per distinct id, in the order of `ids`. */
export async function changeKeys(
  context: VerbContext,
  ids: string[],
  change: KeyChange,
): Promise<Map<string, VerbResult<KeyRecord>>> {
  const { env, now } = context;
  const results = new Map<string, VerbResult<KeyRecord>>();
  for (const id of ids) results.set(id, NO_SUCH_KEY);
  const settled: KeyRecord[] = [];
  let open = [...results.keys()];
  for (let round = 0; open.length > 0 && round < MAX_ROUNDS; round++) {
    const planned: Planned[] = [];
    for (const row of await keysByIds(env, open)) {
      const decided = change.decide(row);
      if (!decided.ok) results.set(row.id, decided);
      // The gate is told again, because an earlier try may have ended with "saved, but not yet in force".
      else if (decided.value === null) settled.push(row);
      else {
        const updatedAt = Math.max(now, row.updatedAt + 1);
        planned.push({ next: { ...row, ...decided.value, updatedAt }, read: row });
      }
    }
    const written = await write(context, change, planned);
    settled.push(...planned.filter(({ next }) => written.has(next.id)).map(({ next }) => next));
    open = planned.filter(({ next }) => !written.has(next.id)).map(({ next }) => next.id);
  }
  for (const id of open) results.set(id, conflict("Others keep changing this key at the same moment; try again"));
  await Promise.all(
    settled.map(async (row) => {
      const enforced = await enforce(env, row);
      results.set(row.id, enforced.ok ? { ok: true, value: row } : enforced);
    }),
  );
  return results;
}

/** The same for one key. */
export async function changeKey(context: VerbContext, id: string, change: KeyChange): Promise<VerbResult<KeyRecord>> {
  return (await changeKeys(context, [id], change)).get(id) ?? NO_SUCH_KEY;
}

const STILL_AS_READ = "api_keys.id = given.value ->> 'id' AND api_keys.updated_at = given.value ->> 'version'";

/** Has the same condition as the change and comes before it in one transaction, so that a change which lost its race leaves no trace. */
const WRITE_AUDIT = `INSERT INTO audit (id, time, actor, action, target, detail, session, identity, address, changes)
  SELECT given.value ->> 'auditId', ?1, ?2, ?3, api_keys.id, json_object('name', api_keys.name, 'fields', json(?4)),
    ?6, ?7, ?8, given.value -> 'changes'
  FROM json_each(?5) AS given JOIN api_keys ON ${STILL_AS_READ}`;

/** Columns of a key that never change. */
const FIXED = new Set(["id", "sealed", "hint", "created_at", "imported_from"]);

const ASSIGNMENTS = columnsFrom(() => "given.value")
  .filter(({ column }) => !FIXED.has(column))
  .map(({ column, from }) => `${column} = ${from}`);

const WRITE_KEYS = `UPDATE api_keys SET ${ASSIGNMENTS.join(", ")}
  FROM json_each(?1) AS given WHERE ${STILL_AS_READ} RETURNING id`;

/** Returns the ids of the rows that still were as they were read. All in one transaction. */
async function write(context: VerbContext, change: KeyChange, planned: Planned[]): Promise<Set<string>> {
  if (planned.length === 0) return new Set();
  const { env, actor, now } = context;
  const { action, fields = [] } = change;
  const versions = planned.map(({ next, read }) => ({
    id: next.id,
    version: read.updatedAt,
    auditId: recordId("aud", now),
    changes: changesOf(read, next),
  }));
  const [, ...updates] = await env.DB.batch<{ id: string }>([
    env.DB.prepare(WRITE_AUDIT).bind(
      now,
      actor.name,
      action,
      JSON.stringify(fields),
      JSON.stringify(versions),
      actor.session,
      actor.identity,
      actor.address,
    ),
    ...inParts(planned).map((part) => env.DB.prepare(WRITE_KEYS).bind(part)),
  ]);
  return new Set(updates.flatMap(({ results }) => results.map(({ id }) => id)));
}

/** JSON arrays of the planned rows, each short enough for a parameter. */
function inParts(planned: Planned[]): string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let length = 0;
  for (const { next, read } of planned) {
    const { sealed: _, hint: __, tier: ___, ...values } = next;
    const json = JSON.stringify({ ...values, version: read.updatedAt });
    if (part.length > 0 && length + json.length > MAX_JSON_LENGTH) {
      parts.push(`[${part.join(",")}]`);
      part = [];
      length = 0;
    }
    part.push(json);
    length += json.length;
  }
  if (part.length > 0) parts.push(`[${part.join(",")}]`);
  return parts;
}
