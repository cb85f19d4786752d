/**
 * The kinds of accounts that the console can add, in the order in which they are offered, and how each is called. What each is given
 * stands in `kind-fields.ts`, which only forms need. Names of providers are the same in every language. The relay's own list is `src/providers/kinds.ts`; a test holds this one to it.
 */
import { words } from "./words.ts";

export interface AccountKind {
  platform: string;
  kind: string;
  /** The provider, and which of its products, where it has several. */
  provider: string;
  /** What it is given, in a word: a key, a sign-in, the cloud's own. */
  way: string;
  /** It is signed in to: the name of its flow, and what is brought back from the provider; `project`: requests are made in one of the provider's projects. */
  signIn?: { flow: string; brings: "code" | "address" | "nothing"; project?: boolean };
}

export const ACCOUNT_KINDS: readonly AccountKind[] = [
  { platform: "anthropic", kind: "api-key", provider: "Anthropic", way: words.ways.key },
  {
    ...{ platform: "anthropic", kind: "oauth", provider: "Claude", way: words.ways.subscription },
    signIn: { flow: "claude", brings: "code" },
  },
  {
    ...{ platform: "anthropic", kind: "setup-token", provider: "Claude", way: words.ways.yearToken },
    signIn: { flow: "claude-setup-token", brings: "code" },
  },
  { platform: "anthropic", kind: "bedrock", provider: "Amazon Bedrock", way: words.ways.accessKey },
  { platform: "anthropic", kind: "vertex", provider: "Google Vertex AI", way: words.ways.claudeThere },
  { platform: "openai", kind: "api-key", provider: "OpenAI", way: words.ways.key },
  {
    ...{ platform: "openai", kind: "codex-oauth", provider: "ChatGPT", way: words.ways.codex },
    signIn: { flow: "codex", brings: "address" },
  },
  { platform: "openai", kind: "azure", provider: "Azure OpenAI", way: words.ways.key },
  { platform: "gemini", kind: "api-key", provider: "Google Gemini", way: words.ways.key },
  {
    ...{ platform: "gemini", kind: "code-assist", provider: "Google", way: words.ways.codeAssist },
    signIn: { flow: "google", brings: "code", project: true },
  },
  { platform: "gemini", kind: "vertex", provider: "Google Vertex AI", way: words.ways.geminiThere },
  { platform: "droid", kind: "api-key", provider: "Factory Droid", way: words.ways.key },
  {
    ...{ platform: "droid", kind: "oauth", provider: "Factory Droid", way: words.ways.signIn },
    signIn: { flow: "droid", brings: "nothing" },
  },
  {
    ...{ platform: "antigravity", kind: "oauth", provider: "Antigravity", way: words.ways.antigravity },
    signIn: { flow: "antigravity", brings: "address", project: true },
  },
];

/** By what a path calls it; undefined where there is none. */
export function kindOfPath(name: string | undefined): AccountKind | undefined {
  return ACCOUNT_KINDS.find((kind) => pathOfKind(kind) === name);
}

export function pathOfKind({ platform, kind }: Pick<AccountKind, "platform" | "kind">): string {
  return `${platform}.${kind}`;
}

/** What the console calls a kind; one that it does not know by the relay's own names. */
export function nameOfKind(platform: string, kind: string): string {
  const known = ACCOUNT_KINDS.find((one) => one.platform === platform && one.kind === kind);
  return known ? `${known.provider} · ${known.way}` : `${platform} · ${kind}`;
}
