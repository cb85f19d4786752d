/**
 * How much CPU the start of the Worker costs: its deployed bundle in a new workerd process up to the first answer, minus that of an empty
 * Worker. It is CPU time of the whole process and not elapsed time, so other work on the machine hardly matters. Cloudflare allows one
 * second, and measures anew at each upload (`startup_time_ms`, which wrangler prints).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuMs, workerdChildren } from "./bench/processes.ts";
import { startBuilt } from "./built-worker.ts";
import { QUIET_WRANGLER } from "./quiet-wrangler.ts";
import { run } from "./start/run.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TIMES = 11;
const EMPTY = 'export default { fetch: () => new Response("ok") };';

const scratch = mkdtempSync(join(tmpdir(), "edge-relay-startup-"));
try {
  const built = join(scratch, "relay");
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const env = { ...process.env, ...QUIET_WRANGLER };
  const signal = AbortSignal.timeout(180_000);
  const done = await run("The build", [wrangler, "deploy", "--dry-run", "--outdir", built], { cwd: ROOT, env, signal });
  if (!done.ok) throw new Error(done.refusal);
  const empty = join(scratch, "empty");
  mkdirSync(empty);
  writeFileSync(join(empty, "worker.js"), EMPTY);

  const differences: number[] = [];
  for (let time = 0; time < TIMES; time++) differences.push((await cpuOf(built)) - (await cpuOf(empty)));
  const sorted = differences.toSorted((a, b) => a - b);
  console.log(
    `Start-up of the Worker: ${sorted[Math.floor(TIMES / 2)]} ms of CPU (median of ${TIMES}; ${sorted[0]} to ${sorted.at(-1)}).`,
  );
  console.log(
    `${cpus()[0]?.model}, Node ${process.versions.node}, workerd of node_modules; an empty Worker's start is taken off.`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Milliseconds of CPU of a process that starts what is in `directory` and answers once. */
async function cpuOf(directory: string): Promise<number> {
  const { miniflare, url } = await startBuilt(ROOT, directory, { durableObjects: {} });
  try {
    await (await fetch(`${url}health`)).arrayBuffer();
    const [pid] = workerdChildren();
    const used = pid === undefined ? null : cpuMs(pid);
    if (used === null) throw new Error("CPU time can be read on Linux only.");
    return used;
  } finally {
    await miniflare.dispose();
  }
}
