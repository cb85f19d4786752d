/**
 * How much of the free plan's daily allowances is used. Most is counted: gates count their own requests and rows and tell D1 with their
 * flushes; isolates count strangers and the console. What nobody counts (Keepers, renewed tokens) is estimated, and marked so. D1 rows of
 * the console, of Keepers and of the cron are not known here, nor are requests that ask no gate.
 */
import { DAY_MS } from "../../ground/durations.ts";
import { SCAN_BUDGET } from "../api/paging.ts";
import { isoTime } from "../api/values.ts";
import { consoleRequests } from "./console-requests.ts";
import type { AllowanceView, MeterView } from "./schema.ts";

/** Per day, on the free plan: https://developers.cloudflare.com/workers/platform/limits/ and the pages on D1, KV and Durable Objects. */
const LIMITS: Record<AllowanceView["name"], number> = {
  worker_requests: 100_000,
  object_requests: 100_000,
  object_rows: 100_000,
  d1_rows: 100_000,
  kv_writes: 1_000,
};
/** The token of a sign-in lasts eight hours. Each renewal takes about six rows, an alarm, and a write to KV. */
const RENEWALS_A_DAY = 3;
const ROWS_A_RENEWAL = 6;
/** The price feed is written if it differs. */
const FEED_WRITES_A_DAY = 1;

/** `renewing`: the number of accounts whose sign-ins are renewed. */
export async function readMeter(env: Env, renewing: number, now: number): Promise<MeterView> {
  const day = Math.floor(now / DAY_MS);
  const from = day * DAY_MS;
  const [gates, strangers, keepers] = await env.DB.batch<Record<string, number | null>>([
    env.DB.prepare(
      `SELECT count(*) AS read, ${["admissions", "object_requests", "object_rows", "d1_rows"]
        .map((column) => `sum(iif(meter_day = ?1, ${column}, 0)) AS ${column}`)
        .join(", ")} FROM (SELECT * FROM key_figures LIMIT ${SCAN_BUDGET})`,
    ).bind(day),
    env.DB.prepare("SELECT sum(count) AS requests FROM refusals_hourly WHERE hour >= ?1 AND key_id = ''").bind(
      day * 24,
    ),
    // A request to an account with its own limit asks the account's Keeper twice.
    env.DB.prepare(
      `SELECT sum(requests) AS requests FROM (SELECT * FROM usage_hourly WHERE hour >= ?1 LIMIT ${SCAN_BUDGET}) AS today
       JOIN accounts ON accounts.id = today.account_id
       WHERE accounts.max_concurrency IS NOT NULL OR accounts.daily_quota_nanos IS NOT NULL`,
    ).bind(day * 24),
  ]);
  const sum = (result: D1Result<Record<string, number | null>> | undefined, column: string) =>
    Number(result?.results[0]?.[column] ?? 0);
  const elapsed = (now - from) / DAY_MS;
  const renewals = Math.round(renewing * RENEWALS_A_DAY * elapsed);
  const asked = 2 * sum(keepers, "requests");
  const admissions = sum(gates, "admissions");
  const here = await consoleRequests(env, now);
  const counted: Record<AllowanceView["name"], [counted: number, estimated: number]> = {
    worker_requests: [admissions + sum(strangers, "requests") + here, 0],
    object_requests: [sum(gates, "object_requests"), asked + renewals],
    object_rows: [sum(gates, "object_rows"), asked + renewals * ROWS_A_RENEWAL],
    d1_rows: [sum(gates, "d1_rows"), 0],
    kv_writes: [0, renewals + Math.round(FEED_WRITES_A_DAY * elapsed)],
  };
  const names = Object.keys(LIMITS) as AllowanceView["name"][];
  return {
    from: isoTime(from),
    to: isoTime(from + DAY_MS),
    allowances: names.map((name) => allowanceOf(name, counted[name], from, now)),
    truncated: sum(gates, "read") >= SCAN_BUDGET,
  };
}

function allowanceOf(
  name: AllowanceView["name"],
  [counted, estimated]: [number, number],
  from: number,
  now: number,
): AllowanceView {
  const limit = LIMITS[name];
  const used = counted + estimated;
  const at = used === 0 ? Number.POSITIVE_INFINITY : from + ((now - from) * limit) / used;
  return { name, limit, used, estimated, exhausted_at: at < from + DAY_MS ? isoTime(Math.max(now, at)) : null };
}
