/** Booked requests, written the way a gate writes them. */
import { env } from "cloudflare:workers";
import { writeLedger } from "../../src/gate/ledger.ts";
import { recordId } from "../../src/ground/record-id.ts";
import type { Entry } from "../../src/store/entry.ts";
import { SUM_COLUMNS } from "../../src/store/sums.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";

export type Fields = Partial<Entry>;

/** One settled request at `time`, priced at nothing unless the fields say otherwise. */
export function entry(time: number, fields: Fields = {}): Entry {
  return {
    id: recordId("req", time),
    time,
    accountId: "acc_1",
    platform: "anthropic",
    client: "claude_code",
    protocol: "anthropic",
    upstreamProtocol: "anthropic",
    model: "claude-opus-4-8",
    status: 200,
    outcome: "completed",
    stream: true,
    usage: { ...NO_USAGE, input: 100, output: 10 },
    costNanos: 0,
    unpriced: false,
    priceMode: "standard",
    estimated: false,
    ttftMs: 1,
    durationMs: 2,
    attempts: [],
    ...fields,
  };
}

/** Books entries of one key, as its gate would flush them. */
export async function book(keyId: string, entries: Entry[]): Promise<void> {
  await writeLedger(env.DB, keyId, entries);
}

export const SUMMED = SUM_COLUMNS.join(", ");

/** The columns that a log row always had, in their order: what is left out has a default. */
export const LOG_COLUMNS = `id, time, key_id, account_id, platform, client, protocol, upstream_protocol, model, status, outcome,
  stream, input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens,
  web_searches, cost_nanos, unpriced, price_mode, estimated, ttft_ms, duration_ms, attempts`;

/** All that hours and days hold together, by key, account and model. */
export async function sums(): Promise<Record<string, unknown>[]> {
  const columns = SUMMED.split(",").map((name) => `sum(${name.trim()}) AS ${name.trim()}`);
  const { results } = await env.DB.prepare(
    `SELECT key_id, account_id, model, ${columns.join(", ")} FROM (
       SELECT key_id, account_id, model, ${SUMMED} FROM usage_hourly
       UNION ALL SELECT key_id, account_id, model, ${SUMMED} FROM usage_daily
     ) GROUP BY key_id, account_id, model ORDER BY key_id, account_id, model`,
  ).all();
  return results;
}

export async function emptyLedger(): Promise<void> {
  const tables = ["requests", "usage_hourly", "usage_daily", "client_hourly", "price_overrides"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  await env.DB.prepare("DELETE FROM settings WHERE name <> 'snapshot_version'").run();
}
