/**
 * The Worker's secrets: which are missing, and their values. Pure but for the file that holds the copy. What the Worker has is
 * never replaced here: Cloudflare never shows a secret again, and what one has sealed only that one opens.
 */
import { existsSync, readFileSync } from "node:fs";
import { SECRET_RULES, type SecretName, weaknessOf } from "../../src/ground/secrets.ts";
import type { Result } from "../../src/vocabulary.ts";
import { parseDevVars, SECRETS } from "../start/dev-vars.ts";
import { random } from "../start/secrets.ts";
import type { Run } from "./run.ts";
import { writeWhole } from "./whole-file.ts";

export interface SecretPlan {
  /** What goes to the Worker: only what it lacks. */
  missing: Partial<Record<SecretName, string>>;
  /** Those of them that were made just now, and of which nobody has a copy. */
  made: SecretName[];
}

/** Without these two, what is in the database is lost: credentials cannot be opened, keys are not recognised. */
export const SEALING: readonly SecretName[] = ["ENCRYPTION_KEY", "KEY_SECRET"];

/** `present`: names that the Worker has. `saved`: the copy of an earlier run, which may have been cut short. */
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
 * The password, for a run that breaks off: where it was made and nobody wanted a copy of it, the Worker alone has it else, and nobody
 * could sign in. Empty elsewhere, and where others read along.
 */
export function onlyHere(
  { secretsGiven, missing, options }: Pick<Run, "secretsGiven" | "missing" | "options">,
  made: readonly SecretName[],
  copied: boolean,
): string {
  if (!secretsGiven || copied || options.ci || !made.includes("ADMIN_PASSWORD")) return "";
  return `\nThe password that was made, of which there is no copy: ${missing.ADMIN_PASSWORD}`;
}

/** The copy; empty where there is none. */
export function readCopy(path: string): Result<Record<string, string>, string> {
  if (!existsSync(path)) return { ok: true, value: {} };
  const parsed = parseDevVars(readFileSync(path, "utf8"));
  return parsed.ok ? parsed : { ok: false, refusal: parsed.refusal.replace(".dev.vars", path) };
}

/** Adds to the copy what it lacks; readable by its owner only. */
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
    // What is in it already is nowhere else: it must outlive a run that is killed in the middle.
    writeWhole(path, text + (text.endsWith("\n") ? "" : "\n") + lines.join(""), 0o600);
    return { ok: true, value: null };
  } catch (error) {
    return { ok: false, refusal: `${path}: ${error instanceof Error ? error.message : error}` };
  }
}
