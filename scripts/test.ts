/**
 * `npm test`: the suite, as two simultaneous runs. The front door's files have one relay per process, and mostly wait for sockets;
 * everything else runs meanwhile. What takes minutes is left to `npm run test:long`, which CI runs too. With arguments it is one run that
 * gets them all: `npm test -- test/gate`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LONG_TESTS, WITHOUT_LONG } from "./long-tests.ts";

const VITEST = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs");

/** Where Linux keeps files in memory; below, the most that a run needs there. */
const MEMORY = "/dev/shm";
const SCRATCH_BYTES = 1_000_000_000;

/**
 * The databases of the tests are thrown away, and half of the time of a write is spent waiting for the disk. So they are in memory if
 * there is enough of it; a container may have as little as 64 MB.
 */
function scratchParent(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > SCRATCH_BYTES ? MEMORY : tmpdir();
}

const scratch = mkdtempSync(join(scratchParent(), "edge-relay-tests-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

/** Runs vitest to its end. `held`: its output is shown when it has ended, so that two runs do not mix. */
function vitest(parameters: string[], held: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [VITEST, "run", ...parameters], {
      env: { ...process.env, TMPDIR: scratch },
      stdio: ["ignore", held ? "pipe" : "inherit", held ? "pipe" : "inherit"],
    });
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => printed.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      process.stdout.write(Buffer.concat(printed));
      resolve(code ?? 1);
    });
  });
}

const given = process.argv.slice(2);
if (given.length === 0) process.env[WITHOUT_LONG] = "1";
const codes =
  given[0] === "--long"
    ? [await vitest([...LONG_TESTS], false)]
    : given.length > 0
      ? [await vitest(given, false)]
      : await Promise.all([
          vitest(["--project", "front"], true),
          vitest(["--project", "worker", "--project", "node"], false),
        ]);
process.exit(Math.max(...codes));
