/**
 * The vault of an account while everything fails: the object dies or is evicted before a renewal is sent, while it is
 * under way and after its answer; the authorization server fails before it has rotated and after, answers slowly, leaves
 * the refresh token out, or says nothing; calls and alarms come several times, and KV fails. The server punishes a token
 * that comes back. After each cycle the stored token is the one that was issued last; or an answer was lost behind a
 * rotation, which nobody can know, and then the account says so by that name when it is next renewed.
 *
 * `npm run chaos` runs 10,000 cycles; CHAOS_CYCLES and CHAOS_SEED say otherwise. The figures are printed.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { openGrant, openToken, type StoredGrant } from "../../src/vault/grant.ts";
import type { NewGrant } from "../../src/vault/tokens.ts";
import { AuthorizationServer, type Family } from "../vault/authorization-server.ts";
import { pick, type Random, randomFrom } from "./plan.ts";

afterEach(() => vi.restoreAllMocks());

const CYCLES = Number(env.CHAOS_CYCLES);
const SEED = Number(env.CHAOS_SEED);
const ACCOUNTS = 8;
const HOUR = 3_600_000;
const BASE_URL = "https://api.anthropic.com";

/** What the server does with one request: `lost` fates rotate, and nobody hears of it. */
const FATES = [
  ...Array(8).fill("renews"),
  ...["renews slowly", "renews slowly", "leaves the refresh token out", "leaves the refresh token out"],
  ...[
    "fails before",
    "fails before",
    "is busy",
    "cannot be reached",
    "fails behind it",
    "breaks off behind it",
    "says nothing",
  ],
] as const;
type Fate =
  | "renews"
  | "renews slowly"
  | "leaves the refresh token out"
  | "fails before"
  | "is busy"
  | "cannot be reached"
  | "fails behind it"
  | "breaks off behind it"
  | "says nothing";

type Strike = "none" | "crash" | "evict";

interface Account {
  id: string;
  family: Family;
  signIns: number;
  /** The highest version that anybody was given. */
  given: number;
}

const figures = {
  cycles: 0,
  callers: 0,
  alarms: 0,
  renewals: 0,
  crashes: 0,
  evictions: 0,
  kvFailures: 0,
  answersLost: 0,
  reauthRequired: 0,
};

const stubOf = ({ id }: Account) => env.KEEPER.getByName(id);

async function signIn(server: AuthorizationServer, account: Account): Promise<void> {
  account.family = server.signIn();
  account.signIns++;
  account.given = 0;
  const { access, refresh } = account.family;
  const given: NewGrant = {
    ...{ accountId: account.id, grantId: `grant-${account.signIns}`, baseUrl: BASE_URL, madeAt: account.signIns },
    ...{ platform: "anthropic", kind: "oauth", grant: { access, refresh, expiresAt: Date.now() + HOUR } },
  };
  await stubOf(account).adopt(given);
}

async function storedIn(account: Account): Promise<StoredGrant> {
  const stored = await runInDurableObject(stubOf(account), (_, ctx) => ctx.storage.kv.get<StoredGrant>("grant"));
  if (!stored) throw new Error(`${account.id} has lost its sign-in`);
  return stored;
}

async function strike(account: Account, kind: Strike): Promise<void> {
  if (kind === "crash") {
    figures.crashes++;
    await runInDurableObject(stubOf(account), (_, ctx) => ctx.abort("struck")).catch(() => undefined);
  } else if (kind === "evict") {
    figures.evictions++;
    await evictDurableObject(stubOf(account)).catch(() => undefined);
  }
}

