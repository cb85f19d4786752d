/**
 * The project's own wrangler as a child process. It asks nothing (it has no stdin) and reports nothing home. Its answer is read from the
 * file that it writes for scripts, not from its output for people. Its command line contains no secret.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result } from "../../src/vocabulary.ts";
import { QUIET_WRANGLER } from "../quiet-wrangler.ts";
import { withoutColours } from "../start/run.ts";
import { type Fault, saysNo } from "./faults.ts";

/** An entry of the file that wrangler writes for scripts, with the members that we read. */
interface Entry {
  type: string;
  code?: number;
  message?: string;
  version_id?: string | null;
}

export interface Said {
  stdout: string;
  /** The version of an upload or a deployment. */
  versionId: string | null;
}

export interface Wrangler {
  /** Runs a command once. For commands with effects: wrangler itself repeats what may be repeated. */
  run(...args: string[]): Promise<Result<Said, Fault>>;
  /** Runs a command that only reads, and repeats it if it fails without a reason of its own. */
  read(...args: string[]): Promise<Result<Said, Fault>>;
  /** Like `read`, for a command that prints JSON. */
  json<Value>(...args: string[]): Promise<Result<Value, Fault>>;
}

const TRIES = 3;
const PAUSE_MS = 1_000;

const STOPPED: Result<Said, Fault> = { ok: false, refusal: { code: null, message: "Stopped." } };

/** `account`, once it is known, is passed to every command. `signal`: ends running commands, and prevents new ones. */
export function wranglerIn(
  root: string,
  env: NodeJS.ProcessEnv,
  account: () => string | undefined,
  signal: AbortSignal,
): Wrangler {
  const run = (...args: string[]) => {
    const id = account();
    // Wrangler is 15 MB of JavaScript, and a deployment starts it about ten times.
    const cache = env.NODE_COMPILE_CACHE ?? join(root, "node_modules/.cache/edge-relay-compiled");
    return runOnce(
      root,
      { ...env, ...QUIET_WRANGLER, NODE_COMPILE_CACHE: cache, ...(id !== undefined && { CLOUDFLARE_ACCOUNT_ID: id }) },
      args,
      signal,
    );
  };
  const read = async (...args: string[]) => {
    let result = await run(...args);
    for (let tries = 1; tries < TRIES && !result.ok && !saysNo(result.refusal) && !signal.aborted; tries++) {
      await sleep(PAUSE_MS * tries);
      result = await run(...args);
    }
    return result;
  };
  return {
    run,
    read,
    async json<Value>(...args: string[]) {
      const result = await read(...args);
      if (!result.ok) return result;
      try {
        return { ok: true, value: JSON.parse(result.value.stdout) as Value };
      } catch {
        const message = `wrangler ${args.slice(0, 2).join(" ")} did not answer with JSON.`;
        return { ok: false, refusal: { code: null, message } };
      }
    },
  };
}

function runOnce(
  root: string,
  env: NodeJS.ProcessEnv,
  args: string[],
  signal: AbortSignal,
): Promise<Result<Said, Fault>> {
  if (signal.aborted) return Promise.resolve(STOPPED);
  const scratch = mkdtempSync(join(tmpdir(), "edge-relay-wrangler-"));
  const entriesFile = join(scratch, "entries.ndjson");
  return new Promise((resolve) => {
    let stdout = "";
    let stderr = "";
    const child = spawn(process.execPath, [join(root, "node_modules/wrangler/bin/wrangler.js"), ...args], {
      cwd: root,
      env: { ...env, WRANGLER_OUTPUT_FILE_PATH: entriesFile },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const stop = () => child.kill();
    signal.addEventListener("abort", stop);
    child.once("error", (error) => resolve({ ok: false, refusal: { code: null, message: error.message } }));
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      const entries = entriesIn(entriesFile);
      rmSync(scratch, { recursive: true, force: true });
      if (code === 0) {
        const versionId = entries.find((entry) => entry.version_id)?.version_id ?? null;
        return resolve({ ok: true, value: { stdout, versionId } });
      }
      if (signal.aborted) return resolve(STOPPED);
      const failed = entries.find(({ type }) => type === "command-failed");
      const message = wordsOf(stderr) || failed?.message || wordsOf(stdout) || `wrangler ended with ${code}`;
      resolve({ ok: false, refusal: { code: failed?.code ?? null, message } });
    });
  });
}

function entriesIn(path: string): Entry[] {
  try {
    const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Entry);
  } catch {
    // A command that fails early writes no file.
    return [];
  }
}

/** Wrangler's words about an error, without decoration and without its request for a bug report. */
function wordsOf(text: string): string {
  return withoutColours(text)
    .split("\n")
    .map((line) => line.replace(/^✘ \[ERROR\] /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("If you think this is a bug"))
    .join("\n")
    .slice(0, 2_000);
}
