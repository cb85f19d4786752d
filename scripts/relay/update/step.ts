/** One command of an update, in the clone. Its output goes to stderr while it runs. */
import { spawn } from "node:child_process";
import { failed, type Outcome } from "../failure.ts";
import type { System } from "../system.ts";

export interface Step {
  command: readonly [program: string, ...args: string[]];
  /** Its purpose, shown after it on its line. */
  why: string;
  /** Whether it changes more than the clone. */
  changesRelay?: true;
}

type Where = Pick<System, "env" | "platform" | "root" | "stderr" | "signal">;

export async function runStep({ env, platform, root, stderr, signal }: Where, { command }: Step): Promise<Outcome> {
  const { code } = await ended({ env, platform, root, signal }, command, (text) => void stderr.write(text));
  if (code === 0) return { ok: true, value: null };
  if (signal.aborted) return failed("interrupted", "Stopped.");
  return failed("failed", `${command.join(" ")} has failed${code === null ? "" : ` with ${code}`}.`);
}

/** The output of a command. If it fails, a refusal in its own words. */
export async function outputOf(system: Where, ...command: Step["command"]): Promise<Outcome<string>> {
  let printed = "";
  const { code, errors } = await ended(system, command, (text, isError) => {
    if (!isError) printed += text;
  });
  if (code === 0) return { ok: true, value: printed.trim() };
  return failed("failed", `${command.join(" ")}: ${errors.trim() || `it ended with ${code}`}`);
}

function ended(
  { env, platform, root, signal }: Omit<Where, "stderr">,
  [program, ...args]: Step["command"],
  onText: (text: string, isError: boolean) => void,
): Promise<{ code: number | null; errors: string }> {
  return new Promise((resolve) => {
    // On Windows, npm is a script that only a shell can run; its arguments are our own. Git's contain names that a remote has chosen.
    const shell = platform === "win32" && program === "npm";
    // Nobody can answer git's questions here, so it asks none.
    const quiet = { ...env, GIT_TERMINAL_PROMPT: "0" };
    const child = spawn(program, args, { cwd: root, env: quiet, shell, signal, stdio: ["inherit", "pipe", "pipe"] });
    let errors = "";
    child.stdout.on("data", (chunk) => onText(String(chunk), false));
    child.stderr.on("data", (chunk) => {
      errors += chunk;
      onText(String(chunk), true);
    });
    child.once("error", (error) => resolve({ code: null, errors: error.message }));
    child.once("close", (code) => resolve({ code, errors }));
  });
}