test(`${CYCLES} renewals while everything fails (seed ${SEED}): the token that is stored is the one issued last, or the account says why not`, {
  timeout: 2_700_000,
}, async () => {
  const print = console.info;
  for (const method of ["warn", "error", "info"] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
  const startedAt = Date.now();
  const random = randomFrom(SEED);
  const server = new AuthorizationServer();
  const realNow = Date.now;
  let later = 0;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
  const accounts = Array.from({ length: ACCOUNTS }, (_, at): Account => {
    const id = `acc_chaos_${at}`;
    return { id, family: server.signIn(), signIns: 0, given: 0 };
  });
  const byRefresh = (refresh: string) => accounts.find(({ family }) => server.isOf(family, refresh));
  plagueKv(random);
  const insert =
    "INSERT INTO accounts (id, name, platform, kind, base_url, model_mapping, extra_headers, note, created_at, updated_at) VALUES (?, '', 'anthropic', 'oauth', ?, '{}', '{}', '', 0, 0)";
  await env.DB.batch(accounts.map(({ id }) => env.DB.prepare(insert).bind(id, BASE_URL)));

  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const body = await request.text();
    const account = byRefresh((JSON.parse(body) as { refresh_token: string }).refresh_token);
    const fate: Fate = pick(random, FATES);
    const before = server.rotated;
    const answer = () => {
      const { status, body: tokens } = server.renew(body, { keepRefresh: fate === "leaves the refresh token out" });
      // Rotated is rotated, whoever dies before the answer is stored: the cycle's end looks at what was stored.
      return new Response(JSON.stringify(tokens), { status });
    };
    const lose = () => {
      answer();
      if (account && server.rotated > before) figures.answersLost++;
    };
    switch (fate) {
      case "renews":
      case "leaves the refresh token out":
        return answer();
      case "renews slowly": {
        if (random() < 0.5) await scheduler.wait(random() * 6);
        const response = answer();
        await scheduler.wait(random() * 6);
        return response;
      }
      case "fails before":
        return new Response("no", { status: 500 });
      case "is busy":
        return new Response('{"error":"temporarily_unavailable"}', { status: 429 });
      case "cannot be reached":
        throw new Error("connect");
      case "fails behind it":
        lose();
        return new Response("<html>", { status: 502 });
      case "breaks off behind it":
        lose();
        throw new Error("Network connection lost.");
      case "says nothing":
        lose();
        return new Response("", { status: 200 });
    }
  });

  for (const account of accounts) await signIn(server, account);

  const cycle = async (account: Account) => {
    figures.cycles++;
    const stub = () => stubOf(account);
    const grantId = `grant-${account.signIns}`;
    const known = (await storedIn(account)).version;
    const calls: Promise<unknown>[] = [];
    const callers = 1 + Math.floor(random() * 3);
    for (let made = 0; made < callers; made++) {
      figures.callers++;
      const refused = random() < 0.2 ? known : null;
      const asking = async () => {
        const answer = await stub().token(grantId, refused);
        if (answer.state === "token") {
          const { accountId, baseUrl } = { accountId: account.id, baseUrl: BASE_URL };
          const { version, access } = await openToken(answer.token, { accountId, grantId, baseUrl }, env);
          expect(server.isAccessOf(account.family, access)).toBe(true);
          account.given = Math.max(account.given, version);
        }
      };
      calls.push(asking().catch((error: unknown) => rethrowClaims(error)));
    }
    // Not all of an alarm's deliveries are wanted, and some come twice.
    for (let rung = Math.floor(random() * 3); rung > 0; rung--) {
      figures.alarms++;
      calls.push(runDurableObjectAlarm(stub()).catch(() => undefined));
    }
    if (random() < 0.35) {
      await scheduler.wait(random() * 6);
      await strike(account, pick(random, ["crash", "crash", "evict"] as const));
    }
    await Promise.all(calls);
    await check(account, server);
  };

  while (figures.cycles < CYCLES) {
    later += 2 * HOUR;
    await Promise.all(accounts.map(cycle));
  }
  // What is unknown now is found out by the next renewal.
  for (let round = 0; round < 12; round++) {
    later += 2 * HOUR;
    for (const account of accounts) {
      await stubOf(account).token(`grant-${account.signIns}`, null);
      await check(account, server);
    }
  }
  figures.renewals = server.rotated;
  const seconds = Math.round((realNow() - startedAt) / 1_000);
  print(`Renewals while everything fails: ${JSON.stringify({ seed: SEED, ...figures, seconds })}`);
  expect(figures.reauthRequired).toBeGreaterThan(0);
  expect(figures.crashes).toBeGreaterThan(0);
});

/** What holds after each cycle, however it went. Signs in again where the account asks for that. */
async function check(account: Account, server: AuthorizationServer): Promise<void> {
  const stored = await storedIn(account);
  const { refresh } = await openGrant(stored, env);
  const latest = refresh === account.family.refresh;
  // Nobody was given what is not stored, whatever died.
  expect(stored.version).toBeGreaterThanOrEqual(account.given);
  if (stored.ended === null) {
    // The answer that would have brought the latest one was lost: that is marked.
    if (!latest) expect(stored.sentAt).not.toBeNull();
    else expect(account.family.revoked).toBe(false);
    return;
  }
  figures.reauthRequired++;
  expect(stored.ended).toBe("reauth_required_answer_lost");
  const { health } = await stubOf(account).report(0);
  expect(health.disabled).toBe("reauth_required_answer_lost");
  await signIn(server, account);
  expect((await stubOf(account).report(0)).health.disabled).toBeNull();
}

/** An object that dies fails its callers; a claim that does not hold fails the test. */
function rethrowClaims(error: unknown): void {
  if (error instanceof Error && error.name === "AssertionError") throw error;
}

function plagueKv(random: Random): void {
  const prototype = Object.getPrototypeOf(env.KV) as KVNamespace;
  const { put } = prototype;
  vi.spyOn(prototype, "put").mockImplementation(async function (this: KVNamespace, ...parameters: unknown[]) {
    if (random() < 0.05) {
      figures.kvFailures++;
      throw new Error("KV PUT failed: 429 Too Many Requests");
    }
    return (put as (...given: unknown[]) => Promise<void>).apply(this, parameters);
  });
}
