/**
 * The two Workers that are compared, the relay and the pass-through, each in a workerd process of its own. There is no `wrangler dev` in
 * front: it would be measured on both sides, and bring them closer together.
 */
import type { AccountView } from "../../src/admin/accounts/schema.ts";
import type { ApiKeyWithSecretView } from "../../src/admin/keys/schema.ts";
import type { Platform } from "../../src/vocabulary.ts";
import { type Place, type RunningWorker, startBuilt, startRelay as startBuiltRelay } from "../built-worker.ts";
import { signIn } from "../start/admin-api.ts";
import { IS_LINUX, workerdChildren } from "./processes.ts";

export interface Site extends Place {
  /** Origin of the fake provider. */
  upstream: string;
}

export interface MeasuredWorker extends RunningWorker {
  /** 0 if the system does not tell it. */
  pid: number;
}

export interface RunningRelay extends MeasuredWorker {
  /** Makes a key that has every limit, none of which is ever reached. */
  makeKey: (name: string, fields?: Record<string, unknown>) => Promise<Key>;
  /** The ids of its accounts, in the order in which they were requested. */
  accountIds: string[];
}

export interface Key {
  id: string;
  secret: string;
}

export interface Account {
  platform: Platform;
  /** The part of the base URL after the fake provider's origin. */
  basePath: string;
  /** Further fields, in the form of the admin API. */
  fields?: Record<string, unknown>;
}

export const ANTHROPIC: Account = { platform: "anthropic", basePath: "" };
/** A Claude subscription, whose token is valid longer than any measurement. */
export const SIGNED_IN: Account = {
  ...ANTHROPIC,
  fields: {
    ...{ kind: "oauth", api_key: undefined, terms_acknowledged: true },
    oauth: { access_token: "bench-access", refresh_token: "bench-refresh", expires_at: "2099-01-01T00:00:00Z" },
  },
};
export const EVERY_PLATFORM: Account[] = [
  ANTHROPIC,
  { platform: "openai", basePath: "/v1" },
  { platform: "gemini", basePath: "" },
];

const ADMIN_PASSWORD = "bench-admin-password";

/** The pass-through Worker, with nothing but the provider's address. */
export function startRaw(site: Site, built: string): Promise<MeasuredWorker> {
  return withPid(() => startBuilt(site.root, built, { bindings: { UPSTREAM: site.upstream } }));
}

/** The relay with its own bindings and migrations. The fake provider is behind all of its accounts. */
export async function startRelay(site: Site, built: string, accounts = [ANTHROPIC]): Promise<RunningRelay> {
  const worker = await withPid(() =>
    startBuiltRelay(site.root, built, {
      ADMIN_PASSWORD,
      JWT_SECRET: "bench-jwt-secret-0123456789abcdef0123456789abcdef",
      ENCRYPTION_KEY: "bench-encryption-key-0123456789abcdef01234567",
      KEY_SECRET: "bench-key-secret-0123456789abcdef0123456789abcd",
      ALLOW_PRIVATE_UPSTREAMS: "1",
    }),
  );
  const api = await signIn(new URL(worker.url).origin, "admin", ADMIN_PASSWORD);
  if (!api.ok) throw new Error(`Signing in failed: ${api.refusal.message}`);
  const accountIds: string[] = [];
  for (const [index, { platform, basePath, fields }] of accounts.entries()) {
    const made = await api.value.post<AccountView>("/accounts", {
      name: `bench ${index}`,
      platform,
      kind: "api-key",
      base_url: `${site.upstream}${basePath}`,
      api_key: `sk-bench-${index}`,
      ...fields,
    });
    if (!made.ok) throw new Error(`Adding an account failed: ${made.refusal.message}`);
    accountIds.push(made.value.id);
  }

  return {
    ...worker,
    accountIds,
    makeKey: async (name, fields) => {
      const key = await api.value.post<ApiKeyWithSecretView>("/api-keys", { name, ...GENEROUS_LIMITS, ...fields });
      if (!key.ok) throw new Error(`Making a key failed: ${key.refusal.message}`);
      return { id: key.value.id, secret: key.value.api_key };
    },
  };
}

/** How many requests of a key its gate has booked, and how many of them D1 does not have yet. */
export async function reportOf(relay: RunningRelay, keyId: string): Promise<{ requests: number; unflushed: number }> {
  const gates = await relay.miniflare.getDurableObjectNamespace("GATE");
  const gate = gates.get(gates.idFromName(keyId)) as unknown as {
    report(keyId: string): Promise<{ totals: { requests: number }; unflushed: number }>;
  };
  const report = await gate.report(keyId);
  return { requests: report?.totals.requests ?? 0, unflushed: report?.unflushed ?? 0 };
}

/** Every limit must be checked on every request, but none is ever reached. */
const GENEROUS_LIMITS = {
  concurrency_limit: 500,
  rate_limit_window_minutes: 1,
  rate_limit_requests: 1_000_000,
  rate_limit_tokens: 1_000_000_000_000,
  rate_limit_cost_usd: "1000000",
  daily_cost_limit_usd: "1000000",
  weekly_cost_limit_usd: "1000000",
  total_cost_limit_usd: "1000000",
  token_limit: 1_000_000_000_000,
};

/** The new process is recognised as the only one that was not there before. */
async function withPid(start: () => Promise<RunningWorker>): Promise<MeasuredWorker> {
  const before = new Set(workerdChildren());
  const worker = await start();
  const [pid = 0, another] = workerdChildren().filter((child) => !before.has(child));
  if (IS_LINUX && (pid === 0 || another)) throw new Error("The Worker's process could not be told from others");
  return { ...worker, pid };
}
