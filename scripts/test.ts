/**
 * `npm test`: the whole suite, as two runs beside each other. The front door's files share one relay and run in turn,
 * waiting for sockets much of their time; everything else runs meanwhile. With arguments it is one run that gets them all:
 * `npm test -- test/gate`.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";

const VITEST = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs");

/** Runs vitest to its end. `held`: what it prints is shown when it has ended, so that two runs do not mix. */
function vitest(parameters: string[], held: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [VITEST, "run", ...parameters], {
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
const codes =
  given.length > 0
    ? [await vitest(given, false)]
    : await Promise.all([
        vitest(["--project", "front"], true),
        vitest(["--project", "worker", "--project", "node"], false),
      ]);
process.exit(Math.max(...codes));
