/**
 * The models that an account's own upstream lists, asked as a client of that platform asks. Nothing where the platform has no such list,
 * and nothing of a subscription: the relay sends no request of its own under one.
 */
import { waitUntil } from "cloudflare:workers";
import { recordId } from "../ground/record-id.ts";
import type { Account } from "../pool/account.ts";
import type { Candidate } from "../pool/choose.ts";
import { keyIdsOf } from "../pool/choose.ts";
import { EMPTY_POOL, type Pool } from "../pool/pool.ts";
import { targetOf } from "../pool/target.ts";
import type { Call } from "../relay/call.ts";
import { foreignLists } from "../relay/foreign-lists.ts";
import type { ListedModel } from "../relay/models.ts";
import { noResources } from "../relay/resources.ts";
import { findRoute } from "../relay/routes.ts";

/** Each waits a second for a read that goes on beside it. */
const LOOKS = 8;

/** Null: it has not answered with a list, or nobody may ask. `now` in milliseconds since the epoch. */
export async function upstreamModels(env: Env, account: Account, now: number): Promise<ListedModel[] | null> {
  if (account.kind.serves) return null;
  const call = callOfRelay(env, now);
  const pool: Pool = { ...EMPTY_POOL, accounts: [account], health: new Map() };
  const [protocol] = account.protocols;
  if (!protocol) return null;
  const candidate: Candidate = { ...targetOf(account, "", protocol), keyIds: keyIdsOf(account), probe: false };
  for (let look = 0; look < LOOKS; look++) {
    const began = Date.now();
    const models = await foreignLists(call, pool, [candidate]);
    if (models.length > 0) return models;
    // It has answered, with no list.
    if (Date.now() - began < 900) return null;
  }
  return null;
}

/** A call that nobody has made: only what a list is asked with. */
function callOfRelay(env: Env, now: number): Call {
  const url = new URL("https://relay.invalid/v1/models");
  const http = new Request(url, { headers: { "user-agent": "edge-relay" } });
  const found = findRoute("GET", "/v1/models", http.headers);
  if (!found) throw new Error("The relay has no list of models");
  const ctx = { waitUntil, passThroughOnException() {}, props: {} } as unknown as ExecutionContext;
  const from = { http, url, env, ctx, search: "", client: "unknown", startedAt: now };
  return { id: recordId("lst", now), ...from, ...found, resources: noResources() };
}
