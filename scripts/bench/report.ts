/** The output of the benchmark: a printed line for each figure as it comes, and docs/benchmarks.md. Pure. */
import { type Counts, freePlan } from "./counts.ts";
import { ANOTHER_PROCESSOR, FINDINGS, NOT_TAKEN_APART } from "./findings.ts";
import { POOL_SIZE } from "./lanes.ts";
import type { LedgerResult } from "./ledger.ts";
import { type Machine, machineLine } from "./machine.ts";
import type { MemoryResult } from "./memory.ts";
import type { LaneResult } from "./rounds.ts";
import type { Spread } from "./statistics.ts";
import type { TranslationResult } from "./translation.ts";

export interface MemoryComparison {
  name: string;
  raw: MemoryResult | null;
  relay: MemoryResult | null;
}

export interface Results {
  machine: Machine;
  rounds: number;
  lanes: LaneResult[];
  /** The relay with many accounts, compared with the relay with one. */
  pool: LaneResult;
  /** Through a sign-in, compared with the same through a key. */
  signIns: LaneResult[];
  translation: TranslationResult[];
  memory: MemoryComparison[];
  ledger: LedgerResult[];
}

export type Verdict = "PASS" | "MISS" | "no target";

export function verdictOf(value: number, target: number | undefined): Verdict {
  if (target === undefined) return "no target";
  // Compared as printed: a difference that nobody sees does not miss a target.
  return Number(value.toFixed(2)) <= target ? "PASS" : "MISS";
}

/** One line for the screen. */
export function laneLine(lane: LaneResult): string {
  const cpu = lane.cpu ? `CPU ${judged(lane.cpu, lane.targets.cpu)}` : "CPU not measured (needs Linux)";
  const rest = `first token ${judged(lane.firstToken, lane.targets.firstToken)}  first byte ${withSpread(lane.firstByte)}  total ${times(lane.total.median)}`;
  return `${lane.name.padEnd(26)} ${cpu.padEnd(42)} ${rest}`;
}

export function translationLine({ name, toParser, toSame, addedMs, targets }: TranslationResult): string {
  const cpu =
    toParser && toSame
      ? `CPU ${judged(toParser, targets.parser)} of a parser's, ${withSpread(toSame)} of the same format's`
      : "CPU not measured (needs Linux)";
  return `${name.padEnd(44)} ${cpu}  first token ${added(addedMs, targets.addedMs)}`;
}

export function memoryLine({ name, raw, relay }: MemoryComparison): string {
  if (!raw || !relay) return `${name}: memory not measured (needs Linux)`;
  const side = (result: MemoryResult) => `${mb(result.peakMb)} MB peak (+${mb(result.peakMb - result.beforeMb)})`;
  return `${name.padEnd(26)} raw ${side(raw)}, relay ${side(relay)}`;
}

export function ledgerLine(result: LedgerResult): string {
  const { perRequest, targets } = result;
  const figure = (field: keyof Counts, name: string) =>
    `${perRequest[field].toFixed(2)} ${name}${target(perRequest[field], targets[field])}`;
  const { requestsPerDay, limit } = freePlan(perRequest);
  const figures = [
    figure("objectRequests", "object requests"),
    figure("objectRowsWritten", "object rows"),
    figure("d1RowsWritten", "D1 rows"),
    figure("d1RowsRead", "D1 rows read"),
    figure("kvReads", "KV reads"),
    figure("kvWrites", "KV writes"),
  ];
  return `${result.name}: ${figures.join(", ")} per request → ${requestsPerDay} a day free, then ${limit} run out`;
}

/** The whole page. */
export function page(results: Results): string {
  return `${[head(results), ratios(results), poolSize(results), signIns(results), misses(results), translations(results.translation, results.machine), ledger(results.ledger), memory(results.memory), path(), absolutes(results), machine(results.machine)].join("\n\n")}\n`;
}

function head({ rounds }: Results): string {
  return `# Benchmarks

Written by \`npm run bench\`; not edited by hand.

The relay against the least that a Worker can do: a raw pass-through (\`scripts/bench/raw-worker.ts\`). Both run in the
same workerd binary, each in a process of its own, in the same run, in ${rounds} interleaved rounds after one that is thrown
away. What counts are the **ratios** of relay to raw: unlike absolute times they hold on other machines of the same kind, and on
another kind of processor they are others (see [below](#another-processor)). Each is the median of the rounds, with the lowest and the
highest round beside it.`;
}

