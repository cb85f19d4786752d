/**
 * Makes a running relay ready for use through its admin API: accounts for the provider keys in the environment, for the demo upstream where
 * there is none, and a first key. To repeat it changes nothing.
 */
import type { AccountView } from "../../src/admin/accounts/schema.ts";
import type { ApiKeyView, ApiKeyWithSecretView } from "../../src/admin/keys/schema.ts";
import type { Result } from "../../src/vocabulary.ts";
import { type DemoServer, startDemo } from "../demo/server.ts";
import { type DemoPlan, demoAccountBody, demoPlan, type Provider, providerSteps } from "./accounts.ts";
import type { AdminApi, ApiFault } from "./admin-api.ts";

const FIRST_KEY = "first key";

export interface Prepared {
  /** Null if none was wanted. */
  key: string | null;
  /** The running demo upstream, if it answers for some platform. */
  demo: DemoServer | null;
  /** The platforms that it answers for. */
  demoFor: Provider[];
  /** What a person should know, one line each. */
  notes: string[];
}

export const NOTHING_PREPARED: Result<Prepared, ApiFault> = {
  ok: true,
  value: { key: null, demo: null, demoFor: [], notes: ["The relay is empty: the console leads to a first request."] },
};

export async function prepare(api: AdminApi, env: NodeJS.ProcessEnv): Promise<Result<Prepared, ApiFault>> {
  const notes = await addProviders(api, env);
  if (!notes.ok) return notes;

  const accounts = await api.all<AccountView>("/accounts");
  if (!accounts.ok) return accounts;
  const key = await firstKey(api, "Made by npm start");
  if (!key.ok) return key;

  const { run, retire } = demoPlan(accounts.value);
  for (const { id, name } of retire) {
    const retired = await api.patch(`/accounts/${id}`, { schedulable: false });
    if (!retired.ok) return retired;
    notes.value.push(`Account ${name} is switched off: a real account answers now.`);
  }
  const demo = await runDemo(api, run);
  if (!demo.ok) return demo;
  const demoFor = run.map(({ provider }) => provider);
  return { ok: true, value: { key: key.value, demo: demo.value, demoFor, notes: notes.value } };
}

/** A provider that the relay refuses is a note and no failure, because the others still work. */
async function addProviders(api: AdminApi, env: NodeJS.ProcessEnv): Promise<Result<string[], ApiFault>> {
  const accounts = await api.all<AccountView>("/accounts");
  if (!accounts.ok) return accounts;
  const notes: string[] = [];
  for (const step of providerSteps(accounts.value, env)) {
    const answer =
      step.do === "create"
        ? await api.post("/accounts", step.account)
        : await api.patch(`/accounts/${step.id}`, { api_key: step.api_key });
    if (!answer.ok) notes.push(`${step.variable} is not used: ${answer.refusal.message}`);
  }
  return { ok: true, value: notes };
}

/** The key named "first key", created if there is none that can be shown. */
export async function firstKey(api: AdminApi, description: string): Promise<Result<string, ApiFault>> {
  const keys = await api.all<ApiKeyView>(`/api-keys?status=active&search=${encodeURIComponent(FIRST_KEY)}`);
  if (!keys.ok) return keys;
  for (const { id, name } of keys.value) {
    if (name !== FIRST_KEY) continue;
    const shown = await api.get<ApiKeyWithSecretView>(`/api-keys/${id}?reveal=1`);
    // A key that was sealed under another ENCRYPTION_KEY can no longer be shown, but the next one may.
    if (shown.ok) return { ok: true, value: shown.value.api_key };
  }
  const made = await api.post<ApiKeyWithSecretView>("/api-keys", { name: FIRST_KEY, description });
  return made.ok ? { ok: true, value: made.value.api_key } : made;
}

/**
 * Starts the demo upstream where its accounts expect it, or elsewhere, and updates the accounts. Their credential is written each time,
 * because it may have been sealed under secrets that are gone.
 */
async function runDemo(api: AdminApi, run: DemoPlan["run"]): Promise<Result<DemoServer | null, ApiFault>> {
  if (run.length === 0) return { ok: true, value: null };
  const expected = run.find(({ account }) => account)?.account?.port;
  const demo = (expected && (await startDemo(expected).catch(() => null))) || (await startDemo(0));
  for (const { provider, account } of run) {
    const body = demoAccountBody(provider, demo.port);
    const { base_url, api_key } = body;
    const answer = account
      ? await api.patch(`/accounts/${account.id}`, { base_url, api_key, schedulable: true })
      : await api.post("/accounts", body);
    if (answer.ok) continue;
    await demo.close();
    return answer;
  }
  return { ok: true, value: demo };
}
