/** What tests of re-sealing share: a ring of keys that turns, passes through the API, and every existing envelope. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { NotResealedView, ResealView, SealsView } from "../../src/admin/reseal/schema.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { readToken, type StoredGrant, tokenKey } from "../../src/vault/grant.ts";
import { makeAccount, makeKey } from "../relay/relay-in-process.ts";
import { asAdmin } from "./client.ts";

export const OLD = env.ENCRYPTION_KEY;
export const NEW = "new-encryption-key-0123456789abcdef0123456789ab";
export const GONE = "gone-encryption-key-0123456789abcdef0123456789";

/** Does what a deployment does: the Worker and its objects get another ring, and nothing of the time before is cached. */
export function turnRing(...ring: string[]): void {
  Object.assign(env, { ENCRYPTION_KEY: ring.join(",") });
  forgetSnapshot();
}

export async function step(input: { cursor?: string; limit?: number } = {}, bindings?: Partial<Env>) {
  const { status, body } = await asAdmin("POST", "/admin/reseal", input, bindings);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as ResealView;
}

export interface Pass {
  steps: number;
  last: ResealView;
  notResealed: NotResealedView[];
}

/** All steps, one after the other. `between` is called after each. */
export async function pass(limit: number, between: (one: ResealView) => unknown = () => null): Promise<Pass> {
  const notResealed: NotResealedView[] = [];
  let last = await step({ limit });
  let steps = 1;
  notResealed.push(...last.not_resealed);
  await between(last);
  for (; last.next_cursor !== null; steps++) {
    last = await step({ limit, cursor: last.next_cursor });
    notResealed.push(...last.not_resealed);
    await between(last);
  }
  return { steps, last, notResealed };
}

/** `GET /admin/reseal` to its end, as `part state` → count. */
export async function seals(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let cursor: string | null = "";
  while (cursor !== null) {
    const { status, body } = await asAdmin("GET", `/admin/reseal${cursor && `?cursor=${cursor}`}`);
    expect(status, JSON.stringify(body)).toBe(200);
    const view = body as unknown as SealsView;
    expect(view.unreachable).toEqual([]);
    for (const { part, state, count } of view.envelopes) {
      counts[`${part} ${state}`] = (counts[`${part} ${state}`] ?? 0) + count;
    }
    cursor = view.next_cursor;
  }
  return counts;
}

export async function grantOf(id: string): Promise<StoredGrant> {
  const grant = await runInDurableObject(env.KEEPER.getByName(id), (_, ctx) =>
    ctx.storage.kv.get<StoredGrant>("grant"),
  );
  if (!grant) throw new Error(`${id} has no sign-in`);
  return grant;
}

/** Every envelope in D1, and those in these accounts' Keepers with their copies in KV, by its place. */
export async function envelopes(signedIn: string[] = []): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  const { results } = await env.DB.prepare(
    `SELECT 'credentials/' || account_id || '/' || position AS place, sealed FROM credentials
     UNION ALL SELECT 'api_keys/' || id, sealed FROM api_keys UNION ALL SELECT 'oauth_flows/' || id, sealed FROM oauth_flows`,
  ).all<{ place: string; sealed: string }>();
  for (const { place, sealed } of results) all.set(place, sealed);
  for (const id of signedIn) {
    const { sealed, token } = await grantOf(id);
    all.set(`grants/${id}`, sealed).set(`tokens/${id}`, token.sealed);
    all.set(`kv/${id}`, readToken(await env.KV.get(tokenKey(id)))?.sealed ?? "");
  }
  return all;
}

export async function makeSubscription(name: string, expiresAt = Date.now() + 3_600_000): Promise<string> {
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    ...{ name, platform: "anthropic", kind: "oauth", terms_acknowledged: true },
    oauth: {
      access_token: `access-${name}`,
      refresh_token: `refresh-${name}`,
      expires_at: new Date(expiresAt).toISOString(),
    },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

export function beginFlow() {
  return asAdmin("POST", "/admin/oauth/claude/start");
}

/** API keys of an account. */
export const keys = (count: number, of: string) =>
  Array.from({ length: count }, (_, at) => `sk-${of}-${at}-0123456789`);

/** Seals something in every place where there can be something sealed. */
export async function everywhere() {
  const { id: account } = await makeAccount({ api_key: undefined, api_keys: keys(5, "a") });
  const subscription = await makeSubscription("one");
  const alice = await makeKey();
  const bob = await makeKey();
  const flow = await beginFlow();
  return { account, subscription, alice, bob, flow: String(flow.body.flow_id) };
}
