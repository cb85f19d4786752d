/**
 * Looks again at responses that went on in the background and that no client has fetched. Each is asked for at the account
 * that has it, and is booked once, when it has ended. A response that still runs keeps its lease. One that the provider does
 * not have any more, or that has not ended within a day, lapses and is booked as `lost`. Faults that the look meets count
 * against no account, and nothing is concluded about a response that could not be asked for: the next run may.
 *
 * Every step may be repeated, and a run may end after any of them: a lease is settled once, and a row goes last.
 */
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import { DAY_MS } from "../ground/durations.ts";
import type { Account } from "../pool/account.ts";
import { openKey } from "../pool/open-key.ts";
import type { Pool } from "../pool/pool.ts";
import { targetOf } from "../pool/target.ts";
import type { Credential } from "../providers/kind.ts";
import { type Ended, PENDING_MS, type Pending, settlePending } from "../relay/background.ts";
import { faultOf } from "../relay/fault.ts";
import type { Sending } from "../relay/outgoing.ts";
import { readingOf } from "../relay/reading.ts";
import { findRoute } from "../relay/routes.ts";
import { send } from "../relay/send.ts";
import { keyMultipliers } from "../store/multipliers.ts";
import { loadPrices } from "../store/prices.ts";
import { backgroundResponses } from "../store/schema.ts";
import { loadPool } from "../store/snapshot.ts";

/**
 * One look is one request to a provider, and one or two to a gate. A free Worker's invocation has 50 requests to providers,
 * which the nightly checks of accounts share, and 10 ms of CPU. However many rows there are, D1 gets four statements.
 */
export const LOOKS_PER_RUN = 20;
/** A Worker has six connections open at once. */
const LANES = 4;
/** The provider answers a look from what it has stored, however long the response itself takes. */
const PATIENCE_MS = 20_000;
/** No response was ever seen to take as long. */
const GIVEN_UP_AFTER_MS = DAY_MS;

/** What became of the responses that a run has looked at. */
export interface BackgroundRun {
  booked: number;
  running: number;
  lost: number;
  /** Nobody could be asked, or the gate could not be told; the next run looks again. */
  unknown: number;
}

/** What a provider says of a response. */
type Seen = { kind: "ended"; ended: Ended } | { kind: "running" | "gone" | "unknown" };

/** One run. `now` in milliseconds since the epoch. Throws if D1 does not answer; what was booked by then stays booked. */
export async function lookAtBackground(env: Env, now: number): Promise<BackgroundRun> {
  const run: BackgroundRun = { booked: 0, running: 0, lost: 0, unknown: 0 };
  const rows = await takeTurn(env, now);
  if (rows.length === 0) return run;
  const [pool, prices, multipliers] = await Promise.all([
    loadPool(env, now),
    loadPrices(env, now),
    keyMultipliers(
      env,
      rows.map(({ keyId }) => keyId),
    ),
  ]);
  const queue = [...rows];
  const over: Pending[] = [];
  const lane = async () => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      const seen = await lookAt(env, pool, row, now);
      const settle = (ended: Ended) => settlePending(env, row, multipliers.get(row.keyId) ?? 1_000, prices, ended);
      const became = await follow(env, row, seen, now, settle);
      run[became]++;
      if (became === "booked" || became === "lost") over.push(row);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await forget(env, over);
  record({ event: "background_responses_seen", ...run });
  return run;
}

/** The responses that have waited longest for a look. They are marked first, so that one that ends this run does not end every run. */
function takeTurn(env: Env, now: number): Promise<Pending[]> {
  return drizzle(env.DB)
    .update(backgroundResponses)
    .set({ lookedAt: now })
    .where(
      sql`(key_id, response_id) IN
        (SELECT key_id, response_id FROM background_responses ORDER BY looked_at, created_at LIMIT ${LOOKS_PER_RUN})`,
    )
    .returning();
}

async function lookAt(env: Env, pool: Pool, row: Pending, now: number): Promise<Seen> {
  const account = pool.accounts.find(({ id }) => id === row.accountId);
  const credential = account && (await credentialOf(env, account, row));
  const found = findRoute("GET", `/openai/responses/${encodeURIComponent(row.responseId)}`, new Headers());
  if (!account || !credential || !found) return { kind: "unknown" };
  const headers = { accept: "application/json", "user-agent": "edge-relay" };
  const http = new Request("https://relay.invalid/", { headers });
  const call: Sending = { id: row.responseId, http, ...found, search: "", startedAt: now };
  const target = targetOf(account, "", found.route.protocol);
  const sent = await send(env, { call, request: null, target, credential, deadline: Date.now() + PATIENCE_MS });
  if (sent.kind === "stream") sent.stream.abort();
  if (sent.kind !== "whole") return { kind: "unknown" };
  const fault = faultOf(target, sent, now);
  // Only a 404 of OpenAI's own means that the response is gone; a page with that status comes from something in between.
  if (fault) return { kind: sent.status === 404 && isJson(sent.headers) ? "gone" : "unknown" };
  const { response, ...used } = readingOf(target.protocol, found.route.path, sent.body);
  if (response?.id !== row.responseId) return { kind: "unknown" };
  return response.ended ? { kind: "ended", ended: { target, ...used, response } } : { kind: "running" };
}

/** The key that made the response; if the account does not have it any more, its first key. */
async function credentialOf(env: Env, account: Account, { accountKeyId }: Pending): Promise<Credential | null> {
  const own = await openKey(env, account, accountKeyId);
  return own ?? openKey(env, account, account.apiKeys[0]?.id ?? "");
}

function isJson(headers: Headers): boolean {
  return headers.get("content-type")?.includes("json") ?? false;
}

/** Tells the gate what was seen. Never rejects. */
async function follow(
  env: Env,
  row: Pending,
  seen: Seen,
  now: number,
  settle: (ended: Ended) => Promise<boolean>,
): Promise<keyof BackgroundRun> {
  const { keyId, entry, createdAt } = row;
  const gate = env.GATE.getByName(keyId);
  const givenUp = now - createdAt > GIVEN_UP_AFTER_MS;
  try {
    if (seen.kind === "ended") return (await settle(seen.ended)) ? "booked" : "unknown";
    if (seen.kind === "gone" || givenUp) {
      await gate.renew(keyId, entry.id, 0);
      return "lost";
    }
    if (seen.kind === "unknown") return "unknown";
    // If the lease has lapsed already, the response's end will correct what was booked for it.
    await gate.renew(keyId, entry.id, PENDING_MS);
    return "running";
  } catch (error) {
    record({ event: "background_response_not_told", request: entry.id, error });
    return "unknown";
  }
}

async function forget(env: Env, rows: readonly Pending[]): Promise<void> {
  if (rows.length === 0) return;
  const ids = JSON.stringify(rows.map(({ keyId, responseId }) => [keyId, responseId]));
  await drizzle(env.DB)
    .delete(backgroundResponses)
    .where(sql`(key_id, response_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${ids}))`);
}
