/**
 * Which upstream accounts a start needs. Pure: it compares the existing accounts with the provider keys in the environment, and lists what
 * to do. If no real account can serve a platform, the demo does. An account that a person created or changed in the console is left alone,
 * whatever its name.
 */
import type { AccountView } from "../../src/admin/accounts/schema.ts";

/** A platform that `npm start` can set up: from a provider key in the environment, or with the demo upstream. */
export interface Provider {
  /** Its name for people. */
  title: string;
  variable: string;
  account: { name: string; platform: AccountView["platform"]; kind: string; base_url: string };
  demo: {
    name: string;
    /** The part of its base URL after the port. */
    path: string;
    /** If a real account of one of these platforms can serve, the demo is off. */
    yieldsTo: readonly AccountView["platform"][];
  };
}

/** In the order in which the screen names them. */
export const PROVIDERS: readonly Provider[] = [
  {
    title: "Anthropic",
    variable: "ANTHROPIC_API_KEY",
    account: { name: "anthropic", platform: "anthropic", kind: "api-key", base_url: "https://api.anthropic.com" },
    // Droid's routes fall back to the pool of their wire format.
    demo: { name: "demo", path: "", yieldsTo: ["anthropic", "droid"] },
  },
  {
    title: "OpenAI",
    variable: "OPENAI_API_KEY",
    account: { name: "openai", platform: "openai", kind: "api-key", base_url: "https://api.openai.com/v1" },
    demo: { name: "demo openai", path: "/v1", yieldsTo: ["openai", "droid"] },
  },
  {
    title: "Gemini",
    variable: "GEMINI_API_KEY",
    account: {
      name: "gemini",
      platform: "gemini",
      kind: "api-key",
      base_url: "https://generativelanguage.googleapis.com",
    },
    demo: { name: "demo gemini", path: "", yieldsTo: ["gemini"] },
  },
];

/** Last in the order of choice, because real accounts come first. */
const DEMO_PRIORITY = 1_000;

export type ProviderStep =
  | { do: "create"; variable: string; account: Provider["account"] & { api_key: string } }
  | { do: "change key"; variable: string; id: string; api_key: string };

/** What must be done about the accounts of the providers whose key is in the environment. */
export function providerSteps(accounts: AccountView[], env: Record<string, string | undefined>): ProviderStep[] {
  return PROVIDERS.flatMap(({ variable, account }): ProviderStep[] => {
    const key = env[variable]?.trim();
    if (!key) return [];
    const existing = accounts.find(({ name, platform }) => name === account.name && platform === account.platform);
    if (!existing) return [{ do: "create", variable, account: { ...account, api_key: key } }];
    const [stored, ...others] = existing.api_keys;
    if (!stored || others.length > 0 || stored.hint.endsWith(key.slice(-4))) return [];
    return [{ do: "change key", variable, id: existing.id, api_key: key }];
  });
}

/** An account of the demo. Its base URL also stores the demo upstream's port. */
export interface DemoAccount {
  id: string;
  name: string;
  port: number;
  schedulable: boolean;
}

export interface DemoPlan {
  /** What the demo answers for, each with its account if there is one. Empty: no demo is needed. */
  run: { provider: Provider; account: DemoAccount | null }[];
  /** A real account exists now, and the demo must not answer in place of one of its failures. */
  retire: DemoAccount[];
}

/** The demo answers exactly for the platforms that no other account can serve. */
export function demoPlan(accounts: AccountView[]): DemoPlan {
  const plan: DemoPlan = { run: [], retire: [] };
  const demos = PROVIDERS.map((provider) => ({ provider, account: demoIn(accounts, provider) }));
  const real = accounts.filter(
    ({ id, schedulable }) => schedulable && !demos.some(({ account }) => account?.id === id),
  );
  for (const { provider, account } of demos) {
    const yields = real.some(({ platform }) => provider.demo.yieldsTo.includes(platform));
    if (!yields) plan.run.push({ provider, account });
    else if (account?.schedulable) plan.retire.push(account);
  }
  return plan;
}

/** `port` is the demo upstream's. */
export function demoAccountBody({ account, demo }: Provider, port: number) {
  return {
    name: demo.name,
    platform: account.platform,
    kind: account.kind,
    base_url: `http://127.0.0.1:${port}${demo.path}`,
    api_key: "demo",
    priority: DEMO_PRIORITY,
  };
}

function demoIn(accounts: AccountView[], { account, demo }: Provider): DemoAccount | null {
  for (const { id, name, platform, base_url, schedulable } of accounts) {
    const [, port, path] = /^http:\/\/127\.0\.0\.1:(\d+)(\/v1)?\/?$/.exec(base_url) ?? [];
    if (name === demo.name && platform === account.platform && port && (path ?? "") === demo.path) {
      return { id, name, port: Number(port), schedulable };
    }
  }
  return null;
}
