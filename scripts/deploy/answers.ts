/**
 * What a person has decided about their relay: its address, where it runs, what else is bound. It is asked once and kept in
 * `.deploy/answers.json`, which git ignores; a flag or a variable changes an answer. Pure except for reading and writing that file.
 */
import { readFileSync } from "node:fs";
import type { Result } from "../../src/vocabulary.ts";
import { writeWhole } from "./whole-file.ts";

export interface Answers {
  /** The Worker's name; the database and the KV namespace are named after it. */
  name?: string;
  /** The Cloudflare account, for people with several. */
  account?: string;
  /** `relay.example.com`, a host in a zone of the account; null: none. */
  domain?: string | null;
  /** `aws:us-east-1`, `smart`; null: near the client. */
  placement?: string | null;
  /** Whether `NAME.SUBDOMAIN.workers.dev` answers too. */
  workersDev?: boolean;
  /** The account's own subdomain of `workers.dev`, if it has none yet. */
  subdomain?: string;
  /** The R2 bucket of scheduled backups, bound as BACKUPS; null: none. */
  backupBucket?: string | null;
  /** Whether the Worker may send email, bound as ALERT_EMAIL. */
  email?: boolean;
  /** Values of `[vars]` that differ from `wrangler.toml`. */
  vars?: Record<string, string>;
}

const HOST = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const WORKER = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const BUCKET = /^[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])$/;
const PLACEMENT = /^(smart|(aws|gcp|azure):[a-z0-9-]{2,40})$/;

/** What is wrong with the answers, in one sentence, or null. `known`: the names in `[vars]`. */
export function faultIn(answers: Answers, known: readonly string[]): string | null {
  const { name, subdomain, domain, placement, backupBucket, vars = {} } = answers;
  if (name !== undefined && !WORKER.test(name)) {
    return `"${name}" is no name for a Worker: small letters, digits and hyphens, at most 63.`;
  }
  if (subdomain !== undefined && !WORKER.test(subdomain)) {
    return `"${subdomain}" is no workers.dev subdomain: small letters, digits and hyphens, at most 63.`;
  }
  if (domain && !HOST.test(domain)) return `"${domain}" is no host name, such as relay.example.com.`;
  if (placement && !PLACEMENT.test(placement)) {
    return `"${placement}" is no placement: a cloud's region such as aws:us-east-1, gcp:europe-west1 or azure:westeurope, or smart.`;
  }
  if (backupBucket && !BUCKET.test(backupBucket)) {
    return `"${backupBucket}" is no name for an R2 bucket: 3 to 63 small letters, digits and hyphens.`;
  }
  const unknown = Object.keys(vars).find((variable) => !known.includes(variable));
  return unknown === undefined
    ? null
    : `${unknown} is no variable of the relay's: wrangler.toml lists them under [vars].`;
}

/** The earlier answers, replaced by the new ones; variables one by one. */
export function withNew(earlier: Answers, now: Answers): Answers {
  const vars = { ...earlier.vars, ...now.vars };
  return { ...earlier, ...now, ...(Object.keys(vars).length > 0 && { vars }) };
}

/** Empty if there is no file yet. */
export function readAnswers(path: string): Result<Answers, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { ok: true, value: {} };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ok: true, value };
  } catch {
    // Reported below.
  }
  return { ok: false, refusal: `${path} is not readable as JSON. Correct it, or delete it to be asked again.` };
}

export function writeAnswers(path: string, answers: Answers): void {
  writeWhole(path, `${JSON.stringify(answers, null, 2)}\n`, 0o644);
}
