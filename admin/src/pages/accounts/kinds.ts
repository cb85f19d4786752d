/**
 * The kinds of accounts that the console can add, in the order in which they are offered: how each is called, and what it is given.
 * Names of providers are the same in every language. The relay's own list is `src/providers/kinds.ts`; a test holds this one to it.
 */
import { address, type Fields, maybeEmpty, optional, secret, text } from "../../form/field.ts";
import { words } from "./words.ts";

const fieldWords = words.fields;

export interface AccountKind {
  platform: string;
  kind: string;
  /** The provider, and which of its products, where it has several. */
  provider: string;
  /** What it is given, in a word: a key, a sign-in, the cloud's own. */
  way: string;
  /** The fields of its credentials and its address, under the API's names. */
  fields: () => Fields;
  /** It is signed in to: the name of its flow, and what is brought back from the provider; `project`: requests are made in one of the provider's projects. */
  signIn?: { flow: string; brings: "code" | "address" | "nothing"; project?: boolean };
}

const apiKey = () => ({ api_key: secret({ label: words.apiKey, hint: words.apiKeyHint }) });

/** `official`: what is asked where nobody says anything else. */
const keyAt =
  (official: string, hint: string = words.baseUrlHint) =>
  () => ({
    ...apiKey(),
    base_url: address({ label: words.baseUrl, hint, initial: official }),
  });

const NOTHING = () => ({});

const serviceAccount = () => ({
  service_account: secretFile({ label: fieldWords.serviceAccount, hint: fieldWords.serviceAccountHint }),
  vertex_region: text({ label: fieldWords.location, hint: fieldWords.locationHint, initial: "global" }),
});

export const ACCOUNT_KINDS: readonly AccountKind[] = [
  {
    platform: "anthropic",
    kind: "api-key",
    provider: "Anthropic",
    way: words.ways.key,
    fields: keyAt("https://api.anthropic.com"),
  },
  {
    ...{ platform: "anthropic", kind: "oauth", provider: "Claude", way: words.ways.subscription, fields: NOTHING },
    signIn: { flow: "claude", brings: "code" },
  },
  {
    ...{ platform: "anthropic", kind: "setup-token", provider: "Claude", way: words.ways.yearToken, fields: NOTHING },
    signIn: { flow: "claude-setup-token", brings: "code" },
  },
  {
    ...{ platform: "anthropic", kind: "bedrock", provider: "Amazon Bedrock", way: words.ways.accessKey },
    fields: () => ({
      aws_region: text({ label: fieldWords.region, hint: fieldWords.regionHint, initial: "us-east-1" }),
      aws_access_key_id: text({ label: fieldWords.accessKeyId, hint: "AKIA…" }),
      aws_secret_access_key: secret({ label: fieldWords.secretAccessKey }),
      aws_session_token: optional(secret({ label: fieldWords.sessionToken, hint: fieldWords.sessionTokenHint })),
    }),
  },
  {
    ...{ platform: "anthropic", kind: "vertex", provider: "Google Vertex AI", way: words.ways.claudeThere },
    fields: serviceAccount,
  },
  {
    ...{ platform: "openai", kind: "api-key", provider: "OpenAI", way: words.ways.key },
    fields: keyAt("https://api.openai.com/v1", words.baseUrlHintOpenai),
  },
  {
    ...{ platform: "openai", kind: "codex-oauth", provider: "ChatGPT", way: words.ways.codex, fields: NOTHING },
    signIn: { flow: "codex", brings: "address" },
  },
  {
    ...{ platform: "openai", kind: "azure", provider: "Azure OpenAI", way: words.ways.key },
    fields: () => ({
      ...apiKey(),
      base_url: address({ label: fieldWords.resource, hint: fieldWords.resourceHint }),
      api_version: maybeEmpty(text({ label: fieldWords.apiVersion, hint: fieldWords.apiVersionHint })),
    }),
  },
  {
    ...{ platform: "gemini", kind: "api-key", provider: "Google Gemini", way: words.ways.key },
    fields: keyAt("https://generativelanguage.googleapis.com"),
  },
  {
    ...{ platform: "gemini", kind: "code-assist", provider: "Google", way: words.ways.codeAssist, fields: NOTHING },
    signIn: { flow: "google", brings: "code", project: true },
  },
  {
    ...{ platform: "gemini", kind: "vertex", provider: "Google Vertex AI", way: words.ways.geminiThere },
    fields: serviceAccount,
  },
  {
    ...{ platform: "droid", kind: "api-key", provider: "Factory Droid", way: words.ways.key },
    fields: keyAt("https://api.factory.ai", words.baseUrlHintDroid),
  },
  {
    ...{ platform: "droid", kind: "oauth", provider: "Factory Droid", way: words.ways.signIn, fields: NOTHING },
    signIn: { flow: "droid", brings: "nothing" },
  },
  {
    ...{
      platform: "antigravity",
      kind: "oauth",
      provider: "Antigravity",
      way: words.ways.antigravity,
      fields: NOTHING,
    },
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

/** A file that is a secret: its text is asked for in lines, and not kept by the browser either. */
function secretFile(asked: { label: string; hint: string }) {
  const { read } = secret(asked);
  return { ...text(asked), control: { type: "lines" } as const, read };
}
