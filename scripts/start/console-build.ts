/** Builds the console into dist/console, unless none of its sources is newer than the last build. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "../../src/vocabulary.ts";
import { run } from "./run.ts";

const OUTPUT = "dist/console/web/index.html";
/** Includes `src`: the console's client has its types from the Worker's routes and may share code with them. */
const INPUTS = ["admin", "src", "package-lock.json"];

export async function buildConsole(root: string, signal: AbortSignal): Promise<Result<null, string>> {
  if (!isStale(root)) return { ok: true, value: null };
  const args = [join(root, "node_modules/vite/bin/vite.js"), "build", "--config", "admin/vite.config.ts"];
  return run("The build of the console", args, { cwd: root, env: process.env, signal });
}

function isStale(root: string): boolean {
  const built = statSync(join(root, OUTPUT), { throwIfNoEntry: false })?.mtimeMs;
  return built === undefined || INPUTS.some((input) => newestIn(join(root, input)) > built);
}

/** The newest change below `path`, in ms. Directories count, because their time changes when a file is removed. */
function newestIn(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const names = readdirSync(path).filter((name) => name !== "node_modules");
  return Math.max(stats.mtimeMs, ...names.map((name) => newestIn(join(path, name))));
}
