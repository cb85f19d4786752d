/** Runs a program to its end or to a time limit, whichever comes first. Afterwards it and its children are gone. */
import { spawn } from "node:child_process";

export interface Finished {
  /** Null if it was killed. */
  code: number | null;
  timedOut: boolean;
  stdout: string;
  /** Both outputs in the order in which they came. */
  output: string;
  elapsedMs: number;
}

/** How long to wait for output after a program's end. */
const DRAIN_MS = 1_000;

const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) killGroup(pid);
});

/** Rejects only if the program cannot be started. It has no stdin. */
export function runBounded(
  command: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; limitMs: number },
): Promise<Finished> {
  const { cwd, env, limitMs } = options;
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    // A process group of its own: clients start shells and language servers, which must be ended too.
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const { pid } = child;
    let stdout = "";
    let output = "";
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (pid !== undefined) killGroup(pid);
    }, limitMs);
    if (pid !== undefined) running.add(pid);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    const finish = (code: number | null) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      resolve({ code, timedOut, stdout, output, elapsedMs: performance.now() - startedAt });
    };
    child.once("exit", (code) => {
      if (pid !== undefined) killGroup(pid);
      // A child in a session of its own may still hold the pipes open, and then they never close.
      setTimeout(() => finish(code), DRAIN_MS);
    });
    child.once("close", finish);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The whole group has ended already.
  }
}
