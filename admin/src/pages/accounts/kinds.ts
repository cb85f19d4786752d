/**
 * The kinds of accounts that the console can add, in the order in which they are offered, with their names. `kind-fields.ts` has what each
 * of them needs, which only forms use. Names of providers are the same in every language. The relay's own list is `src/providers/kinds.ts`;
 * a test checks that the two agree.
 */
import { words } from "./words.ts";

export interface AccountKind {
  platform: string;
  kind: string;
  /** The provider, and the product if it has several. */
  provider: string;
  /** What it needs, in a word: a key, a sign-in, a cloud's credentials. */
  way: string;
  /** Set if it is signed in to: the name of the flow, and what is brought back; `project`: requests are made in a provider's project. */
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

/** By its name in a path; undefined if there is none. */
export function kindOfPath(name: string | undefined): AccountKind | undefined {
  return ACCOUNT_KINDS.find((kind) => pathOfKind(kind) === name);
}

export function pathOfKind({ platform, kind }: Pick<AccountKind, "platform" | "kind">): string {
  return `${platform}.${kind}`;
}

/** The console's name of a kind; an unknown kind has the relay's own names. */
export function nameOfKind(platform: string, kind: string): string {
  const known = ACCOUNT_KINDS.find((one) => one.platform === platform && one.kind === kind);
  return known ? `${known.provider} · ${known.way}` : `${platform} · ${kind}`;
}
