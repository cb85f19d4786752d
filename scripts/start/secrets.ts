/**
 * Reads `.dev.vars`, and creates it or appends to it if a secret is missing from both the file and the environment. It never changes an
 * existing value.
 */
import { randomBytes, randomInt } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "../../src/vocabulary.ts";
import { planSecrets, type Random } from "./dev-vars.ts";

/** Without 0 O 1 l I, because the password is read from a screen. */
const READABLE = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

export const random: Random = {
  hex: (bytes) => randomBytes(bytes).toString("hex"),
  password: (length) => Array.from({ length }, () => READABLE[randomInt(READABLE.length)]).join(""),
};

/** All names for the Worker's environment. */
export function loadSecrets(root: string): Result<Record<string, string>, string> {
  const path = join(root, ".dev.vars");
  try {
    const text = existsSync(path) ? readFileSync(path, "utf8") : null;
    const plan = planSecrets(text, process.env, random);
    if (!plan.ok) return plan;
    const { values, addition } = plan.value;
    if (addition && text === null) writeFileSync(path, addition, { mode: 0o600, flag: "wx" });
    else if (addition) appendFileSync(path, addition);
    return { ok: true, value: values };
  } catch (error) {
    return { ok: false, refusal: `.dev.vars: ${error instanceof Error ? error.message : error}` };
  }
}
