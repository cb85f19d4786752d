/**
 * `.dev.vars` as text: reads it, and decides which secrets still have to be generated. Pure; the randomness is an argument. It reads what
 * `wrangler dev` itself would read, except that it refuses a line that wrangler silently skips. It never repeats a line in a message,
 * because the line may contain a secret.
 */
import { SECRET_RULES, type SecretName, weaknessOf } from "../../src/ground/secrets.ts";
import type { Result } from "../../src/vocabulary.ts";

interface Secret {
  name: SecretName;
  comment: string;
  make: (random: Random) => string;
}

export interface Random {
  hex(bytes: number): string;
  /** A password that can be read aloud. */
  password(length: number): string;
}

export interface SecretPlan {
  /** Every name of `.dev.vars` and every secret. The environment's value counts before the file's. */
  values: Record<string, string>;
  /** Text to append to `.dev.vars`; empty if nothing had to be generated. */
  addition: string;
}

const hex64 = (random: Random) => random.hex(32);

/** All of them, in the order in which they are written. */
export const SECRETS: readonly Secret[] = [
  {
    name: "ADMIN_PASSWORD",
    comment: "Password of the console's admin.",
    make: (random) => random.password(20),
  },
  { name: "JWT_SECRET", comment: "Signs console sessions.", make: hex64 },
  {
    name: "ENCRYPTION_KEY",
    comment: 'Seals upstream credentials: without it they cannot be read any more. To rotate: "new,old".',
    make: hex64,
  },
  {
    name: "KEY_SECRET",
    comment: 'Proves that a cr_ key was made here: without it no key is valid. To rotate: "new,old".',
    make: hex64,
  },
];

const FIRST_LINE = "# Secrets of this checkout, for local use. Made by `npm start`; keep them out of git.\n";

const LINE =
  /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(?:'([^']*)'|"((?:\\.|[^"\\])*)"|`([^`]*)`|([^'"`#][^#]*)?)\s*(?:#.*)?$/;

/** Names and values of a `.dev.vars`, or which line cannot be read. */
export function parseDevVars(text: string): Result<Record<string, string>, string> {
  const values: Record<string, string> = {};
  for (const [at, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = LINE.exec(line);
    if (!match?.[1]) return { ok: false, refusal: `.dev.vars line ${at + 1} is not NAME=value.` };
    const [, name, single, double, backtick, plain] = match;
    values[name] = single ?? double?.replaceAll("\\n", "\n").replaceAll("\\r", "\r") ?? backtick ?? plain?.trim() ?? "";
  }
  return { ok: true, value: values };
}

/** Completes the secrets: the environment's value, else the file's, else a new one. `text` is null without a file. */
export function planSecrets(
  text: string | null,
  env: Record<string, string | undefined>,
  random: Random,
): Result<SecretPlan, string> {
  const file = parseDevVars(text ?? "");
  if (!file.ok) return file;

  const values = { ...file.value };
  for (const name of Object.keys(values)) if (env[name]) values[name] = env[name];
  const lines: string[] = [];
  for (const rule of SECRETS) {
    const { name } = rule;
    const fromEnvironment = env[name];
    if (fromEnvironment) values[name] = fromEnvironment;
    const value = values[name];
    if (value === undefined) {
      values[name] = rule.make(random);
      lines.push(`# ${rule.comment}\n${name}=${values[name]}\n`);
      continue;
    }
    const place = fromEnvironment ? "in the environment" : "in .dev.vars";
    if (value === "") {
      return { ok: false, refusal: `${name} ${place} is empty. Fill it in, or delete the line to have one made.` };
    }
    const weakness = weaknessOf(SECRET_RULES[name], value);
    if (weakness !== null) return { ok: false, refusal: `${name} ${place} ${weakness}.` };
  }
  return { ok: true, value: { values, addition: additionTo(text, lines) } };
}

function additionTo(text: string | null, lines: string[]): string {
  if (lines.length === 0) return "";
  const before = text === null ? FIRST_LINE : text === "" || text.endsWith("\n") ? "" : "\n";
  return before + lines.join("");
}
