/**
 * `npm run bench`: the cost of the relay compared with a raw pass-through Worker, as ratios; what its requests are charged on the free
 * plan, counted; and how much memory its streams take. A full run writes docs/benchmarks.md, a partial one only prints.
 *
 *   --quick           one round of every lane without waiting for alarms: does it still run?
 *   --lanes=<text>    only the lanes whose name contains the text ("300", "c8", "accounts"), and nothing else
 *   --only=<part>     only "lanes", "translation", "memory" or "ledger"
 *                     ("translation" and "ledger" write their section of the page anew)
 *
 * Takes about ten minutes. A missed target is printed as MISS and is not a failure: the numbers are for people.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { LANES, type Lane, POOL_LANE, POOL_SIZE, SIGN_IN_LANES } from "./bench/lanes.ts";
import { BUSY, type Counting, countLoad, type LedgerResult, LONE, STEADY } from "./bench/ledger.ts";
import { machineHere } from "./bench/machine.ts";
import { MEMORY_CASES, measureMemory } from "./bench/memory.ts";
import { IS_LINUX } from "./bench/processes.ts";
import {
  laneLine,
  ledgerLine,
  type MemoryComparison,
  memoryLine,
  page,
  translationLine,
  withLedger,
  withTranslations,
} from "./bench/report.ts";
import { type LaneResult, measureLane, type Target } from "./bench/rounds.ts";
import {
  type Format,
  measureTranslation,
  SPEAKERS,
  TRANSLATION_LANES,
  type TranslationResult,
} from "./bench/translation.ts";
import {
  ANTHROPIC,
  EVERY_PLATFORM,
  type Key,
  type RunningRelay,
  reportOf,
  SIGNED_IN,
  type Site,
  startRaw,
  startRelay,
} from "./bench/workers.ts";
import { build } from "./built-worker.ts";

const ROOT = join(import.meta.dirname, "..");
const ROUNDS = 5;
/** Longer than a gate lets a settlement wait. */
const SETTLED_WITHIN_S = 30;

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, lanes: { type: "string" }, only: { type: "string" } },
});
const named = ({ name }: Lane) => name.includes(options.lanes ?? "");
const lanes = LANES.filter(named);
const signInLanes = SIGN_IN_LANES.filter(named);
if (lanes.length === 0 && !named(POOL_LANE) && signInLanes.length === 0) {
  const all = [...LANES, POOL_LANE, ...SIGN_IN_LANES].map(({ name }) => name);
  console.error(`No lane's name holds "${options.lanes}". There are: ${all.join("; ")}`);
  process.exit(1);
}
const rounds = options.quick ? 1 : ROUNDS;
const only = options.lanes === undefined ? options.only : "lanes";
const wants = (part: "lanes" | "translation" | "memory" | "ledger") => only === undefined || only === part;
const isWhole = only === undefined && !options.quick;

// Wrangler's remarks on secrets that are set in another way here.
process.env.WRANGLER_LOG = "error";

