/**
 * Booked requests on their way from a key's gate to D1: exactly once, in order, several at a time.
 *
 * Entries are numbered per key, and D1 remembers the last number it has (`ledger_marks`). Log rows, hourly sums and
 * the mark are written in one transaction that skips what is at or below the mark, so a flush may be repeated after
 * any failure, with more entries than the last time, and books nothing twice. All entries travel as one JSON
 * parameter: D1 allows 100 parameters to a statement, and unpacking it is D1's CPU, not the object's.
 */
import type { PriceMode } from "../protocols/meter.ts";
import type { Attempt, Outcome } from "../store/schema.ts";
import { type Platform, type Protocol, USAGE_COLUMNS, USAGE_FIELDS, type Usage } from "../vocabulary.ts";

/** One settled request, as the request log will have it. */
export interface Entry {
  id: string;
  /** When the request arrived, milliseconds since the epoch. */
  time: number;
  accountId: string | null;
  platform: Platform;
  client: string;
  protocol: Protocol;
  upstreamProtocol: Protocol | null;
  model: string;
  status: number;
  outcome: Outcome;
  stream: boolean;
  usage: Usage;
  costNanos: number;
  unpriced: boolean;
  priceMode: PriceMode;
  estimated: boolean;
  ttftMs: number | null;
  durationMs: number;
  attempts: Attempt[];
}

export type NumberedEntry = Entry & { seq: number };

/** Column of `requests` → where its value lies in an entry's JSON. `->` keeps JSON as JSON text. */
const COLUMNS: Record<string, string> = {
  id: "->> 'id'",
  time: "->> 'time'",
  account_id: "->> 'accountId'",
  platform: "->> 'platform'",
  client: "->> 'client'",
  protocol: "->> 'protocol'",
  upstream_protocol: "->> 'upstreamProtocol'",
  model: "->> 'model'",
  status: "->> 'status'",
  outcome: "->> 'outcome'",
  stream: "->> 'stream'",
  ...Object.fromEntries(USAGE_FIELDS.map((field) => [USAGE_COLUMNS[field], `->> '$.usage.${field}'`])),
  cost_nanos: "->> 'costNanos'",
  unpriced: "->> 'unpriced'",
  price_mode: "->> 'priceMode'",
  estimated: "->> 'estimated'",
  ttft_ms: "->> 'ttftMs'",
  duration_ms: "->> 'durationMs'",
  attempts: "-> 'attempts'",
};

const SUMMED = [...USAGE_FIELDS.map((field) => USAGE_COLUMNS[field]), "cost_nanos", "unpriced"];

const NEW_ENTRIES = `FROM json_each(?2) AS entry
  WHERE entry.value ->> 'seq' > coalesce((SELECT seq FROM ledger_marks WHERE key_id = ?1), 0)`;

/** Counts that an entry does not have, because it was stored before they were known, are 0. */
const COUNTS: ReadonlySet<string> = new Set(Object.values(USAGE_COLUMNS));
const column = (name: string) => {
  const value = `entry.value ${COLUMNS[name]}`;
  return COUNTS.has(name) ? `coalesce(${value}, 0)` : `(${value})`;
};

const INSERT_REQUESTS = `INSERT INTO requests (key_id, ${Object.keys(COLUMNS).join(", ")})
  SELECT ?1, ${Object.keys(COLUMNS).map(column).join(", ")} ${NEW_ENTRIES}`;

const ADD_HOURLY = `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, ${SUMMED.join(", ")})
  SELECT ${column("time")} / 3600000 AS hour, ?1, coalesce(${column("account_id")}, '') AS account, ${column("model")} AS name,
    count(*), sum(${column("status")} >= 400), ${SUMMED.map((name) => `sum(${column(name)})`).join(", ")}
  ${NEW_ENTRIES} GROUP BY hour, account, name
  ON CONFLICT DO UPDATE SET ${["requests", "errors", ...SUMMED].map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;

const MOVE_MARK = `INSERT INTO ledger_marks (key_id, seq, last_used_at) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET seq = excluded.seq, last_used_at = excluded.last_used_at WHERE excluded.seq > seq`;

/** Writes entries of one key, which must be in ascending order of `seq`. Throws when D1 did not take them. */
export async function writeLedger(db: D1Database, keyId: string, entries: NumberedEntry[]): Promise<void> {
  const last = entries.at(-1);
  if (!last) return;
  const json = JSON.stringify(entries);
  await db.batch([
    db.prepare(INSERT_REQUESTS).bind(keyId, json),
    db.prepare(ADD_HOURLY).bind(keyId, json),
    db.prepare(MOVE_MARK).bind(keyId, last.seq, last.time),
  ]);
}

/** The number of the last entry that D1 has of this key; 0 when it has none. */
export async function lastWritten(db: D1Database, keyId: string): Promise<number> {
  const row = await db.prepare("SELECT seq FROM ledger_marks WHERE key_id = ?1").bind(keyId).first<{ seq: number }>();
  return row?.seq ?? 0;
}
