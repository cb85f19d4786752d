/**
 * The Worker under `wrangler dev`: migrations, start, stop. Secrets are passed in the child's environment and never on a command line.
 * Wrangler's own defaults are not used: no telemetry, no prompts, no network look-ups, no files outside the checkout.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, type WriteStream, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result } from "../../src/vocabulary.ts";
import { QUIET_WRANGLER, WITHOUT_LOOKUPS } from "../quiet-wrangler.ts";
import { localConfig } from "./local-config.ts";
import { freePort } from "./ports.ts";
import { run, tailOf } from "./run.ts";
import type { Settings } from "./settings.ts";
import { type ErrorState, errorIn } from "./worker-errors.ts";

const READY_WITHIN_MS = 180_000;
/** Wrangler stops in well under a second. After this time it hangs. */
const STOP_WITHIN_MS = 5_000;

const QUIET = {
  ...QUIET_WRANGLER,
  ...WITHOUT_LOOKUPS,
  // Turns off a database browser without a password, at /cdn-cgi/explorer.
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
};

export interface Worker {
  /** Settles when wrangler has ended, for whatever reason. */
  ended: Promise<void>;
  /** Whether the Worker's errors are also shown on the screen. Not at first: then the log's tail says why it did not start. */
  showErrors: (shown: boolean) => void;
  /** The end of the log. */
  tail: () => string;
  /** Asks wrangler to end, and kills it if it hangs. */
  stop: () => Promise<void>;
  /** Ends everything at once. */
  kill: () => void;
}

const wranglerScript = (root: string) => join(root, "node_modules/wrangler/bin/wrangler.js");

function environment(settings: Settings, extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...process.env, ...QUIET, WRANGLER_REGISTRY_PATH: join(settings.stateDir, "registry"), ...extra };
}

export function migrate(settings: Settings, signal: AbortSignal): Promise<Result<null, string>> {
  const { root, stateDir } = settings;
  const args = [wranglerScript(root), "d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDir];
  return run("The migration of the local database", args, { cwd: root, env: environment(settings, {}), signal });
}

/** Starts wrangler. `variables` become the Worker's secrets and variables; `entry` is run in the relay's place. */
export async function startWorker(
  settings: Settings,
  variables: Record<string, string>,
  entry?: string,
): Promise<Worker> {
  const { root, port, stateDir, logFile } = settings;
  mkdirSync(dirname(logFile), { recursive: true });
  // With an --env-file wrangler does not read .dev.vars and takes the names in `secrets.required` and `vars` from its own environment.
  // Without one, .dev.vars would hide the environment. Node fails on a missing file, so an empty one is made.
  const emptyFile = join(stateDir, "empty.env");
  writeFileSync(emptyFile, "");

  const config = localConfig(root, stateDir, { ...process.env, ...variables });
  const flags = {
    ...(config && { config }),
    ip: "127.0.0.1",
    port,
    // With `routes` in wrangler.toml the Worker would otherwise see that domain, over http, and rightly refuse sign-in.
    "local-upstream": `127.0.0.1:${port}`,
    "inspector-ip": "127.0.0.1",
    "inspector-port": await freePort(),
    "persist-to": stateDir,
    "env-file": emptyFile,
    "show-interactive-dev-session": false,
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const guard = `--import=${new URL("./die-with-parent.ts", import.meta.url)}`;
  const child = spawn(process.execPath, [wranglerScript(root), "dev", ...(entry ? [entry] : []), ...args], {
    cwd: root,
    env: environment(settings, { ...variables, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} ${guard}`.trim() }),
    // A process group of its own: Ctrl-C reaches only us, and we stop things in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log = createWriteStream(logFile, { mode: 0o600 });
  let shown = false;
  const show = (text: string) => shown && console.error(text);
  for (const stream of [child.stdout, child.stderr]) if (stream) record(stream, log, show);

  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => log.write(`${error.message}\n`, () => resolve()));
    child.once("close", () => log.end(() => resolve()));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await Promise.race([ended, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    signalGroup(child, "SIGKILL");
  };
  return {
    ended,
    showErrors: (on) => {
      shown = on;
    },
    tail: () => tailOf(readFileSync(logFile, "utf8")),
    stop,
    kill: () => signalGroup(child, "SIGKILL"),
  };
}

/** Waits until the Worker answers. False if wrangler ends first, or nothing answers for three minutes. */
export async function isReady(worker: Worker, port: number, signal: AbortSignal): Promise<boolean> {
  let over = false;
  worker.ended.then(() => {
    over = true;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!over && !signal.aborted && Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return true;
    await sleep(100);
  }
  return false;
}

/** Copies wrangler's output to the log, and passes the errors in it to `show`. */
function record(stream: Readable, log: WriteStream, show: (text: string) => void): void {
  let state: ErrorState = { inside: false };
  createInterface({ input: stream }).on("line", (line) => {
    log.write(`${line}\n`);
    const found = errorIn(state, line);
    state = found.state;
    if (found.show !== null) show(found.show);
  });
}

/** Signals wrangler, its second process and workerd together. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // All of them have ended already; or this is Windows, which has no process groups.
    child.kill(signal);
  }
}