const upstream = fork(join(ROOT, "scripts/bench/upstream.ts"));
const scratch = mkdtempSync(join(tmpdir(), "relay-bench-"));
const running: { miniflare: { dispose: () => Promise<void> } }[] = [];
try {
  await bench();
} finally {
  await Promise.all(running.map(({ miniflare }) => miniflare.dispose()));
  upstream.disconnect();
  rmSync(scratch, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  if (!IS_LINUX) console.log("CPU and memory are read from /proc: on this system only times are measured.");
  const [port] = await once(upstream, "message");
  const site: Site = { root: ROOT, scratch, upstream: `http://127.0.0.1:${port}` };
  const [rawBuilt, parserBuilt, relayBuilt, countingBuilt] = await Promise.all([
    build(site, "raw", "scripts/bench/raw-worker.ts"),
    build(site, "parser", "scripts/bench/parser-worker.ts"),
    build(site, "relay", "src/worker.ts"),
    build(site, "counting", "scripts/bench/counting-worker.ts"),
  ]);

  const counting = wants("ledger") ? await startCounting(await started(startRelay(site, countingBuilt))) : [];
  const laneResults = wants("lanes") ? await benchLanes(site, rawBuilt, relayBuilt) : [];
  const pool = wants("lanes") && named(POOL_LANE) ? await benchPool(site, relayBuilt) : undefined;
  const signIns = wants("lanes") && signInLanes.length > 0 ? await benchSignIns(site, relayBuilt) : [];
  const translation = wants("translation") ? await benchTranslation(site, parserBuilt, relayBuilt) : [];
  const memory = wants("memory") ? await benchMemory(site, rawBuilt, relayBuilt) : [];
  const ledger: LedgerResult[] = [];
  for (const { result } of counting) {
    ledger.push(await result);
    console.log(ledgerLine(await result));
  }
  if (only === "translation" && !options.quick)
    rewrite((page) => withTranslations(page, translation, machineHere(ROOT)));
  if (only === "ledger" && !options.quick) rewrite((page) => withLedger(page, ledger));
  if (!isWhole || !pool) return;
  const results = {
    machine: machineHere(ROOT),
    rounds,
    lanes: laneResults,
    pool,
    signIns,
    translation,
    memory,
    ledger,
  };
  writeFileSync(join(ROOT, "docs/benchmarks.md"), page(results));
  console.log("Written to docs/benchmarks.md");
}

function rewrite(change: (page: string) => string): void {
  const path = join(ROOT, "docs/benchmarks.md");
  writeFileSync(path, change(readFileSync(path, "utf8")));
  console.log("Written to docs/benchmarks.md");
}

/**
 * The busy load runs alone, before the lanes. The others wait a minute or two for a handful of requests, which does not affect the lanes,
 * so they run at the same time.
 */
async function startCounting(relay: RunningRelay): Promise<Counting[]> {
  if (options.quick) return startInTurn(relay, [BUSY]);
  const early = await startInTurn(relay, [LONE, BUSY]);
  return [...early, countLoad(relay, STEADY)];
}

async function startInTurn(relay: RunningRelay, loads: (typeof BUSY)[]): Promise<Counting[]> {
  const started: Counting[] = [];
  for (const load of loads) {
    const counting = countLoad(relay, load);
    await counting.answered;
    started.push(counting);
  }
  return started;
}

async function benchLanes(site: Site, rawBuilt: string, relayBuilt: string): Promise<LaneResult[]> {
  const raw = await started(startRaw(site, rawBuilt));
  const { relay, key, target } = await relayUnderLoad(site, relayBuilt, EVERY_PLATFORM);
  const results: LaneResult[] = [];
  for (const lane of lanes) {
    // Both get the same headers: the pass-through passes them on, the relay reads its key from them.
    const result = await measureLane(lane, { ...raw, secret: key.secret }, target, rounds);
    results.push(result);
    console.log(laneLine(result));
  }
  await expectBooked(relay, key, lanes);
  return results;
}

async function benchPool(site: Site, relayBuilt: string): Promise<LaneResult> {
  const one = await relayUnderLoad(site, relayBuilt, [ANTHROPIC]);
  const many = await relayUnderLoad(site, relayBuilt, Array(POOL_SIZE).fill(ANTHROPIC));
  const result = await measureLane(POOL_LANE, one.target, many.target, rounds);
  console.log(laneLine(result));
  for (const { relay, key } of [one, many]) await expectBooked(relay, key, [POOL_LANE]);
  return result;
}

/** One relay, so that both sides are the same process. Each is measured while only it gets requests. */
async function benchSignIns(site: Site, relayBuilt: string): Promise<LaneResult[]> {
  const relay = await started(startRelay(site, relayBuilt, [ANTHROPIC, SIGNED_IN]));
  const [apiKey, signIn] = await Promise.all(
    relay.accountIds.map((id, at) => relay.makeKey(`account ${at}`, { bound_account_id: id })),
  );
  if (!apiKey || !signIn) throw new Error("The relay has not got both accounts");
  const results: LaneResult[] = [];
  for (const lane of signInLanes) {
    const result = await measureLane(lane, { ...relay, ...apiKey }, { ...relay, ...signIn }, rounds);
    results.push(result);
    console.log(laneLine(result));
  }
  for (const key of [apiKey, signIn]) await expectBooked(relay, key, signInLanes);
  return results;
}

async function benchTranslation(site: Site, parserBuilt: string, relayBuilt: string): Promise<TranslationResult[]> {
  const parser = await started(startRaw(site, parserBuilt));
  const relay = await started(startRelay(site, relayBuilt, Object.values(SPEAKERS)));
  const formats = Object.keys(SPEAKERS) as Format[];
  const targets: Partial<Record<Format, Target>> = {};
  for (const [index, format] of formats.entries()) {
    const { secret } = await relay.makeKey(format, { bound_account_id: relay.accountIds[index] });
    targets[format] = { url: relay.url, pid: relay.pid, secret };
  }
  const keys = targets as Record<Format, Target>;
  const results: TranslationResult[] = [];
  for (const lane of TRANSLATION_LANES) {
    const result = await measureTranslation(lane, { ...parser, secret: keys.anthropic.secret }, keys, rounds);
    results.push(result);
    console.log(translationLine(result));
  }
  return results;
}

async function relayUnderLoad(site: Site, built: string, accounts: (typeof ANTHROPIC)[]) {
  const relay = await started(startRelay(site, built, accounts));
  const key = await relay.makeKey("lanes");
  const target: Target = { ...relay, secret: key.secret };
  return { relay, key, target };
}

/** Checks that every request that was sent, including the discarded round, was metered and booked. */
async function expectBooked(relay: RunningRelay, key: Key, measured: Lane[]): Promise<void> {
  const sent = measured.reduce((sum, lane) => sum + lane.requests * (rounds + 1), 0);
  let { requests } = await reportOf(relay, key.id);
  // The last settlement may wait for a next request of its key, which never comes.
  for (let waited = 0; requests < sent && waited < SETTLED_WITHIN_S; waited++) {
    await sleep(1_000);
    ({ requests } = await reportOf(relay, key.id));
  }
  if (requests !== sent) throw new Error(`The relay booked ${requests} of ${sent} requests: the figures are worthless`);
}

async function benchMemory(site: Site, rawBuilt: string, relayBuilt: string): Promise<MemoryComparison[]> {
  const results: MemoryComparison[] = [];
  for (const load of MEMORY_CASES) {
    const raw = await started(startRaw(site, rawBuilt));
    const relay = await started(startRelay(site, relayBuilt));
    const { secret } = await relay.makeKey("memory");
    const result = {
      name: load.name,
      raw: await measureMemory(load, raw, secret),
      relay: await measureMemory(load, relay, secret),
    };
    results.push(result);
    console.log(memoryLine(result));
  }
  return results;
}

async function started<Worker extends (typeof running)[number]>(starting: Promise<Worker>): Promise<Worker> {
  const worker = await starting;
  running.push(worker);
  return worker;
}
