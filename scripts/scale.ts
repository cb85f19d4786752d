/**
 * `npm run scale`: measures the console on a relay that has grown to 5,000 keys, 200 accounts and a million requests. It writes them into a
 * database of its own, starts the relay on it as `npm start` does, opens each page in Chromium, and then sends each page's requests again
 * to the same relay with its bindings counted. Writes docs/console-at-scale.md; a smaller run only prints.
 *
 *   --requests=<n>   fewer requests, to see whether it still runs
 *   --keep=<dir>     a database that is created there and used again
 *
 * CHROMIUM is the browser (default /usr/bin/chromium). Takes some minutes. A missed target is printed and is no failure.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BrowserContext, chromium } from "playwright-core";
import type { Counts } from "./bench/counts.ts";
import { machineHere } from "./bench/machine.ts";
import { median } from "./bench/statistics.ts";
import { type Filled, fillRelay, withRelay } from "./scale/filled-relay.ts";
import type { Size } from "./scale/population.ts";
import { type CallCost, type PageResult, pageLine, scalePage } from "./scale/report.ts";
import { beginMeasuring, signIn, type Visit, type VisitedPage, visit } from "./scale/visits.ts";

const ROOT = join(import.meta.dirname, "..");
const WHOLE: Size = { keys: 5_000, accounts: 200, requests: 1_000_000 };
const ROUNDS = 3;

const { values: options } = parseArgs({ options: { requests: { type: "string" }, keep: { type: "string" } } });
const size = { ...WHOLE, requests: Number(options.requests ?? WHOLE.requests) };
const stateDir = options.keep ?? mkdtempSync(join(tmpdir(), "relay-scale-"));

try {
  await scale();
} finally {
  if (!options.keep) rmSync(stateDir, { recursive: true, force: true });
}

async function scale(): Promise<void> {
  const relay = await fillRelay(ROOT, stateDir, size);
  const { visits, load } = await withRelay(relay, (origin) => measure(origin, relay.filled));
  const calls = [...new Set(visits.flatMap(({ asked }) => asked))];
  const counted = "scripts/bench/counting-worker.ts";
  const costs = await withRelay(relay, (origin) => count(origin, relay.filled, calls), counted);
  const results = visits.map(
    (visit): PageResult => ({ ...visit, calls: visit.asked.map((path) => costOf(costs, path)) }),
  );
  for (const result of results) console.log(pageLine(result));
  if (options.requests) return;
  writeFileSync(
    join(ROOT, "docs/console-at-scale.md"),
    scalePage({ size, rounds: ROUNDS, machine: machineHere(ROOT), results, load }),
  );
  console.log("Written to docs/console-at-scale.md");
}

interface Measured {
  visits: Omit<PageResult, "calls">[];
  /** The machine's load, over the last minute of each page. */
  load: number;
}

/** Each page several times. The first is discarded, the median of the others counts. */
async function measure(origin: string, filled: Filled): Promise<Measured> {
  return inBrowser(async (context) => {
    const watch = await beginMeasuring(context, origin);
    await signIn(context, origin, "admin", filled.secrets.ADMIN_PASSWORD);
    const visits: Measured["visits"] = [];
    const loads: number[] = [];
    for (const page of await pagesOf(context, origin, filled)) {
      const rounds: Visit[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        rounds.push(await visit(context, watch, { ...page, origin, thorough: round === ROUNDS }));
      }
      visits.push(middleOf(rounds.slice(1)));
      loads.push(loadavg()[0] ?? 0);
    }
    return { visits, load: median(loads) };
  });
}

async function pagesOf(
  context: BrowserContext,
  origin: string,
  { keyIds, accounts, firstKey }: Filled,
): Promise<VisitedPage[]> {
  const newest: { items: { id: string }[] } = await (
    await context.request.get(`${origin}/admin/requests?limit=1`)
  ).json();
  // The holder's page finds the key where it has stored it.
  await context.addInitScript((key) => sessionStorage.setItem("edge-relay-my-key", key), firstKey);
  return [
    { name: "Overview", path: "/web/" },
    { name: "Requests", path: "/web/requests" },
    { name: "A request", path: `/web/requests/${newest.items[0]?.id}` },
    { name: "Keys", path: "/web/keys" },
    { name: "The busiest key", path: `/web/keys/${keyIds[0]}` },
    { name: "Accounts", path: "/web/accounts" },
    { name: "The busiest account", path: `/web/accounts/${accounts[0]?.id}` },
    { name: "Groups", path: "/web/groups" },
    { name: "Aliases", path: "/web/aliases" },
    { name: "Templates", path: "/web/templates" },
    { name: "Prices", path: "/web/prices" },
    { name: "Audit", path: "/web/audit" },
    { name: "Settings", path: "/web/settings" },
    { name: "The key holder's page", path: "/web/me" },
  ];
}

/** For times the median; for everything else what the last round saw, which was the thorough one. */
function middleOf(rounds: readonly Visit[]): Measured["visits"][number] {
  const last = rounds.at(-1);
  if (!last) throw new Error("No round was run");
  const middle = (of: (visit: Visit) => number) => median(rounds.map(of));
  return {
    ...last,
    firstPaintMs: middle(({ firstPaintMs }) => firstPaintMs),
    fastestMs: Math.min(...rounds.map(({ contentMs }) => contentMs)),
    contentMs: middle(({ contentMs }) => contentMs),
    largestPaintMs: middle(({ largestPaintMs }) => largestPaintMs),
    blockedMs: middle(({ blockedMs }) => blockedMs),
    shift: Math.max(...rounds.map(({ shift }) => shift)),
    complaints: rounds.flatMap(({ complaints }) => complaints),
  };
}

/** What each call costs, sent one after the other to the Worker whose bindings are counted. */
async function count(origin: string, filled: Filled, calls: readonly string[]): Promise<Map<string, CallCost>> {
  return inBrowser(async (context) => {
    await signIn(context, origin, "admin", filled.secrets.ADMIN_PASSWORD);
    const costs = new Map<string, CallCost>();
    for (const path of calls) {
      const before = await tally(context, origin);
      const began = performance.now();
      const headers = path.startsWith("/api/") ? { "x-api-key": filled.firstKey } : {};
      const answer = await context.request.get(`${origin}${path}`, { headers });
      const body = await answer.body();
      const ms = performance.now() - began;
      const after = await tally(context, origin);
      costs.set(path, {
        ...{ path, status: answer.status(), ms, bytes: body.length },
        rowsRead: after.d1RowsRead - before.d1RowsRead,
        objectRequests: after.objectRequests - before.objectRequests,
      });
    }
    return costs;
  });
}

async function tally(context: BrowserContext, origin: string): Promise<Pick<Counts, "d1RowsRead" | "objectRequests">> {
  const scopes: Record<string, Counts> = await (await context.request.get(`${origin}/bench/ledger`)).json();
  const sum = (of: (counts: Counts) => number) =>
    Object.values(scopes).reduce((total, counts) => total + of(counts), 0);
  return { d1RowsRead: sum((counts) => counts.d1RowsRead), objectRequests: sum((counts) => counts.objectRequests) };
}

function costOf(costs: Map<string, CallCost>, path: string): CallCost {
  const cost = costs.get(path);
  if (!cost) throw new Error(`${path} was not counted`);
  return cost;
}

async function inBrowser<Value>(use: (context: BrowserContext) => Promise<Value>): Promise<Value> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    return await use(await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" }));
  } finally {
    await browser.close();
  }
}
