/**
 * Tests the way of requests to the providers: each place where accounts ask gets one request without a credential, in the way in which
 * those accounts' requests leave. Nothing is stored, and nothing is held against an account, because a reachable host says nothing about
 * a key.
 */

import { connectionCauseOn } from "../../account-check/connection-cause.ts";
import { textAtMost } from "../../ground/bounded-body.ts";
import { SECOND_MS } from "../../ground/durations.ts";
import { type Transport, transportOf } from "../../providers/faults/evidence.ts";
import { verdictOf } from "../../providers/reach.ts";
import { loadPool } from "../../store/snapshot.ts";
import { exitOf, NotThisWay, tokenExit } from "../../vault/exit.ts";
import { egressView } from "../accounts/egress-fields.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type Place, placesOf } from "./places.ts";
import type { EgressPlaceView, EgressReportView } from "./schema.ts";

/** An invocation of a free Worker has 50 requests, including those to D1 and for what an account's headers need. */
const MOST_PLACES = 24;
/** A Worker has six connections open at once. */
const LANES = 6;
const ANSWER_MS = 8 * SECOND_MS;
const LARGEST_ANSWER = 64 * 1024;

export async function readEgress({ env, now }: VerbContext): Promise<VerbResult<EgressReportView>> {
  const { accounts } = await loadPool(env, now);
  const all = placesOf(env, accounts);
  const queue = [...all.slice(0, MOST_PLACES).entries()];
  const items: EgressPlaceView[] = [];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) items[next[0]] = await lookAt(env, next[1]);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { ok: true, value: { items, left_out: Math.max(0, all.length - MOST_PLACES) } };
}

interface Met {
  status: number;
  headers: Headers;
  body: string;
  transport?: Transport;
}

async function lookAt(env: Env, place: Place): Promise<EgressPlaceView> {
  const { purpose, platform, url, egress, accounts } = place;
  const startedAt = Date.now();
  const met = await ask(env, place);
  const ms = Date.now() - startedAt;
  const { reach, condition, colo, explanation, advice } = verdictOf(
    { ...met, platform, family: null },
    purpose,
    startedAt,
  );
  return {
    ...{ host: new URL(url).host, purpose, egress: egressView(egress), accounts },
    ...{ reach, condition, status: met.status, colo, ms, explanation, advice },
  };
}

/** A request of the API's form, without anything that would say who asks. */
async function ask(env: Env, { purpose, url, egress, account }: Place): Promise<Met> {
  const exit = purpose === "api" ? await exitOf(env, account) : tokenExit(env, egress);
  if (!exit.ok) return unmet("egress");
  const isApi = purpose === "api";
  const headers = {
    ...{ accept: "application/json", "accept-encoding": "identity", "user-agent": "edge-relay" },
    "content-type": isApi ? "application/json" : "application/x-www-form-urlencoded",
  };
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    const init = { method: "POST", headers, body: isApi ? "{}" : "", redirect: "manual", signal: late } as const;
    const response = await exit.value(url, init);
    return {
      ...{ status: response.status, headers: response.headers },
      body: await textAtMost(response, LARGEST_ANSWER),
    };
  } catch (error) {
    if (late.aborted) return unmet("timeout");
    if (error instanceof NotThisWay) return unmet("egress");
    const transport = transportOf(error instanceof Error ? error.message : "");
    return unmet(await connectionCauseOn(env, { baseUrl: url, egress }, transport));
  }
}

function unmet(transport: Transport): Met {
  return { status: 0, headers: new Headers(), body: "", transport };
}
