/** What exists already: the login, the Worker, its database and namespace. Read only. */
import type { Result } from "../../src/vocabulary.ts";
import type { Answers } from "./answers.ts";
import { type Binding, type CloudflareApi, cloudflareApi } from "./api.ts";
import type { RawConfig, Resources } from "./config.ts";
import { explained, isNoWorker } from "./faults.ts";
import type { Wrangler } from "./wrangler.ts";

export interface AccountName {
  id: string;
  name: string;
}

export interface Found {
  /** The version that serves; if two do, the one with the larger share; null: there is no Worker yet. */
  serving: string | null;
  /** When the newest deployment was made, in milliseconds since the epoch; 0: there is none. */
  servingSince: number;
  /** Names of the Worker's secrets. */
  secrets: string[];
  bindings: Binding[];
  database: Resources["database"] | null;
  kv: string | null;
  domains: string[];
  /** As in the answers. */
  placement: string | null;
  /** Null: there is no Worker yet. */
  workersDev: boolean | null;
  /** The account's subdomain of workers.dev; null: it has none yet. */
  subdomain: string | null;
  api: CloudflareApi;
}

export interface Deployment {
  created_on: string;
  versions: { version_id: string; percentage: number }[];
}

/** The accounts of the person who is signed in. */
export async function lookAtLogin(wrangler: Wrangler): Promise<Result<AccountName[], string>> {
  const who = await wrangler.json<{ loggedIn: boolean; accounts?: AccountName[] }>("whoami", "--json");
  if (who.ok && who.value.loggedIn) return { ok: true, value: who.value.accounts ?? [] };
  if (!who.ok && !who.refusal.message.includes('"loggedIn"'))
    return { ok: false, refusal: explained("Signing in to Cloudflare", who.refusal) };
  return {
    ok: false,
    refusal:
      "You are not signed in to Cloudflare. Run npx wrangler login, or set CLOUDFLARE_API_TOKEN to a token with the template “Edit Cloudflare Workers” and D1 (Edit).",
  };
}

/** The account to use; null: the person must choose. */
export function accountIn(accounts: readonly AccountName[], wanted: string | undefined): string | null {
  if (wanted !== undefined) return wanted;
  const [only, ...others] = accounts;
  return only && others.length === 0 ? only.id : null;
}

/** Deployments, the newest first. */
export async function deploymentsOf(wrangler: Wrangler, worker: string): Promise<Result<Deployment[], string>> {
  const listed = await wrangler.json<Deployment[]>("deployments", "list", "--json", "--name", worker);
  if (listed.ok)
    return { ok: true, value: listed.value.toSorted((a, b) => Date.parse(b.created_on) - Date.parse(a.created_on)) };
  return isNoWorker(listed.refusal)
    ? { ok: true, value: [] }
    : { ok: false, refusal: explained("Listing the deployments", listed.refusal) };
}

export const leading = (deployment: Deployment | undefined) =>
  deployment?.versions.toSorted((a, b) => b.percentage - a.percentage)[0]?.version_id ?? null;

