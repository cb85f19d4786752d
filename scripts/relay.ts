/**
 * The command line of a relay, `npx edge-relay` and `npm run relay --`: what the admin API can do, for people and for scripts. Only this
 * file accesses the process; everything else gets it passed in.
 */
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { EXIT } from "./relay/failure.ts";
import { runCommandLine } from "./relay/program.ts";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // The second signal does not wait for the clean-up.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort();
  });
}
// Whoever reads through `head` has seen enough; where a disk is full, what was done is done, and its result is lost.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  process.stderr.write(`error: The result cannot be written: ${error.message}\n`);
  process.exit(EXIT.failed);
});
// Notes and progress: nobody is left to tell.
process.stderr.on("error", () => {});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  platform: process.platform,
  home: homedir(),
  root: fileURLToPath(new URL("..", import.meta.url)),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
  now: Date.now,
});
