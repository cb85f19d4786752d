/**
 * The relay: one request from the client's key to the client's last byte, one line per step. A refusal is answered
 * in the client's own format wherever it arises; whatever was admitted is settled, also when a step throws.
 */

import { loadPrices } from "../pricing/prices.ts";
import { readWhole } from "../protocols/anthropic.ts";
import { clientHeaders } from "../providers/anthropic.ts";
import type { Refusal } from "../refusal.ts";
import { type Account, loadAccounts, rememberedAccounts } from "../store/snapshot.ts";
import { admit } from "./admit.ts";
import { refuse } from "./answer.ts";
import { type Ask, readAsk } from "./ask.ts";
import { authenticate } from "./authenticate.ts";
import type { Call } from "./call.ts";
import { worstCase } from "./charge.ts";
import { rankAccounts } from "./choose.ts";
import { parsedValue, scanTopLevel } from "./scan.ts";
import { forward, type Sent, send } from "./send.ts";
import { type Settle, settlementOf } from "./settle.ts";
import { streamThrough } from "./stream.ts";

/** Answers one request to a route that generates: limited, metered, logged. */
export async function relay(call: Call): Promise<Response> {
  const key = await authenticate(call.request, call.url, call.env.KEY_SECRET);
  if (!key.ok) return refused(call, key.refusal);
  const ask = await readAsk(call.request);
  if (!ask.ok) return refused(call, ask.refusal);
  const prices = await loadPrices(call.env, call.startedAt);
  const worst = worstCase(prices, ask.value, call.route.platform, rememberedAccounts());
  const [admission, accounts] = await Promise.all([admit(call, key.value, ask.value, worst), accountsOf(call)]);
  if (!admission.ok) return refused(call, admission.refusal);

  const settle = settlementOf(call, key.value, ask.value, prices, admission.value.costMultiplierMilli);
  try {
    const [account] = rankAccounts(accounts, call.route.platform, admission.value);
    if (!account) return refusedAndSettled(call, settle, noAccount(call, ask.value), null);
    const sent = await send(call, ask.value, account);
    return deliver(call, sent, account, settle);
  } catch (error) {
    call.ctx.waitUntil(settle({ status: 500, outcome: "upstream_unreachable", account: null }));
    throw error;
  }
}

/** Answers one request that uses nothing up (token counting, model lists): the key's rules hold, nothing is booked. */
export async function inquire(call: Call): Promise<Response> {
  const key = await authenticate(call.request, call.url, call.env.KEY_SECRET);
  if (!key.ok) return refused(call, key.refusal);
  const ask = call.request.method === "GET" ? null : await readAsk(call.request);
  if (ask && !ask.ok) return refused(call, ask.refusal);
  const value = ask?.value ?? null;
  const [admission, accounts] = await Promise.all([admit(call, key.value, value), accountsOf(call)]);
  if (!admission.ok) return refused(call, admission.refusal);
  const [account] = rankAccounts(accounts, call.route.platform, admission.value);
  if (!account) return refused(call, noAccount(call, value));
  try {
    const response = await forward(call, value, account);
    if (response.status === 401) return refused(call, { reason: "upstream_rejected_credential" });
    return answer(call, response.status, clientHeaders(response.headers), response.body);
  } catch {
    return refused(call, { reason: "upstream_unreachable", detail: "no connection" });
  }
}

/** Turns what the upstream said into the client's response, and sees to its settlement. */
function deliver(call: Call, sent: Sent, account: Account, settle: Settle): Response {
  switch (sent.kind) {
    case "stream":
      return streamThrough(call, sent.stream, account, settle);
    case "whole": {
      const { status, headers, body } = sent;
      if (status === 401) return refusedAndSettled(call, settle, { reason: "upstream_rejected_credential" }, account);
      const ttftMs = Date.now() - call.startedAt;
      const ending =
        status < 300
          ? ({ status, outcome: "completed", account, ttftMs, ...readWhole(usageIn(body)) } as const)
          : ({ status, outcome: "upstream_error", account, ttftMs } as const);
      call.ctx.waitUntil(settle(ending));
      return answer(call, status, headers, body);
    }
    case "failed":
      return refusedAndSettled(call, settle, { reason: "upstream_unreachable", detail: sent.detail }, account);
    case "client_left":
      call.ctx.waitUntil(settle({ status: 499, outcome: "client_left", account, estimated: true }));
      return new Response(null, { status: 499 });
  }
}

/** The value of a whole answer's top-level `usage`. */
function usageIn(body: Uint8Array): unknown {
  const scan = scanTopLevel(body, new Set(["usage"]));
  return scan.ok ? parsedValue(body, scan.members.get("usage")) : undefined;
}

/** An empty list where D1 does not answer and nothing is remembered: the client is told that no account can serve. */
async function accountsOf(call: Call): Promise<Account[]> {
  try {
    return await loadAccounts(call.env, call.startedAt);
  } catch (error) {
    console.error(`accounts could not be read: ${String(error)}`);
    return [];
  }
}

function noAccount(call: Call, ask: Ask | null): Refusal {
  return { reason: "no_account", platform: call.route.platform, model: ask?.model ?? "any" };
}

function refusedAndSettled(call: Call, settle: Settle, refusal: Refusal, account: Account | null): Response {
  const response = refused(call, refusal);
  call.ctx.waitUntil(settle({ status: response.status, outcome: "upstream_unreachable", account }));
  return response;
}

function refused(call: Call, refusal: Refusal): Response {
  return refuse(call.route.protocol, call.id, refusal, Date.now());
}

function answer(call: Call, status: number, headers: Headers, body: BodyInit | null): Response {
  headers.set("x-request-id", call.id);
  headers.set("cache-control", "no-store");
  return new Response(body, { status, headers });
}
