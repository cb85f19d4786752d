/**
 * The tables that have sealed values, and one step through one of them. A value is written only if the row still has the envelope that
 * was opened: whoever has changed it meanwhile has sealed it anew. The version of the row stays, so that no edit of an account or a key
 * loses a race against this.
 */
import { channelPlace } from "../../alerts/place.ts";
import { kindOf } from "../../providers/kinds.ts";
import { credentialId } from "../../vault/credentials.ts";
import {
  apiKeyPlace,
  credentialPlace,
  egressHeadersPlace,
  flowPlace,
  keySecretPlace,
  wayOf,
} from "../../vault/places.ts";
import { reseal } from "../../vault/reseal.ts";
import { envelopesUnder, keyIdIn, type Place } from "../../vault/seal.ts";
import type { VerbContext } from "../api/context.ts";
import { auditCount } from "../audit/record.ts";
import type { Row } from "./cursor.ts";
import type { NotResealedView, SealedTableName } from "./schema.ts";

interface SealedRow extends Row {
  sealed: string;
}

interface SealedTable<Read extends SealedRow> {
  part: SealedTableName;
  /** Its primary key. */
  id: string;
  position: string | null;
  /** Further columns that are read, with their source. */
  also?: string[];
  join?: string;
  /** What else is set. */
  set?: string;
  /** Null if it cannot be known. */
  placeOf(row: Read): Place | null;
  /** The id that `set` may use. */
  nameOf?(row: Read): string;
}

/** What one step did. */
export interface StepResult {
  /** How many rows or sign-ins were looked at. */
  looked: number;
  resealed: number;
  replaced: number;
  notResealed: NotResealedView[];
  /** Where to continue; null: the part is done. */
  after: Row | null;
}

interface CredentialRow extends SealedRow {
  fingerprint: string;
  platform: string | null;
  kind: string | null;
  baseUrl: string | null;
  egress: string | null;
}

const WAY = ["accounts.base_url AS baseUrl", "accounts.egress AS egress"];
const ACCOUNT = "LEFT JOIN accounts ON accounts.id = sealing.account_id";

const CREDENTIALS: SealedTable<CredentialRow> = {
  part: "credentials",
  id: "account_id",
  position: "position",
  also: ["sealing.fingerprint", "accounts.platform", "accounts.kind", ...WAY],
  join: ACCOUNT,
  // A row from before fingerprints existed is known by its seal. It keeps the name under which its health is stored.
  set: "fingerprint = CASE fingerprint WHEN '' THEN given.value ->> 'name' ELSE fingerprint END",
  nameOf: credentialId,
  placeOf(row) {
    const { id, position, platform, kind: name } = row;
    const kind = platform !== null && name !== null ? kindOf(platform, name) : undefined;
    const way = wayOf(row);
    return kind && way ? credentialPlace({ id, kind, ...way }, position) : null;
  },
};

const API_KEYS: SealedTable<SealedRow> = {
  part: "api_keys",
  id: "id",
  position: null,
  placeOf: ({ id }) => apiKeyPlace(id),
};

/** Sign-ins that were begun, at most ten minutes ago. */
const OAUTH_FLOWS: SealedTable<SealedRow> = {
  part: "oauth_flows",
  id: "id",
  position: null,
  placeOf: ({ id }) => flowPlace(id),
};

const EGRESS_HEADERS: SealedTable<SealedRow & Pick<CredentialRow, "baseUrl" | "egress">> = {
  part: "egress_headers",
  id: "account_id",
  position: null,
  also: WAY,
  join: ACCOUNT,
  placeOf(row) {
    const way = wayOf(row);
    return way && egressHeadersPlace({ id: row.id, ...way });
  },
};

/** KV's copy follows within an hour (alerts/without-d1.ts). */
const ALERT_CHANNELS: SealedTable<SealedRow> = {
  part: "alert_channels",
  id: "id",
  position: null,
  placeOf: ({ id }) => channelPlace(id),
};

/** The secrets of relays whose keys were restored here. */
const KEY_SECRETS: SealedTable<SealedRow> = {
  part: "key_secrets",
  id: "id",
  position: null,
  placeOf: ({ id }) => keySecretPlace(id),
};

const TABLES = [CREDENTIALS, API_KEYS, OAUTH_FLOWS, EGRESS_HEADERS, ALERT_CHANNELS, KEY_SECRETS] as const;

/** One step through each table. */
export const stepThrough = {
  credentials: (context: VerbContext, step: Step) => stepOf(CREDENTIALS, context, step),
  api_keys: (context: VerbContext, step: Step) => stepOf(API_KEYS, context, step),
  oauth_flows: (context: VerbContext, step: Step) => stepOf(OAUTH_FLOWS, context, step),
  egress_headers: (context: VerbContext, step: Step) => stepOf(EGRESS_HEADERS, context, step),
  alert_channels: (context: VerbContext, step: Step) => stepOf(ALERT_CHANNELS, context, step),
  key_secrets: (context: VerbContext, step: Step) => stepOf(KEY_SECRETS, context, step),
};

