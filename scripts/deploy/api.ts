/**
 * What wrangler does not tell or do: which bindings and placement a Worker has, its domains and what prevents a new one, and the account's
 * subdomain of workers.dev. Uses Cloudflare's REST API, with wrangler's own login.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Result } from "../../src/vocabulary.ts";
import { type Fault, saysNo } from "./faults.ts";
import type { Wrangler } from "./wrangler.ts";

export interface Binding {
  type: string;
  name: string;
  id?: string;
  database_id?: string;
  namespace_id?: string;
  bucket_name?: string;
}

export interface WorkerSettings {
  bindings: Binding[];
  placement?: { mode?: string; region?: string } | null;
}

export interface Domain {
  hostname: string;
  service: string;
}

/** What attaching a host would do. */
export interface DomainChange {
  /** Hosts that belong to a Worker already. */
  updated: (Domain & { modified: boolean })[];
  /** Hosts with a DNS record of another type. */
  conflicting: { hostname: string }[];
}

export interface CloudflareApi {
  settings(worker: string): Promise<Result<WorkerSettings, Fault>>;
  domainsOf(worker: string): Promise<Result<Domain[], Fault>>;
  domainChange(worker: string, host: string): Promise<Result<DomainChange, Fault>>;
  /** Whether the Worker answers at its workers.dev address. */
  workersDev(worker: string): Promise<Result<boolean, Fault>>;
  /** Null if the account has none yet. */
  subdomain(): Promise<Result<string | null, Fault>>;
  takeSubdomain(name: string): Promise<Result<null, Fault>>;
}

const OFFICIAL = "https://api.cloudflare.com/client/v4";
const TRIES = 3;
const LONGEST_WAIT_MS = 30_000;
const WITHIN_MS = 30_000;

type Credentials = { token: string } | { key: string; email: string };

/** Signs as wrangler does: with the token from the environment, or that of `wrangler login`. */
export async function cloudflareApi(
  wrangler: Wrangler,
  env: NodeJS.ProcessEnv,
  account: string,
): Promise<Result<CloudflareApi, Fault>> {
  const login = await credentialsOf(wrangler, env);
  if (!login.ok) return login;
  const headers: Record<string, string> =
    "token" in login.value
      ? { authorization: `Bearer ${login.value.token}` }
      : { "x-auth-key": login.value.key, "x-auth-email": login.value.email };
  const base = `${env.CLOUDFLARE_API_BASE_URL || OFFICIAL}/accounts/${account}`;
  const call = <Value>(method: string, path: string, body?: unknown) =>
    request<Value>(`${base}${path}`, method, headers, body);
  return {
    ok: true,
    value: {
      settings: (worker) => call("GET", `/workers/scripts/${worker}/settings`),
      async domainsOf(worker) {
        const domains = await call<Domain[]>("GET", `/workers/domains?service=${worker}`);
        return domains.ok ? { ok: true, value: domains.value.filter(({ service }) => service === worker) } : domains;
      },
      domainChange: (worker, host) =>
        call("POST", `/workers/scripts/${worker}/domains/changeset?replace_state=true`, [{ hostname: host }]),
      async workersDev(worker) {
        const answer = await call<{ enabled: boolean }>("GET", `/workers/scripts/${worker}/subdomain`);
        return answer.ok ? { ok: true, value: answer.value.enabled } : answer;
      },
      async subdomain() {
        const answer = await call<{ subdomain: string }>("GET", "/workers/subdomain");
        if (answer.ok) return { ok: true, value: answer.value.subdomain };
        return answer.refusal.code === 10007 ? { ok: true, value: null } : answer;
      },
      takeSubdomain: (name) => call("PUT", "/workers/subdomain", { subdomain: name }),
    },
  };
}

async function credentialsOf(wrangler: Wrangler, env: NodeJS.ProcessEnv): Promise<Result<Credentials, Fault>> {
  const token = env.CLOUDFLARE_API_TOKEN;
  return token ? { ok: true, value: { token } } : await wrangler.json<Credentials>("auth", "token", "--json");
}

interface Envelope<Value> {
  success: boolean;
  result: Value;
  errors: { code: number; message: string }[];
}

/** Repeats a request after a fault of Cloudflare's and when it asks to wait. All of these requests may be repeated. */
async function request<Value>(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Result<Value, Fault>> {
  let fault: Fault = { code: null, message: "no answer" };
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      const response = await fetch(url, {
        method,
        headers: { ...headers, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(WITHIN_MS),
      });
      const answer = (await response.json()) as Envelope<Value>;
      if (answer.success) return { ok: true, value: answer.result };
      const [error] = answer.errors;
      fault = { code: error?.code ?? null, message: `${error?.message ?? response.statusText} [code: ${error?.code}]` };
      const mayPass = response.status === 429 || response.status >= 500;
      if (!mayPass || saysNo(fault)) break;
      const wait = Number(response.headers.get("retry-after") ?? tries) * 1_000;
      if (tries < TRIES) await sleep(Math.min(Number.isFinite(wait) ? wait : 1_000, LONGEST_WAIT_MS));
    } catch (error) {
      fault = { code: null, message: error instanceof Error ? error.message : String(error) };
      if (tries < TRIES) await sleep(tries * 1_000);
    }
  }
  return { ok: false, refusal: fault };
}
