/** Whether a database has values that lost secrets have sealed. Then new secrets are not made silently. */
import type { Result } from "../../src/vocabulary.ts";
import { explained } from "./faults.ts";
import { type Run, writeConfig } from "./run.ts";
import { SEALING } from "./secrets.ts";

const COUNT = "SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM api_keys) AS keys";

/** `made`: names of secrets for which no value was found. */
export async function sealedByLost(run: Run, made: readonly string[]): Promise<Result<null, string>> {
  const lost = SEALING.filter((name) => made.includes(name));
  const { database, kv = "0".repeat(32) } = run.resources;
  if (lost.length === 0 || database === undefined || run.options.newSecrets) return { ok: true, value: null };
  run.resources.kv = kv;
  const config = writeConfig(run, null);
  if (run.found.kv === null) delete run.resources.kv;
  const counted = await run.wrangler.run("d1", "execute", "DB", "--remote", "--json", "--command", COUNT, ...config);
  if (!counted.ok) {
    // A first run was interrupted before its migrations.
    if (/no such table/.test(counted.refusal.message)) return { ok: true, value: null };
    return { ok: false, refusal: explained("Looking into the database", counted.refusal) };
  }
  const [first] = JSON.parse(counted.value.stdout) as { results: { accounts: number; keys: number }[] }[];
  const { accounts = 0, keys = 0 } = first?.results[0] ?? {};
  if (accounts === 0 && keys === 0) return { ok: true, value: null };
  return {
    ok: false,
    refusal: `The database ${database.name} has ${accounts} accounts and ${keys} keys, made under secrets that the Worker does not have: ${lost.join(" and ")}.
Give the old values: ENCRYPTION_KEY=... KEY_SECRET=... npm run deploy, or --secrets-file with the copy.
If they are lost: npm run deploy -- --new-secrets. Every account's secret then has to be entered again, and no key works any more.`,
  };
}
