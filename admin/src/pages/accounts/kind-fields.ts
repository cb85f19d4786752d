/** What a new account needs, by its kind: the fields of its credentials and its address, under the API's names. */
import {
  address,
  type Drafts,
  type Fields,
  maybeEmpty,
  oneOf,
  optional,
  secret,
  secrets,
  shownWhere,
  text,
  unsent,
} from "../../form/field.ts";
import { type AccountKind, pathOfKind } from "./kinds.ts";
import { words } from "./words.ts";

const fieldWords = words.fields;

const apiKey = () => ({ api_key: secret({ label: words.apiKey, hint: words.apiKeyHint }) });

/** An account with several keys is one account: they are tried in turn. */
const apiKeys = () => ({
  ...apiKey(),
  api_keys: secrets({ label: fieldWords.moreKeys, hint: fieldWords.moreKeysHint }),
});

/** `official`: the default address. */
const keyAt =
  (official: string, hint: string = words.baseUrlHint) =>
  () => ({
    ...apiKeys(),
    base_url: address({ label: words.baseUrl, hint, initial: official }),
  });

const serviceAccount = () => ({
  service_account: secretFile({ label: fieldWords.serviceAccount, hint: fieldWords.serviceAccountHint }),
  vertex_region: text({ label: fieldWords.location, hint: fieldWords.locationHint, initial: "global" }),
});

const atBedrockWith = (way: string) => (drafts: Drafts) => drafts.aws_credential === way;

/** One of two credentials, and the region, which is stored with either. */
const bedrock = () => ({
  aws_region: text({ label: fieldWords.region, hint: fieldWords.regionHint, initial: "us-east-1" }),
  aws_credential: unsent(
    oneOf({ label: fieldWords.credential }, [
      ["access-key", fieldWords.accessKey],
      ["api-key", fieldWords.bedrockKey],
    ]),
  ),
  api_key: shownWhere(atBedrockWith("api-key"), secret({ label: words.apiKey, hint: words.apiKeyHint })),
  aws_access_key_id: shownWhere(atBedrockWith("access-key"), text({ label: fieldWords.accessKeyId, hint: "AKIA…" })),
  aws_secret_access_key: shownWhere(atBedrockWith("access-key"), secret({ label: fieldWords.secretAccessKey })),
  aws_session_token: shownWhere(
    atBedrockWith("access-key"),
    optional(secret({ label: fieldWords.sessionToken, hint: fieldWords.sessionTokenHint })),
  ),
});

const azure = () => ({
  ...apiKeys(),
  base_url: address({ label: fieldWords.resource, hint: fieldWords.resourceHint }),
  api_version: maybeEmpty(text({ label: fieldWords.apiVersion, hint: fieldWords.apiVersionHint })),
});

/** By the kinds' paths. Kinds that are not listed are signed in to. */
const FIELDS: Readonly<Record<string, () => Fields>> = {
  "anthropic.api-key": keyAt("https://api.anthropic.com"),
  "anthropic.bedrock": bedrock,
  "anthropic.vertex": serviceAccount,
  "openai.api-key": keyAt("https://api.openai.com/v1", words.baseUrlHintOpenai),
  "openai.azure": azure,
  "gemini.api-key": keyAt("https://generativelanguage.googleapis.com"),
  "gemini.vertex": serviceAccount,
  "droid.api-key": keyAt("https://api.factory.ai", words.baseUrlHintDroid),
};

export function fieldsOfKind(kind: Pick<AccountKind, "platform" | "kind">): Fields {
  return FIELDS[pathOfKind(kind)]?.() ?? {};
}

/** A secret file. Its text is pasted, and the browser does not store it either. */
function secretFile(asked: { label: string; hint: string }) {
  const { read } = secret(asked);
  return { ...text(asked), control: { type: "lines" } as const, read };
}
