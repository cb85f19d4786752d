/** Runs one of the project's tools to its end, silently. It cannot ask anything, because it has no stdin. */
import { spawn } from "node:child_process";
import type { Result } from "../../src/vocabulary.ts";

/** How much of a failed tool's output is shown. */
const TAIL_LINES = 40;

/** `args` begin with the tool's script. On failure: what was tried, and the end of the tool's output. */
export function run(
  what: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Result<null, string>> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.once("error", (error) => resolve({ ok: false, refusal: `${what}: ${error.message}` }));
    child.once("close", (code) => {
      resolve(code === 0 ? { ok: true, value: null } : { ok: false, refusal: `${what} failed:\n${tailOf(output)}` });
    });
  });
}

/** The last lines of a log, without colours. */
export function tailOf(text: string): string {
  return withoutColours(text).trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}

/** Esbuild colours its messages even with NO_COLOR. */
export function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