export async function lookAtAccount(
  wrangler: Wrangler,
  env: NodeJS.ProcessEnv,
  raw: RawConfig,
  { name, account }: Answers & { name: string; account: string },
): Promise<Result<Found, string>> {
  const signed = await cloudflareApi(wrangler, env, account);
  if (!signed.ok) return { ok: false, refusal: explained("Reading wrangler's login", signed.refusal) };
  const api = signed.value;
  const deployments = await deploymentsOf(wrangler, name);
  if (!deployments.ok) return deployments;
  const subdomain = await api.subdomain();
  if (!subdomain.ok) return { ok: false, refusal: explained("Reading the account", subdomain.refusal) };

  const [newest] = deployments.value;
  const servingSince = newest ? Date.parse(newest.created_on) : 0;
  const base = { serving: leading(newest), servingSince, subdomain: subdomain.value, api };
  const settings = await api.settings(name);
  if (!settings.ok && !isNoWorker(settings.refusal)) {
    return { ok: false, refusal: explained("Reading the Worker's settings", settings.refusal) };
  }
  if (!settings.ok) {
    const resources = await lookAtResources(wrangler, raw, name);
    const none = { bindings: [], domains: [], secrets: [], placement: null, workersDev: null };
    return resources.ok ? { ok: true, value: { ...none, ...base, ...resources.value } } : resources;
  }
  const domains = await api.domainsOf(name);
  if (!domains.ok) return { ok: false, refusal: explained("Reading the Worker's domains", domains.refusal) };
  const workersDev = await api.workersDev(name);
  if (!workersDev.ok) return { ok: false, refusal: explained("Reading the Worker's address", workersDev.refusal) };
  const { bindings, placement } = settings.value;
  const bound = (type: string, binding: string) => bindings.find((each) => each.type === type && each.name === binding);
  const database = bound("d1", "DB");
  const id = database?.database_id ?? database?.id;
  const kv = bound("kv_namespace", "KV")?.namespace_id ?? null;
  const secrets = bindings.filter(({ type }) => type === "secret_text").map((binding) => binding.name);
  const found = {
    ...base,
    bindings,
    secrets,
    domains: domains.value.map(({ hostname }) => hostname),
    workersDev: workersDev.value,
    placement: placement?.region ?? (placement?.mode === "smart" ? "smart" : null),
  };
  // The Worker's bindings are the truth, whatever the names. What it lacks is looked for by name.
  if (id !== undefined && kv !== null) {
    return { ok: true, value: { ...found, database: { id, name: databaseName(raw, name) }, kv } };
  }
  const resources = await lookAtResources(wrangler, raw, name);
  if (!resources.ok) return resources;
  const own = id === undefined ? resources.value.database : { id, name: databaseName(raw, name) };
  return { ok: true, value: { ...found, database: own, kv: kv ?? resources.value.kv } };
}

/** The address of the existing Worker; null: none is known here. `wanted`: the preferred domain. */
export function originOf(
  worker: string,
  { domains, workersDev, subdomain }: Pick<Found, "domains" | "workersDev" | "subdomain">,
  wanted: string | null | undefined,
): string | null {
  const domain = domains.find((each) => each === wanted) ?? (workersDev ? undefined : domains[0]);
  if (domain !== undefined) return `https://${domain}`;
  return workersDev && subdomain !== null ? `https://${worker}.${subdomain}.workers.dev` : null;
}

export function databaseName(raw: RawConfig, worker: string): string {
  const named = raw.d1_databases?.find(({ binding }) => binding === "DB")?.database_name;
  return named !== undefined && worker === raw.name ? named : worker;
}

export const namespaceTitle = (worker: string) => `${worker}-kv`;

/** By their ids in `wrangler.toml`, if the deploy button has written them, else by name. */
async function lookAtResources(
  wrangler: Wrangler,
  raw: RawConfig,
  worker: string,
): Promise<Result<Pick<Found, "database" | "kv">, string>> {
  const name = databaseName(raw, worker);
  const written = raw.d1_databases?.find(({ binding }) => binding === "DB")?.database_id;
  let id = written;
  if (id === undefined) {
    const databases = await wrangler.json<{ uuid: string; name: string }[]>("d1", "list", "--json");
    if (!databases.ok) return { ok: false, refusal: explained("Listing the D1 databases", databases.refusal) };
    id = databases.value.find((database) => database.name === name)?.uuid;
  }
  let kv = raw.kv_namespaces?.find(({ binding }) => binding === "KV")?.id;
  if (kv === undefined) {
    const namespaces = await wrangler.json<{ id: string; title: string }[]>("kv", "namespace", "list");
    if (!namespaces.ok) return { ok: false, refusal: explained("Listing the KV namespaces", namespaces.refusal) };
    kv = namespaces.value.find(({ title }) => title === namespaceTitle(worker))?.id;
  }
  return { ok: true, value: { database: id === undefined ? null : { id, name }, kv: kv ?? null } };
}
