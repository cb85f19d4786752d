/**
 * What was requested: a month of the request log, and everything that the relay sums from it, made with the ledger's own sums
 * (src/store/sums.ts). People work in sessions, by day, and a few of them much more than all others. That decides how many sums there are,
 * and so how many a report reads.
 */
import type { DatabaseSync } from "node:sqlite";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../src/ground/durations.ts";
import { firstIdAt } from "../../src/ground/record-id.ts";
import { CLIENT_IDS } from "../../src/relay/client.ts";
import { type Outcome, refusalsHourly, requests } from "../../src/store/schema.ts";
import { addedBy, SUM_COLUMNS, SUMMED_UP } from "../../src/store/sums.ts";
import { type Platform, usageOfFields } from "../../src/vocabulary.ts";
import type { Member, Population, Size } from "./population.ts";
import { type Chance, zipf } from "./random.ts";
import { writerOf } from "./writer.ts";

/** As long as the log is kept. */
const DAYS = 30;
/** Sums by day exist for what is older than the hours that are kept. */
const FOLDED_DAYS_AGO = 181;
const MEDIAN_SESSION = 15;

const MODELS: Partial<Record<Platform, readonly string[]>> = {
  anthropic: ["claude-sonnet-4-5", "claude-sonnet-4-5", "claude-opus-4-8", "claude-haiku-4-5"],
  openai: ["gpt-5", "gpt-5", "gpt-5-mini"],
  gemini: ["gemini-2.5-pro", "gemini-2.5-flash"],
};
const PROTOCOLS = { anthropic: "anthropic", openai: "responses", gemini: "gemini" } as const;

/** How requests end, with their status. The first one is for requests without a failure. */
const FAILURES: readonly { share: number; outcome: Outcome; status: number }[] = [
  { share: 0.02, outcome: "client_left", status: 499 },
  { share: 0.01, outcome: "upstream_error", status: 429 },
  { share: 0.005, outcome: "refused", status: 400 },
  { share: 0.003, outcome: "upstream_broke", status: 200 },
  { share: 0.002, outcome: "upstream_unreachable", status: 502 },
];
const COMPLETED = { outcome: "completed", status: 200 } as const;
const REASONS = ["window", "budget", "model_denied"];

/** Writes the log up to `now`, and its sums. */
export function writeTraffic(
  database: DatabaseSync,
  size: Size,
  { accounts, keyIds }: Population,
  chance: Chance,
  now: number,
): void {
  const write = writerOf(database, requests);
  const pickKey = zipf(keyIds.length, chance);
  const pickAccount = zipf(accounts.length, chance);
  const begin = now - DAYS * DAY_MS;
  const hours = Array.from({ length: DAYS * 24 }, (_, at) => begin + at * HOUR_MS);
  const weights = hours.map(weightOf);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let [written, due] = [0, 0];
  for (const [at, hour] of hours.entries()) {
    due += ((weights[at] ?? 0) / all) * size.requests;
    while (written < Math.round(due)) {
      const session = { keyId: keyIds[pickKey()] ?? "", account: accounts[pickAccount()], id: chance.hex(32) };
      const most = Math.min(Math.round(due) - written, 1 + Math.round(chance.around(MEDIAN_SESSION)));
      const [start, client] = [hour + chance.below(HOUR_MS / 2), chance.of(CLIENT_IDS)];
      for (let turn = 0; turn < most; turn++) {
        const time = Math.min(start + Math.floor(((turn + chance.next()) / most) * (HOUR_MS / 2)), now - SECOND_MS);
        if (session.account)
          write(requestOf(session.keyId, session.account, { time, client, session: session.id }, chance));
      }
      written += most;
    }
  }
  sumUp(database);
  writeFigures(database, now);
  writeRefusals(database, keyIds, chance, now);
}

/** Days are busier than nights, and weekends are quiet. */
function weightOf(time: number): number {
  const date = new Date(time);
  const isWeekend = date.getUTCDay() % 6 === 0;
  return (date.getUTCHours() >= 8 && date.getUTCHours() < 19 ? 5 : 1) * (isWeekend ? 0.3 : 1);
}

