/**
 * `npm start`: the whole relay on this machine. Secrets, console, database, Worker, accounts and a first key, in that order, then one
 * screen with what to paste. It asks nothing, needs no network, and changes nothing outside the checkout. Whatever goes wrong is one clear
 * line (with the tool's own words) and exit code 1.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type AdminApi, signIn } from "./start/admin-api.ts";
import { buildConsole } from "./start/console-build.ts";
import { lockData } from "./start/lock.ts";
import { portRefusal } from "./start/ports.ts";
import { NOTHING_PREPARED, type Prepared, prepare } from "./start/prepare.ts";
import { screenText } from "./start/screen.ts";
import { loadSecrets } from "./start/secrets.ts";
import { readSettings } from "./start/settings.ts";
import { isReady, migrate, startWorker, type Worker } from "./start/worker.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The time that the relay needs to book the streams that a stop has cut off. */
const SETTLE_MS = 300;
/** How long a stop waits for what is booked but not written yet, since the relay is on this machine. */
const WRITE_MS = 2_000;
const PARENT_CHECK_MS = 250;

const stopping = new AbortController();
const toldToStop = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
let worker: Worker | null = null;
/** Held until this process ends. The garbage collector would release a lock that nothing references. */
let lock: DatabaseSync | null = null;
let prepared: Prepared | null = null;
let adminApi: AdminApi | null = null;

process.exitCode = await start();
await stop();
process.exit();

/** Runs until it is told to stop. Returns the exit code. */
async function start(): Promise<number> {
  listenForStop();
  const settings = readSettings(process.env, ROOT, process.versions.node);
  if (!settings.ok) return refuse(settings.refusal);
  const { port, stateDir, logFile } = settings.value;
  const origin = `http://127.0.0.1:${port}`;
  const log = relative(process.cwd(), logFile);

  if (!existsSync(join(ROOT, "node_modules/wrangler"))) return refuse("The packages are missing. Run npm ci first.");
  const data = lockData(stateDir);
  const busy = await portRefusal(port);
  if (busy) return refuse(busy);
  if (!data.ok) return refuse(data.refusal);
  lock = data.value;
  const secrets = loadSecrets(ROOT);
  if (!secrets.ok) return refuse(secrets.refusal);

  const { signal } = stopping;
  for (const done of await Promise.all([buildConsole(ROOT, signal), migrate(settings.value, signal)])) {
    if (!done.ok) return refuse(done.refusal);
  }
  const username = process.env.ADMIN_USERNAME || secrets.value.ADMIN_USERNAME || defaultUsername();
  // Only this local Worker may relay to loopback, where the demo upstream and other local models listen.
  // Cloudflare Access, which protects the deployed relay, is never in front of a local one.
  const local = { ALLOW_PRIVATE_UPSTREAMS: "1", ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: "" };
  const variables = { ...secrets.value, ADMIN_USERNAME: username, ...local };
  worker = await startWorker(settings.value, variables);
  const running = await isReady(worker, port, signal);
  if (!running) return refuse(`The Worker did not start. ${log} ends with:\n${worker.tail()}`);
  worker.showErrors(true);

  const password = secrets.value.ADMIN_PASSWORD ?? "";
  const api = await signIn(origin, username, password);
  if (!api.ok) return refuse(`Signing in to the relay failed: ${api.refusal.message}`);
  adminApi = api.value;
  const ready = settings.value.empty ? NOTHING_PREPARED : await prepare(api.value, process.env);
  if (!ready.ok) return refuse(`Preparing accounts and a key failed: ${ready.refusal.message}`);
  prepared = ready.value;

  const { key, demoFor, notes } = ready.value;
  const colours = process.stdout.isTTY && !process.env.NO_COLOR;
  const ending = `Ctrl-C stops it. Data and keys are kept. Log: ${log}`;
  const screen = { origin, username, password, key, demoFor, notes, ending };
  console.log(screenText(screen, colours));

  await Promise.race([worker.ended, toldToStop]);
  return signal.aborted ? 0 : refuse(`The Worker stopped unexpectedly. ${log} ends with:\n${worker.tail()}`);
}

/** Stops the upstream first, so that streams in flight end while the relay can still book them; then the Worker. */
async function stop(): Promise<void> {
  worker?.showErrors(false);
  if (prepared?.demo) {
    await prepared.demo.close();
    await sleep(SETTLE_MS);
  }
  // A settlement may wait some seconds for the next request. Reading the log has it booked and written at once.
  if (adminApi) await Promise.race([adminApi.get("/requests?limit=1"), sleep(WRITE_MS)]);
  await worker?.stop();
  lock?.close();
}

/** The first signal stops in order, the second at once. */
function listenForStop(): void {
  const onSignal = () => {
    if (!stopping.signal.aborted) return stopping.abort();
    worker?.kill();
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);

  // A shell between npm and this process may die of a signal that it does not pass on.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid !== parent && stopping.abort(), PARENT_CHECK_MS).unref();
  }
}

/** A step that failed because we were told to stop is no failure. */
function refuse(line: string): number {
  if (stopping.signal.aborted) return 0;
  console.error(line);
  return 1;
}

function defaultUsername(): string {
  return /^ADMIN_USERNAME\s*=\s*"(.*)"/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))?.[1] ?? "admin";
}