export interface Step {
  /** The newest key. */
  keyId: string;
  after: Row | null;
  limit: number;
}

/** Rows that are not under the key whose envelopes begin with ?1. A key that was imported by its digest has no envelope. */
const notUnder = (column: string) => `${column} <> '' AND substr(${column}, 1, length(?1)) <> ?1`;

async function stepOf<Read extends SealedRow>(
  table: SealedTable<Read>,
  context: VerbContext,
  { keyId, after, limit }: Step,
): Promise<StepResult> {
  const { env } = context;
  const { part, id, position, also = [], join = "" } = table;
  const key = (position === null ? [id] : [id, position]).map((column) => `sealing.${column}`);
  const behind = position === null ? [after?.id ?? ""] : [after?.id ?? "", after?.position ?? -1];
  const columns = [`${key[0]} AS id`, `${key[1] ?? 0} AS position`, "sealing.sealed", ...also];
  const { results } = await env.DB.prepare(
    `SELECT ${columns.join(", ")} FROM ${part} AS sealing ${join}
     WHERE (${key.join(", ")}) > (${behind.map((_, at) => `?${at + 3}`).join(", ")}) AND ${notUnder("sealing.sealed")}
     ORDER BY ${key.join(", ")} LIMIT ?2`,
  )
    .bind(envelopesUnder(keyId), limit + 1, ...behind)
    .all<Read>();
  const rows = results.slice(0, limit);

  const notResealed: NotResealedView[] = [];
  const given: { id: string; position: number; before: string; sealed: string; name: string }[] = [];
  for (const row of rows) {
    const place = table.placeOf(row);
    const outcome = place && (await reseal(row.sealed, place, env.ENCRYPTION_KEY));
    if (outcome?.state === "resealed") {
      const { sealed } = outcome;
      given.push({ id: row.id, position: row.position, before: row.sealed, sealed, name: table.nameOf?.(row) ?? "" });
    } else if (outcome?.state !== "current") {
      notResealed.push({
        ...{ part, id: row.id, ...(position !== null && { position: row.position }) },
        ...{ key_id: keyIdIn(row.sealed), reason: outcome?.reason ?? "unknown_kind" },
      });
    }
  }
  const resealed = given.length > 0 ? await write(table, context, keyId, JSON.stringify(given)) : 0;
  const last = results.length > limit ? rows.at(-1) : undefined;
  return {
    looked: rows.length,
    resealed,
    replaced: given.length - resealed,
    notResealed,
    after: last ? { id: last.id, position: last.position } : null,
  };
}

/** Writes the rows that still are as they were read, in one transaction with their audit row. Returns how many. */
async function write<Read extends SealedRow>(
  { part, id, position, set }: SealedTable<Read>,
  context: VerbContext,
  keyId: string,
  given: string,
): Promise<number> {
  const { DB } = context.env;
  const [written] = await DB.batch([
    DB.prepare(
      `UPDATE ${part} SET sealed = given.value ->> 'sealed'${set ? `, ${set}` : ""} FROM json_each(?1) AS given
       WHERE ${part}.${id} = given.value ->> 'id'
         ${position === null ? "" : `AND ${part}.${position} = given.value ->> 'position'`}
         AND ${part}.sealed = given.value ->> 'before' RETURNING 1`,
    ).bind(given),
    auditCount(context, { action: RESEAL, target: keyId, detail: { part } }),
  ]);
  return written?.results.length ?? 0;
}

export const RESEAL = "encryption-key.reseal";

/** How many envelopes are not under `keyId`. */
export async function countLeft(env: Env, keyId: string): Promise<number> {
  const counts = TABLES.map(({ part }) => `(SELECT count(*) FROM ${part} WHERE ${notUnder("sealed")})`);
  const sql = `SELECT ${counts.join(" + ")} AS count`;
  const row = await env.DB.prepare(sql).bind(envelopesUnder(keyId)).first<{ count: number }>();
  return row?.count ?? 0;
}

export interface EnvelopeCount {
  part: SealedTableName;
  /** The beginning of the envelopes: their version and their key's id. */
  beginning: string;
  count: number;
}

/** How many envelopes have each beginning. */
export async function countByKey(env: Env): Promise<EnvelopeCount[]> {
  // D1 accepts at most five parts in a UNION.
  const counts = await env.DB.batch<EnvelopeCount>(
    TABLES.map(({ part }) =>
      env.DB.prepare(
        `SELECT '${part}' AS part, substr(sealed, 1, 3 + instr(substr(sealed, 4), '.')) AS beginning, count(*) AS count
         FROM ${part} WHERE sealed <> '' GROUP BY 2`,
      ),
    ),
  );
  return counts.flatMap(({ results }) => results);
}