function ratios({ lanes }: Results): string {
  const rows = lanes.map((lane) => [
    lane.name,
    lane.cpu ? withSpread(lane.cpu) : "needs Linux",
    lane.cpu ? judgement(lane.cpu.median, lane.targets.cpu) : "",
    withSpread(lane.firstToken),
    judgement(lane.firstToken.median, lane.targets.firstToken),
    times(lane.firstByte.median),
    times(lane.total.median),
  ]);
  return `## Ratios to raw

CPU is user and system time of the whole workerd process per request: the relay's includes its Durable Object, its
database and their files. "c8" is eight requests at a time; a lane that names no format speaks Messages. A stream's
events leave the fake provider one by one.

The relay holds the beginning of a stream until it carries words, since until then a failure can still be mended by
another account. So its first byte comes with its first token, and the time to the first token is what a client feels.

${table(["lane", "CPU", "target", "first token, p50", "target", "first byte, p50", "total, p50"], rows)}`;
}

function poolSize({ pool }: Results): string {
  return `## A larger pool

The relay beside itself, in two processes of the same run: with ${POOL_SIZE} accounts in the pool, all of them fit to serve, and
with one. The requests belong to one session, as an agent's do; the pool is ranked for each of them all the same.

${besideItself([pool])}`;
}

function signIns({ signIns }: Results): string {
  return `## A sign-in in place of a key

The relay beside itself, in one process, by two keys of which each leads to one account: a Claude subscription that was signed in to, and an
API key of Anthropic's. The requests are Claude Code's in both cases.

${besideItself(signIns)}`;
}

function besideItself(lanes: readonly LaneResult[]): string {
  const rows = lanes.map(({ name, cpu, targets, firstToken, total }) => [
    name,
    ...(cpu ? [withSpread(cpu), judgement(cpu.median, targets.cpu, 2)] : ["needs Linux", ""]),
    ...[withSpread(firstToken), times(total.median)],
  ]);
  return table(["lane", "CPU", "target", "first token, p50", "total, p50"], rows);
}

/** The page with another section on translations, which are measured by themselves more often. */
export function withTranslations(page: string, results: TranslationResult[], machine: Machine): string {
  return withSection(page, TRANSLATIONS, translations(results, machine));
}

/** The page with another section on the ledger, whose counts hold on any machine. */
export function withLedger(page: string, results: LedgerResult[]): string {
  return withSection(page, LEDGER, ledger(results));
}

/** The page with `section` in place of the one under `heading`, or before the ledger's if it has none. */
function withSection(page: string, heading: string, section: string): string {
  const at = page.indexOf(heading);
  const start = page.indexOf(at < 0 ? LEDGER : heading);
  const end = at < 0 ? start : page.indexOf("\n## ", at) + 1;
  return `${page.slice(0, start)}${section}\n\n${page.slice(end)}`;
}

const TRANSLATIONS = "## What a translation costs";
const LEDGER = "## What a relayed request is charged";

function translations(results: TranslationResult[], { date }: Pick<Machine, "date">): string {
  const rows = results.map(({ name, toParser, toSame, addedMs, cpuMs, targets }) => [
    name,
    toParser ? withSpread(toParser) : "needs Linux",
    toParser ? judgement(toParser.median, targets.parser) : "",
    toSame ? withSpread(toSame) : "",
    added(addedMs, targets.addedMs),
    cpuMs === null ? "" : ms(cpuMs),
  ]);
  const columns = [
    "lane (client → upstream)",
    "CPU, to a plain parser",
    "target",
    "CPU, to the same format",
    "first token later by",
    "CPU ms",
  ];
  return `${TRANSLATIONS}

A translated answer needs JavaScript for each event. Beside it, in the same rounds: a Worker that parses each event of the same
upstream stream in a \`TransformStream\` and does nothing else (\`scripts/bench/parser-worker.ts\`), and the relay itself where client
and upstream speak the same format. The CPU of the relay includes its Durable Object and its database.

The free plan allows 10 ms of CPU a request, and Cloudflare counts the Worker's own alone. An answer is cut off only where
requests exceed that again and again, but long translated answers belong on the paid plan (30 s); same-format
answers need none of this. Measured on ${date.slice(0, 10)}.

${table(columns, rows)}`;
}

function misses({ lanes, pool, signIns }: Results): string {
  const missed = [...lanes, pool, ...signIns].filter(({ cpu, firstToken, targets }) =>
    [cpu ? verdictOf(cpu.median, targets.cpu) : "", verdictOf(firstToken.median, targets.firstToken)].includes("MISS"),
  );
  const findings = missed.map(({ name }) => `**${name}.**\n${FINDINGS.get(name) ?? NOT_TAKEN_APART}`);
  return `${ANOTHER_PROCESSOR}

## Missed targets

Where the time goes was found by taking parts out and measuring again, in runs of their own.

${findings.length > 0 ? findings.join("\n\n") : "None."}`;
}