function requestOf(
  keyId: string,
  { id: accountId, platform }: Member,
  { time, client, session }: { time: number; client: string; session: string },
  chance: Chance,
): typeof requests.$inferInsert {
  const { outcome, status } = endOf(chance);
  const model = chance.of(MODELS[platform] ?? ["gpt-5"]);
  const protocol = PROTOCOLS[platform as keyof typeof PROTOCOLS] ?? "chat";
  const served = status === 200;
  const [input, cacheRead, output] = served
    ? [1_500, 40_000, 700].map((median) => Math.round(chance.around(median)))
    : [];
  const usage = usageOfFields((field) => ({ input, cacheRead, output })[field as "input" | "cacheRead" | "output"]);
  const ttftMs = served ? Math.round(chance.around(900)) : null;
  const durationMs = (ttftMs ?? 0) + Math.round(chance.around(served ? 9_000 : 400));
  return {
    ...{ id: firstIdAt("req", time) + chance.hex(20), time, keyId, accountId, platform, client, sessionId: session },
    ...{ protocol, upstreamProtocol: protocol, model, servedModel: model, status, outcome, stream: true },
    ...usage,
    costNanos: usage.input * 3_000 + usage.cacheRead * 300 + usage.output * 15_000,
    ...{ unpriced: false, priceMode: "standard", estimated: outcome === "client_left", ttftMs, durationMs },
    attempts: [{ account_id: accountId, status, error: served ? null : outcome, ms: durationMs }],
  };
}

function endOf(chance: Chance): { outcome: Outcome; status: number } {
  let at = chance.next();
  for (const failure of FAILURES) {
    at -= failure.share;
    if (at < 0) return failure;
  }
  return COMPLETED;
}

/** By hour, by hour and client, and, for the same traffic half a year ago, by day. */
function sumUp(database: DatabaseSync): void {
  const added = addedBy((column) => column, 1);
  const names = SUM_COLUMNS.join(", ");
  const summed = (into: string, unit: string, span: string, by: string) =>
    database.exec(`INSERT INTO ${into} (${unit}, ${by}, ${names})
      SELECT ${unit}, ${by}, ${SUMMED_UP} FROM (
        SELECT ${span} AS ${unit}, key_id, coalesce(account_id, '') AS account_id, model, client, ${added} FROM requests
      ) GROUP BY ${unit}, ${by}`);
  summed("usage_hourly", "hour", `time / ${HOUR_MS}`, "key_id, account_id, model");
  summed("client_hourly", "hour", `time / ${HOUR_MS}`, "key_id, client");
  summed("usage_daily", "day", `time / ${DAY_MS} - ${FOLDED_DAYS_AGO}`, "key_id, account_id, model");
}

/** The figures that the gates of the keys, and the accounts' answers, would have written. */
function writeFigures(database: DatabaseSync, now: number): void {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const tokens = "input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens";
  database.exec(`INSERT INTO key_figures (key_id, said_at, policy_version, state, state_until, first_used_at, last_used_at,
      requests, tokens, cost_nanos, day_started_at, day_cost_nanos, meter_day, admissions, object_requests, object_rows, d1_rows)
    SELECT key_id, last_used_at, updated_at, iif(spent >= limit_nanos, 'budget_used', 'active'),
      iif(spent >= limit_nanos, ${today + DAY_MS}, NULL), first_used_at, last_used_at, requests, tokens, cost_nanos,
      ${today}, spent, ${today / DAY_MS}, today, today, today, today
    FROM (SELECT key_id, min(time) AS first_used_at, max(time) AS last_used_at, count(*) AS requests, sum(${tokens}) AS tokens,
        sum(cost_nanos) AS cost_nanos, sum(iif(time >= ${today}, cost_nanos, 0)) AS spent, sum(time >= ${today}) AS today
      FROM requests GROUP BY key_id)
    JOIN (SELECT id, updated_at, policy ->> '$.dailyCostNanos' AS limit_nanos FROM api_keys) ON id = key_id`);
  database.exec(`INSERT INTO account_answers (account_id, answered_at)
    SELECT account_id, max(time) FROM requests WHERE status < 400 GROUP BY account_id`);
}

/** One key in fifty reaches its limits, for an hour of each working day. */
function writeRefusals(database: DatabaseSync, keyIds: readonly string[], chance: Chance, now: number): void {
  const write = writerOf(database, refusalsHourly);
  const today = Math.floor(now / DAY_MS);
  for (let day = today - DAYS; day < today; day++) {
    for (let at = 0; at < keyIds.length; at += 50) {
      const hour = day * 24 + 8 + chance.below(11);
      write({ hour, keyId: keyIds[at] ?? "", reason: chance.of(REASONS), count: 1 + chance.below(40) });
    }
  }
}
