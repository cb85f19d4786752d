/**
 * Installs a client's package into a directory of its own under `node_modules/.cache`, once per version. No install script is run, and the
 * project's own dependencies are not touched.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "../../src/vocabulary.ts";
import type { Client } from "./client.ts";
import { runBounded } from "./process.ts";

const AGENTS = fileURLToPath(new URL("agents/", import.meta.url));
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/clients/", import.meta.url));
/** The largest package is a binary of 350 MB. */
const LIMIT_MS = 5 * 60_000;
const TAIL_LINES = 15;

/** The command that starts the client, without its arguments. */
export async function install(client: Client): Promise<Result<string[], string>> {
  const directory = join(CACHE, `${client.package.replace("/", "+")}@${client.version}`);
  const program = join(directory, "node_modules", client.program);
  if (!existsSync(program)) {
    const installed = await installInto(directory, `${client.package}@${client.version}`);
    if (!installed.ok) return installed;
  }
  if (!existsSync(program)) return { ok: false, refusal: `${client.package} has no ${client.program} here` };
  if (client.agent) return { ok: true, value: [process.execPath, join(AGENTS, client.agent), directory] };
  return { ok: true, value: program.endsWith(".js") ? [process.execPath, program] : [program] };
}

/** Installs beside `directory` and moves the result there when it is complete, because an interrupted download must not look like one. */
async function installInto(directory: string, wanted: string): Promise<Result<null, string>> {
  const partial = `${directory}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const flags = ["--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  // Under `npm run` this is the npm that runs us. It is a script, and on Windows the command is no program.
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [command = "npm", ...first] = npm;
  const args = [...first, "install", "--prefix", partial, ...flags, wanted];
  try {
    const { code, output, timedOut } = await runBounded(command, args, {
      cwd: partial,
      env: process.env,
      limitMs: LIMIT_MS,
    });
    if (code !== 0) {
      const tail = output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
      return { ok: false, refusal: timedOut ? `installing ${wanted} took too long` : `npm install failed:\n${tail}` };
    }
    rmSync(directory, { recursive: true, force: true });
    renameSync(partial, directory);
    return { ok: true, value: null };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