function ledger(results: LedgerResult[]): string {
  const rows = results.map(({ name, requests, perRequest, targets }) => {
    const { requestsPerDay, limit } = freePlan(perRequest);
    const figure = (field: keyof Counts) =>
      `${perRequest[field].toFixed(2)}${target(perRequest[field], targets[field])}`;
    return [
      `${name} (${requests})`,
      figure("objectRequests"),
      figure("objectRowsWritten"),
      figure("d1RowsWritten"),
      figure("d1RowsRead"),
      `${perRequest.kvReads.toFixed(2)} / ${perRequest.kvWrites.toFixed(2)}`,
      `${requestsPerDay.toLocaleString("en")} (${limit})`,
    ];
  });
  const columns = [
    "load (requests)",
    "object requests",
    "object rows written",
    "D1 rows written",
    "D1 rows read",
    "KV reads / writes",
    "free plan: relayed requests a day (what runs out)",
  ];
  return `${LEDGER}

Counted, not reasoned: the real Worker and gate behind bindings that count (\`scripts/bench/counting-worker.ts\`), until
the gate's own alarm has booked everything. Per relayed request, beside the one Worker request; alarms are object requests
and a set alarm is an object row, as Cloudflare bills them. The allowances: 100,000 each of Worker requests, object
requests, object rows and D1 rows written, 5,000,000 D1 rows read, a day.

${table(columns, rows)}`;
}

function memory(results: MemoryComparison[]): string {
  const rows = results.flatMap(({ name, raw, relay }) => {
    if (!raw || !relay) return [[name, "needs Linux", "", "", ""]];
    const row = (side: string, result: MemoryResult) => [
      name,
      side,
      mb(result.beforeMb),
      `${mb(result.peakMb)} (+${mb(result.peakMb - result.beforeMb)})`,
      mb(result.afterMb),
    ];
    return [row("raw", raw), row("relay", relay)];
  });
  return `## Memory

Resident memory of the workerd process in MB, in a fresh process for each line. The relay holds a native copy of what its
meter has not read yet. It starts higher than raw because its database and its objects live in the same process here.

${table(["load", "side", "before", "peak", "a second after"], rows)}`;
}

function path(): string {
  return `## What is in the path

Client (Node, in the benchmark's process) → loopback → the Worker's own socket in workerd → loopback → the fake provider
(Node, its own process). The proxy and entry Workers of \`wrangler dev\`, the inspector and the console's asset router are
not in it. Miniflare's stand-in for the network is, on both sides: beside a workerd configured by hand it cost 0.03 to
0.08 ms per request, which brings the ratios of short answers a little closer to 1. The database is Miniflare's, in the
relay's own process, and is charged to the relay here though Cloudflare does not bill it as CPU. The relay's key has every
limit set. The fake provider pauses 3 ms after the first event, as a model does, and then sends one event per turn of its
event loop; where the client gets fewer pieces than there are events, they were joined on the way.`;
}

function absolutes({ lanes, pool, signIns }: Results): string {
  const sides = [
    ...lanes.map((lane) => ({ lane, base: "raw", relay: "relay" })),
    { lane: pool, base: "1 account", relay: `${POOL_SIZE} accounts` },
    ...signIns.map((lane) => ({ lane, base: "key", relay: "sign-in" })),
  ];
  const rows = sides.flatMap(({ lane, ...names }) =>
    (["base", "relay"] as const).map((side) => {
      const summary = lane[side];
      return [
        lane.name,
        names[side],
        summary.cpuMs === null ? "" : ms(summary.cpuMs),
        ms(summary.firstByteP50Ms),
        ms(summary.firstTokenP50Ms),
        ms(summary.firstTokenP99Ms),
        ms(summary.totalP50Ms),
        summary.pieces.toFixed(0),
      ];
    }),
  );
  return `## Absolute figures

Of this machine and this run only. Times in milliseconds, seen by the client.

${table(["lane", "side", "CPU per request", "first byte p50", "first token p50", "first token p99", "total p50", "pieces"], rows)}`;
}

function machine(measuredOn: Machine): string {
  return `## Machine

${machineLine(measuredOn)}`;
}

/** In Markdown. */
export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function judged(spread: Spread, limit: number | undefined): string {
  return `${withSpread(spread)}${limit === undefined ? "" : ` ${judgement(spread.median, limit)}`}`;
}

function judgement(value: number, limit: number | undefined, digits = 1): string {
  return limit === undefined ? "" : `${verdictOf(value, limit)} (≤ ${limit.toFixed(digits)}×)`;
}

function target(value: number, limit: number | undefined): string {
  return limit === undefined ? "" : ` ${verdictOf(value, limit)} (≤ ${limit})`;
}

function withSpread({ median, low, high }: Spread): string {
  return `${times(median)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function added({ median, low, high }: Spread, limit: number | undefined): string {
  const figure = `${ms(median)} ms (${ms(low)}–${ms(high)})`;
  return limit === undefined ? figure : `${figure} ${verdictOf(median, limit)} (≤ ${limit} ms)`;
}

const times = (value: number) => `${value.toFixed(2)}×`;
const ms = (value: number) => value.toFixed(2);
const mb = (value: number) => value.toFixed(0);
