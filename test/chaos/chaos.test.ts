/**
 * Many requests through the front door while everything that can fail does, at every moment: clients hang up (before
 * admission returns, in the queue, before the first byte, in the middle), gates and Keepers die or are evicted between
 * any two awaits, D1 fails before it has written and after, isolates are dropped with all they remember. At the end the
 * books must say what the upstream said, or that they do not know.
 *
 * `npm run chaos` runs 20,000 requests; CHAOS_REQUESTS and CHAOS_SEED say otherwise. The figures are printed.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { LEASE_TTL_MS } from "../../src/ground/durations.ts";
import { forgetModules } from "../modules.ts";
import { makeAccount, makeKey } from "../relay/relay-in-process.ts";
import { Faults, type Isolate, mortalEnv } from "./faults.ts";
import { pick, planOf, type RequestPlan, randomFrom } from "./plan.ts";
import { FINAL_USAGE, type Truth, Upstream } from "./upstream.ts";

afterEach(() => vi.restoreAllMocks());

const REQUESTS = Number(env.CHAOS_REQUESTS);
const SEED = Number(env.CHAOS_SEED);
const PARALLEL = 24;
/** A settlement waits for company for some seconds, and is then tried for some more. */
const SETTLED_MS = 16_000;
/** A grant is stored 200 ms after it is made, or when a busy machine comes to it. */
const STORED_MS = 500;
const ISOLATES = 8;
const DROP_EVERY = Math.floor(REQUESTS / ISOLATES);
const MINUTE = 60_000;
/** A background answer may take this long, and no lease is longer. */
const LONGEST_TTL_MS = 25 * 60 * MINUTE;
/** What one whole answer costs: see test/front/limits.test.ts. */
const ANSWER_NANOS = 1_060_500;
const CONCURRENCY = 6;
const BUDGET_ANSWERS = REQUESTS / 15;

interface Key {
  id: string;
  key: string;
}

interface Row {
  id: string;
  key_id: string;
  account_id: string | null;
  status: number;
  outcome: string;
  estimated: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cost_nanos: number;
}

interface LivingIsolate extends Isolate {
  fetch: ExportedHandlerFetchHandler<Env>;
}

/**
 * Isolates that have not served anything yet, each with the Worker's modules of its own. The runner makes objects from
 * the modules that were loaded last, so these are all loaded before there is one: an object outlives isolates.
 */
async function freshIsolates(count: number): Promise<LivingIsolate[]> {
  const isolates: LivingIsolate[] = [];
  for (let made = 0; made < count; made++) {
    forgetModules();
    const { default: worker } = await import("../../src/worker.ts");
    isolates.push({ dropped: false, fetch: worker.fetch });
  }
  return isolates;
}

function messageOf(plan: RequestPlan): string {
  return JSON.stringify({
    model: "claude-sonnet-4-5",
    max_tokens: 100,
    stream: plan.stream,
    metadata: { user_id: `chaos-${plan.number}` },
    messages: [{ role: "user", content: `hello from request ${plan.number}` }],
  });
}

