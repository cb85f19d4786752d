/** The passphrase of a backup. It is asked for here, becomes a key here, and goes nowhere else. */
import { randomBytes, type ScryptOptions, scrypt } from "node:crypto";
import type { Derive, Scrypt } from "../../../src/backup/file/recipient.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Cli } from "../verb.ts";

const VARIABLE = "EDGE_RELAY_BACKUP_PASSPHRASE";
/** Whoever has the file may try for as long as they like. */
const SHORTEST = 12;
/** 128 MiB and half a second of this machine for each guess (OWASP's first choice). */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;

export function newKdf(): Scrypt {
  return { name: "scrypt", ...COST, salt: randomBytes(16).toString("base64url") };
}

/** From the passphrase in Unicode's composed form, because keyboards type an accent in two ways. */
export function deriveFrom(passphrase: string): Derive {
  return ({ n, r, p, salt }) =>
    new Promise((resolve, reject) => {
      const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r + 1024 * 1024 };
      scrypt(passphrase.normalize("NFC"), Buffer.from(salt, "base64url"), 32, options, (error, key) => {
        if (error) reject(error);
        else resolve(Uint8Array.from(key));
      });
    });
}

/** For a new file: from the environment, or typed twice. */
export async function newPassphrase({ system, prompts }: Cli): Promise<Outcome<string>> {
  const given = system.env[VARIABLE];
  if (given) return longEnough(given);
  const typed = await prompts.secret("A passphrase for the backup; without it nobody can read it: ");
  if (!typed.ok) return withVariable(typed);
  const long = longEnough(typed.value);
  if (!long.ok) return long;
  const repeated = await prompts.secret("The same once more: ");
  if (!repeated.ok) return repeated;
  if (repeated.value !== typed.value) return failed("usage", "The two passphrases differ. Nothing was written.");
  return typed;
}

/** For an existing file. */
export async function knownPassphrase({ system, prompts }: Cli): Promise<Outcome<string>> {
  const given = system.env[VARIABLE];
  if (given) return { ok: true, value: given };
  return withVariable(await prompts.secret("The backup's passphrase: "));
}

function longEnough(passphrase: string): Outcome<string> {
  if (passphrase.length >= SHORTEST) return { ok: true, value: passphrase };
  return failed("usage", `The passphrase is too short: at least ${SHORTEST} characters are needed.`);
}

function withVariable(outcome: Outcome<string>): Outcome<string> {
  if (outcome.ok || outcome.refusal.exit !== "usage") return outcome;
  return failed("usage", "There is no terminal to ask for the passphrase at.", `Set ${VARIABLE}.`);
}
