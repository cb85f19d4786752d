/** The output of the run at scale: a printed line for each page, and docs/console-at-scale.md. Pure. */
import { type Machine, machineLine } from "../bench/machine.ts";
import { table } from "../bench/report.ts";
import type { Size } from "./population.ts";
import type { Visit } from "./visits.ts";

export interface CallCost {
  /** With its query. */
  path: string;
  status: number;
  ms: number;
  bytes: number;
  rowsRead: number;
  objectRequests: number;
}

export interface PageResult extends Visit {
  /** The round whose content came first. */
  fastestMs: number;
  calls: CallCost[];
}

export interface ScaleResults {
  size: Size;
  rounds: number;
  machine: Machine;
  /** Processes that were running or wanted to, on average over the measurement. */
  load: number;
  results: PageResult[];
}

/** Until a page's first content, in milliseconds. */
const TARGET_MS = 1_000;

export function pageLine({ name, firstPaintMs, contentMs, calls, violations, complaints }: PageResult): string {
  const faults = [...violations, ...complaints];
  const rows = `${sum(calls, "rowsRead")} rows read, ${sum(calls, "objectRequests")} object requests`;
  return `${name.padEnd(24)} paint ${ms(firstPaintMs)}, content ${ms(contentMs)} ${verdict(contentMs)}; ${rows}${faults.map((fault) => `\n    ${fault}`).join("")}`;
}

/** The whole page. */
export function scalePage({ size, rounds, machine, load, results }: ScaleResults): string {
  const number = (value: number) => value.toLocaleString("en");
  return `# The console at scale

Written by \`npm run scale\`; not edited by hand.

A relay with ${number(size.keys)} keys, ${number(size.accounts)} accounts and ${number(size.requests)} requests in its log, with the sums that it makes of them, started on one
machine as \`npm start\` does, and its console in Chromium. Every figure is of a whole load of the page by somebody who is signed in, and has the
console's files in the cache; times are the median of ${rounds} loads after one that is thrown
away. While they were measured, ${load.toFixed(1)} processes on average wanted one of the ${machine.cores} cores: where that is more than there are, the
times are those of a busy machine, and the fastest load is nearer to a quiet one.

## Time and rows

Content: the page's heading stands, and nothing in the page is being loaded any more. Rows and object requests are those of all that the
page asks of the API until then, counted with the relay's bindings (\`scripts/bench/counting-worker.ts\`); [storage.md](storage.md) has the
bound of each view.

${table(
  [
    "page",
    "first paint",
    "content",
    "fastest",
    `target (< ${ms(TARGET_MS)})`,
    "D1 rows read",
    "object requests",
    "calls",
  ],
  results.map((result) => [
    result.name,
    ms(result.firstPaintMs),
    ms(result.contentMs),
    ms(result.fastestMs),
    verdict(result.contentMs),
    number(sum(result.calls, "rowsRead")),
    number(sum(result.calls, "objectRequests")),
    number(result.calls.length),
  ]),
)}

What was asked, the dearest first:

${table(
  ["call", "D1 rows read", "object requests", "answer"],
  callsOf(results).map((call) => [
    `\`${call.shown}\``,
    number(call.rowsRead),
    number(call.objectRequests),
    kb(call.bytes),
  ]),
)}

## What a Lighthouse would look at

By the browser's own figures: largest paint, what long tasks blocked beyond 50 ms, layout shift (good is up to 0.1), what came over the
wire beside the cached files, whose sizes \`test/scripts/console-size.test.ts\` holds; and what axe, the policy and the browser's own log have to say.

${table(
  ["page", "largest paint", "blocked", "layout shift", "bytes", "requests", "axe", "complaints", "policy"],
  results.map((result) => [
    result.name,
    ms(result.largestPaintMs),
    ms(result.blockedMs),
    result.shift.toFixed(3),
    kb(result.bytes),
    number(result.requests),
    faults(result.violations),
    faults(result.complaints),
    isStrict(result.policy) ? "strict" : "not strict",
  ]),
)}

Strict: nothing is allowed by default, and nothing inline.

${faultList(results)}## Machine

${machineLine(machine)}
`;
}

/** Ids differ between runs, and the figures do not depend on them. */
function callsOf(results: readonly PageResult[]): (CallCost & { shown: string })[] {
  const byPath = new Map<string, CallCost & { shown: string }>();
  for (const call of results.flatMap(({ calls }) => calls)) {
    const shown = decodeURIComponent(call.path)
      .replace(/[a-z]{3}_[0-9a-f]{32}|\b[0-9a-f]{32}\b/g, "…")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…")
      .replaceAll("|", "\\|");
    const known = byPath.get(shown);
    if (!known || known.rowsRead < call.rowsRead) byPath.set(shown, { ...call, shown });
  }
  return [...byPath.values()].sort((a, b) => b.rowsRead - a.rowsRead);
}

function faultList(results: readonly PageResult[]): string {
  const lines = results.flatMap(({ name, violations, complaints }) =>
    [...violations, ...complaints].map((fault) => `- ${name}: ${fault}`),
  );
  return lines.length === 0 ? "" : `${[...new Set(lines)].join("\n")}\n\n`;
}

export function isStrict(policy: string): boolean {
  return policy.includes("default-src 'none'") && !policy.includes("unsafe-");
}

function verdict(contentMs: number): string {
  return contentMs < TARGET_MS ? "PASS" : "MISS";
}

function faults(list: readonly string[]): string {
  return list.length === 0 ? "nothing" : String(list.length);
}

function sum(calls: readonly CallCost[], field: "rowsRead" | "objectRequests"): number {
  return calls.reduce((total, call) => total + call[field], 0);
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function kb(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