test(`${REQUESTS} requests while everything fails (seed ${SEED}): the books are what the upstream said, and nothing is left behind`, {
  timeout: 2_700_000,
}, async () => {
  for (const method of ["warn", "error", "log"] as const) vi.spyOn(console, method).mockImplementation(() => undefined);
  const print = console.info;
  const startedAt = Date.now();
  const random = randomFrom(SEED);
  const faults = new Faults(randomFrom(SEED + 1));
  const upstream = new Upstream();
  /** Lease id → number of its request: the Worker's own names for them, which the run does not choose. */
  const numberOf = new Map<string, number>();
  const isolates = await freshIsolates(ISOLATES);
  const { default: main } = await import("../../src/worker.ts");
  const plain = main.fetch;
  let isolate = isolates.pop();
  const alive = () => {
    if (!isolate) throw new Error("no isolate is left");
    return isolate;
  };
  vi.spyOn(main, "fetch").mockImplementation(async (request, bindings, ctx) => {
    const number = request.headers.get("x-chaos");
    if (number === null) return plain(request, bindings, ctx);
    const own = alive();
    const notes = {
      asked: (id: string) => void numberOf.set(id, Number(number)),
      granted: () => {
        const truth = upstream.truths.get(Number(number));
        if (!truth) return;
        truth.granted = true;
        truth.grantedAt = realNow();
      },
    };
    return own.fetch(request, mortalEnv(bindings, own, notes), ctx);
  });

  const keys = {
    free: await makeKey(),
    narrow: await makeKey({ concurrency_limit: CONCURRENCY, queue_size: 8, queue_timeout_seconds: 1 }),
    second: await makeKey({ concurrency_limit: CONCURRENCY, queue_size: 2, queue_timeout_seconds: 1 }),
    budget: await makeKey({ total_cost_limit_usd: String((BUDGET_ANSWERS * ANSWER_NANOS) / 1e9) }),
  };
  const accounts = [
    await makeAccount({ priority: 1, max_concurrency: 16 }),
    await makeAccount({ priority: 1, daily_quota_usd: 1_000 }),
    await makeAccount({ priority: 2 }),
  ];
  // A stub that has met a dead object stays broken, so each call has its own.
  const gates = () => Object.values(keys).map(({ id }) => env.GATE.getByName(id));
  const keepers = () => accounts.map(({ id }) => env.KEEPER.getByName(id));

  const inFlight = new Map<Truth, AbortController>();
  const statuses: Record<string, number> = {};
  let later = 0;
  const realNow = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
  upstream.start();
  faults.plagueD1();

  /** A gate that dies forgets the leases of its last moment; whoever holds one is not counted by it any more. */
  const noteLost = async (keyId: string, diedAt: number, moment: number) => {
    const ofKey = [...upstream.truths.values()].filter((truth) => truth.keyId === keyId);
    const underWay = ofKey.filter((truth) => inFlight.has(truth));
    // Of an answered request only the settlement is left that waits in its isolate.
    const noteAnswered = (truth: Truth) => {
      truth.unseen ||= truth.granted && diedAt - truth.grantedAt < STORED_MS;
    };
    for (const truth of ofKey) if (!inFlight.has(truth)) noteAnswered(truth);
    const report = await again(() => env.GATE.getByName(keyId).report(keyId));
    const known = new Set(report?.leases.map(({ id }) => numberOf.get(id)));
    for (const truth of underWay) {
      if (!truth.granted || known.has(truth.plan.number)) continue;
      // It may have ended while the gate was asked.
      if (inFlight.has(truth)) {
        truth.forgotten = truth.leaseLost = true;
        truth.leaseLostAt = Math.min(moment, truth.leaseLostAt);
      } else noteAnswered(truth);
    }
  };
  /** New modules for what comes; whatever the old ones remembered or still had to do is gone. */
  const dropIsolate = () => {
    const [old, moment] = [alive(), upstream.moment()];
    isolate = isolates.pop();
    old.dropped = true;
    faults.strikes.isolatesDropped++;
    upstream.closeAllOf(old);
    for (const [truth, leaving] of inFlight) {
      if (truth.isolate === old) leaving.abort();
      truth.unseen ||= truth.isolate === old && realNow() - truth.grantedAt < STORED_MS;
      truth.leaseLost = true;
      truth.leaseLostAt = Math.min(moment, truth.leaseLostAt);
    }
    // What it held lapses, and so do the leases of whoever is still under way: they settle late, and that is what counts.
    later += LEASE_TTL_MS + MINUTE;
  };
  const strike = async (place: number) => {
    const victims = [...gates(), ...keepers()];
    const index = Math.floor(place * victims.length);
    const victim = victims[index];
    if (!victim) return;
    const [diedAt, moment] = [realNow(), upstream.moment()];
    await (random() < 0.8 ? faults.crash(victim) : faults.evict(victim));
    const key = Object.values(keys)[index];
    if (key) await noteLost(key.id, diedAt, moment);
  };

  const one = async (plan: RequestPlan, key: Key) => {
    const leaving = new AbortController();
    const truth: Truth = {
      plan,
      keyId: key.id,
      isolate: alive(),
      ...{
        tries: 0,
        ending: null,
        reported: false,
        left: false,
        granted: false,
        grantedAt: 0,
        forgotten: false,
        unseen: false,
        leaseLost: false,
        leaseLostAt: Number.POSITIVE_INFINITY,
        open: false,
      },
    };
    upstream.truths.set(plan.number, truth);
    inFlight.set(truth, leaving);
    const leave = () => {
      truth.left = true;
      leaving.abort();
    };
    const { leaves } = plan;
    const timer = leaves && "afterMs" in leaves ? setTimeout(leave, leaves.afterMs) : undefined;
    let status = "hung up";
    try {
      const request = new Request("https://relay.test/v1/messages", {
        method: "POST",
        headers: { "x-api-key": key.key, "content-type": "application/json", "x-chaos": String(plan.number) },
        body: messageOf(plan),
        signal: leaving.signal,
      });
      const response = await exports.default.fetch(request);
      status = String(response.status);
      const reader = response.body?.getReader();
      for (let pieces = 0; reader; pieces++) {
        if (leaves && "afterPieces" in leaves && pieces === leaves.afterPieces) leave();
        if ((await reader.read()).done) break;
      }
    } catch {
      status = truth.left || truth.isolate.dropped ? "hung up" : "broken";
    }
    clearTimeout(timer);
    inFlight.delete(truth);
    statuses[status] = (statuses[status] ?? 0) + 1;
  };

  let asked = 0;
  let running = true;
  const asker = async () => {
    while (asked < REQUESTS) {
      const plan = planOf(asked++, random);
      if (plan.number % DROP_EVERY === DROP_EVERY - 1 && isolates.length > 0) dropIsolate();
      await one(plan, pick(random, [keys.free, keys.free, keys.narrow, keys.second, keys.budget]));
    }
  };
  const striker = async () => {
    while (running) {
      const place = faults.wanted() ?? (random() < 0.3 ? random() : undefined);
      if (place !== undefined) await strike(place);
      // The clock of the alarms is not the one that is put forward, so they are rung by hand.
      if (random() < 0.1) await again(() => runDurableObjectAlarm(pick(random, gates())));
      if (random() < 0.05) await again(() => runDurableObjectAlarm(pick(random, keepers())));
      await scheduler.wait(1);
    }
  };
  const striking = Promise.all([striker(), striker(), striker()]);
  await Promise.all(Array.from({ length: PARALLEL }, asker));
  running = false;
  await striking;
  faults.calm();
  const seconds = (realNow() - startedAt) / 1000;

  // Settlements that wait for company, and the tries of those that met a dead object, come to their ends.
  await scheduler.wait(SETTLED_MS);
  // Whatever nobody will settle any more lapses.
  later += LONGEST_TTL_MS + MINUTE;
  // An alarm that was rung by hand before its time, and whose object died meanwhile, is not set any more: no real one rings
  // early. Whoever comes by books what has lapsed.
  for (const { id } of Object.values(keys)) await env.GATE.getByName(id).report(id);
  for (let round = 0; round < 4; round++) {
    for (const stub of [...gates(), ...keepers()]) await runDurableObjectAlarm(stub as DurableObjectStub<never>);
  }
  for (const gate of gates()) await gate.flush();

  // Nothing is left behind: no lease, no place, no waiter, no page, no connection.
  const reports = await Promise.all(Object.values(keys).map(({ id }) => env.GATE.getByName(id).report(id)));
  for (const report of reports) expect(report).toMatchObject({ leases: [], unflushed: 0, quarantined: 0 });
  for (const gate of gates()) {
    const stored = await runInDurableObject(gate, (_, ctx) => [...ctx.storage.kv.list()].map(([name]) => name));
    expect(stored).toEqual(["state"]);
  }
  const places = await Promise.all(keepers().map((keeper) => keeper.report(0)));
  expect(places.map(({ inFlight: held }) => held)).toEqual([0, 0, 0]);
  expect(upstream.stillOpen()).toBe(0);

  // Each request that reached the upstream has one row, which says what the upstream said or that it does not know.
  const { results: rows } = await env.DB.prepare("SELECT * FROM requests").all<Row>();
  const rowOf = new Map(rows.map((row) => [numberOf.get(row.id), row]));
  expect(rowOf.size).toBe(rows.length);
  /** What is wrong → how often, and one such request. */
  const wrong: Record<string, [number, string]> = {};
  const kinds: Record<string, number> = {};
  for (const truth of upstream.truths.values()) {
    const row = rowOf.get(truth.plan.number);
    const problem = problemOf(truth, row);
    if (problem) wrong[problem] = [(wrong[problem]?.[0] ?? 0) + 1, JSON.stringify({ ...truth, row })];
    const kind = row ? `${row.outcome}${row.estimated ? ", estimated" : ""}` : "no row";
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const lost = [...upstream.truths.values()].filter(({ forgotten }) => forgotten).length;
  print(
    `chaos: ${REQUESTS} requests, seed ${SEED}, ${seconds.toFixed(0)} s; answered ${JSON.stringify(statuses)}; ` +
      `booked ${rows.length}: ${JSON.stringify(kinds)}; struck ${JSON.stringify(faults.strikes)}; ` +
      `leases that died with a gate ${lost}; most open at once ${upstream.mostOpen(keys.narrow.id)} of ${CONCURRENCY}`,
  );
  expect(wrong).toEqual({});

  // The three books agree: the log, the hourly sums, and the gates' own totals.
  const sumOf = (table: string, count: string) =>
    env.DB.prepare(`SELECT ${count} AS n, sum(output_tokens) AS o, sum(cost_nanos) AS c FROM ${table}`).first();
  const log = await sumOf("requests", "count(*)");
  expect(await sumOf("usage_hourly", "sum(requests)")).toEqual(log);
  const totals = reports.map((report) => report?.totals);
  expect({
    n: totals.reduce((sum, total) => sum + (total?.requests ?? 0), 0),
    o: totals.reduce((sum, total) => sum + (total?.usage.output ?? 0), 0),
    c: totals.reduce((sum, total) => sum + (total?.costNanos ?? 0), 0),
  }).toEqual(log);

  // Limits: beside those whose lease died with a gate, never more than the limit; money by one request at the most.
  for (const { id } of [keys.narrow, keys.second]) expect(upstream.mostOpen(id)).toBeLessThanOrEqual(CONCURRENCY);
  const ofBudget = rows.filter(({ key_id }) => key_id === keys.budget.id);
  const unknown = [...upstream.truths.values()].filter(({ keyId, leaseLost }) => keyId === keys.budget.id && leaseLost);
  const spent = ofBudget.reduce((sum, { cost_nanos }) => sum + cost_nanos, 0);
  const dearest = Math.max(...ofBudget.map(({ cost_nanos }) => cost_nanos));
  expect(spent).toBeLessThan(BUDGET_ANSWERS * ANSWER_NANOS + dearest * (1 + unknown.length));
});

/** What an object answers that may be dead the first times it is asked. */
async function again<Answer>(call: () => Promise<Answer>): Promise<Answer | null> {
  for (let tried = 0; tried < 4; tried++) {
    try {
      return await call();
    } catch {
      await scheduler.wait(1);
    }
  }
  return null;
}

/** What is wrong with the row of a request, or null. */
function problemOf(
  { plan, tries, ending, reported, left, isolate, forgotten, unseen }: Truth,
  row: Row | undefined,
): string | null {
  if (tries === 0) {
    if (row && row.cost_nanos > 0 && !row.estimated) return "booked as exact what nobody answered";
    return null;
  }
  // Its gate died before the lease was stored, and its isolate before it could settle: nobody is left who knows of it.
  if (!row) return (forgotten || unseen) && isolate.dropped ? null : "reached the upstream and is not booked";
  const disturbed = left || isolate.dropped;
  const exact =
    row.input_tokens === FINAL_USAGE.input &&
    row.output_tokens === FINAL_USAGE.output &&
    row.cache_read_tokens === FINAL_USAGE.cacheRead;
  if (row.estimated) {
    if (reported && !disturbed) return "estimated what the upstream has said";
    return row.input_tokens > 0 ? null : "estimated without its input";
  }
  if (row.outcome === "completed")
    return reported && exact ? null : "completed, with other figures than the upstream's";
  // An answer that never was has used nothing.
  const answered = ending === "complete" || (ending === "early" && plan.stream);
  if (!answered || disturbed) return row.cost_nanos === 0 || exact ? null : "booked a cost that nobody reported";
  return "neither completed nor estimated";
}
