/**
 * The Worker's secrets: which are missing, and their values. Pure except for the file with the copy. A secret that the Worker has is never
 * replaced here: Cloudflare never shows it again, and what it has sealed cannot be opened by another.
 */
import { existsSync, readFileSync } from "node:fs";
import { SECRET_RULES, type SecretName, weaknessOf } from "../../src/ground/secrets.ts";
import type { Result } from "../../src/vocabulary.ts";
import { parseDevVars, SECRETS } from "../start/dev-vars.ts";
import { random } from "../start/secrets.ts";
import type { Run } from "./run.ts";
import { writeWhole } from "./whole-file.ts";

export interface SecretPlan {
  /** What the Worker gets: only what it lacks. */
  missing: Partial<Record<SecretName, string>>;
  /** Those that were generated just now, of which nobody has a copy. */
  made: SecretName[];
}

/** Without these two, the content of the database is lost: credentials cannot be opened, and keys are not recognised. */
export const SEALING: readonly SecretName[] = ["ENCRYPTION_KEY", "KEY_SECRET"];

/** `present`: names that the Worker has. `saved`: the copy of an earlier run, which may have been interrupted. */
export function planSecrets(
  present: readonly string[],
  env: Record<string, string | undefined>,
  saved: Record<string, string>,
): Result<SecretPlan, string> {
  const plan: SecretPlan = { missing: {}, made: [] };
  for (const { name, make } of SECRETS) {
    if (present.includes(name)) continue;
    const value = env[name] || saved[name];
    if (!value) {
      plan.missing[name] = make(random);
      plan.made.push(name);
      continue;
    }
    const weakness = weaknessOf(SECRET_RULES[name], value);
    if (weakness !== null) return { ok: false, refusal: `${name} ${weakness}.` };
    plan.missing[name] = value;
  }
  return { ok: true, value: plan };
}

/**
 * The password, for a run that breaks off: if it was generated and nobody wanted a copy, only the Worker has it, and nobody could sign in.
 * Empty otherwise, and if others can read the output.
 */
export function onlyHere(
  { secretsGiven, missing, options }: Pick<Run, "secretsGiven" | "missing" | "options">,
  made: readonly SecretName[],
  copied: boolean,
): string {
  if (!secretsGiven || copied || options.ci || !made.includes("ADMIN_PASSWORD")) return "";
  return `\nThe password that was made, of which there is no copy: ${missing.ADMIN_PASSWORD}`;
}

/** The copy; empty if there is none. */
export function readCopy(path: string): Result<Record<string, string>, string> {
  if (!existsSync(path)) return { ok: true, value: {} };
  const parsed = parseDevVars(readFileSync(path, "utf8"));
  return parsed.ok ? parsed : { ok: false, refusal: parsed.refusal.replace(".dev.vars", path) };
}

/** Adds what the copy lacks. Only its owner can read it. */
export function saveCopy(
  path: string,
  worker: string,
  values: Partial<Record<SecretName, string>>,
): Result<null, string> {
  const saved = readCopy(path);
  if (!saved.ok) return saved;
  const lines = Object.entries(values).flatMap(([name, value]) =>
    saved.value[name] === value ? [] : [`${name}=${value}\n`],
  );
  if (lines.length === 0) return { ok: true, value: null };
  const first = `# Secrets of the Worker ${worker}. Cloudflare never shows them again: keep this file safe, and out of git.\n`;
  try {
    const text = existsSync(path) ? readFileSync(path, "utf8") : first;
    // Its content exists nowhere else, so it must survive a run that is killed in the middle.
    writeWhole(path, text + (text.endsWith("\n") ? "" : "\n") + lines.join(""), 0o600);
    return { ok: true, value: null };
  } catch (error) {
    return { ok: false, refusal: `${path}: ${error instanceof Error ? error.message : error}` };
  }
}
