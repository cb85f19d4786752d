/**
 * `npm test`: the suite, as two runs beside each other. The front door's files share one relay and run in turn,
 * waiting for sockets much of their time; everything else runs meanwhile. What takes minutes is left to `npm run test:long`, which CI
 * runs too. With arguments it is one run that gets them all: `npm test -- test/gate`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VITEST = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs");

/** Deployments, `npm start` and backups as a whole, and what strikes a relay while it works. */
const LONG = [
  "test/scripts/deploy/first-deploy.test.ts",
  "test/scripts/deploy/upgrade.test.ts",
  "test/scripts/start/start.test.ts",
  "test/chaos/chaos.test.ts",
  "test/chaos/vault.test.ts",
  "test/front/backup.test.ts",
  "test/backup/crafted.test.ts",
  "test/backup/round-trip.test.ts",
  "test/jobs/scheduled-backup.test.ts",
];

/** Where Linux keeps files in memory, and what a run needs there at the most. */
const MEMORY = "/dev/shm";
const SCRATCH_BYTES = 1_000_000_000;

/**
 * The databases of the tests are thrown away, and half of the time of a write is waiting for a disk that keeps it. So
 * they are in memory where there is enough; a container may have as little as 64 MB.
 */
function scratchParent(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > SCRATCH_BYTES ? MEMORY : tmpdir();
}

const scratch = mkdtempSync(join(scratchParent(), "edge-relay-tests-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

/** Runs vitest to its end. `held`: what it prints is shown when it has ended, so that two runs do not mix. */
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
const short = LONG.flatMap((file) => ["--exclude", file]);
const codes =
  given[0] === "--long"
    ? [await vitest(LONG, false)]
    : given.length > 0
      ? [await vitest(given, false)]
      : await Promise.all([
          vitest(["--project", "front", ...short], true),
          vitest(["--project", "worker", "--project", "node", ...short], false),
        ]);
process.exit(Math.max(...codes));
