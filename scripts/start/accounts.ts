/**
 * Which upstream accounts a start needs. Pure: it compares what is there with the provider keys in the environment,
 * and lists what to do. An account that a person made or changed in the console is left alone, whatever its name.
 */
import type { AccountView } from "../../src/admin/schemas/accounts.ts";

interface Provider {
  variable: string;
  account: { name: string; platform: AccountView["platform"]; kind: string; base_url: string };
}

/** One row per provider key that `npm start` understands. */
const PROVIDERS: Provider[] = [
  {
    variable: "ANTHROPIC_API_KEY",
    account: { name: "anthropic", platform: "anthropic", kind: "api-key", base_url: "https://api.anthropic.com" },
  },
  {
    variable: "OPENAI_API_KEY",
    account: { name: "openai", platform: "openai", kind: "api-key", base_url: "https://api.openai.com/v1" },
  },
  {
    variable: "GEMINI_API_KEY",
    account: {
      name: "gemini",
      platform: "gemini",
      kind: "api-key",
      base_url: "https://generativelanguage.googleapis.com",
    },
  },
];

const DEMO_NAME = "demo";

/** Last in the order of choice: real accounts go first. */
const DEMO_PRIORITY = 1_000;

export type ProviderStep =
  | { do: "create"; variable: string; account: Provider["account"] & { api_key: string } }
  | { do: "change key"; variable: string; id: string; api_key: string };

/** What has to happen to the accounts of the providers whose key is in the environment. */
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

/** The demo's own account. Its base URL is also what remembers the demo upstream's port. */
export interface DemoAccount {
  id: string;
  port: number;
  schedulable: boolean;
}

export type DemoStep =
  | { do: "nothing" }
  | { do: "run"; account: DemoAccount | null }
  /** A real account has come: an answer from the demo must not stand in for one of its failures. */
  | { do: "retire"; id: string };

/** The demo runs exactly when no other account can serve. */
export function demoStep(accounts: AccountView[]): DemoStep {
  const demo = demoIn(accounts);
  const others = accounts.some((account) => account.schedulable && account.id !== demo?.id);
  if (!others) return { do: "run", account: demo };
  return demo?.schedulable ? { do: "retire", id: demo.id } : { do: "nothing" };
}

export function demoAccountBody(port: number) {
  return {
    name: DEMO_NAME,
    platform: "anthropic",
    kind: "api-key",
    base_url: `http://127.0.0.1:${port}`,
    api_key: "demo",
    priority: DEMO_PRIORITY,
  };
}

/** Whether Gemini clients have someone to answer them. */
export function servesGemini(accounts: AccountView[]): boolean {
  return accounts.some(({ platform, schedulable }) => schedulable && platform === "gemini");
}

function demoIn(accounts: AccountView[]): DemoAccount | null {
  for (const { id, name, base_url, schedulable } of accounts) {
    const port = /^http:\/\/127\.0\.0\.1:(\d+)\/?$/.exec(base_url)?.[1];
    if (name === DEMO_NAME && port) return { id, port: Number(port), schedulable };
  }
  return null;
}
