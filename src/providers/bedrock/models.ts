/**
 * Anthropic's names for its models as Bedrock has them: the id of the foundation model, and the inference profiles of it that are
 * known, by their prefixes. A small table, not a mirror of AWS': a name that is not in it is sent as it is, and an account's
 * `model_mapping` goes before. Sources: Anthropic, "Claude on Amazon Bedrock" (table of ids and regions); AWS, model cards and
 * "Supported Regions and models for inference profiles". Read in November 2026.
 */

interface BedrockModel {
  id: string;
  profiles: readonly string[];
}

const model = (id: string, profiles: string): BedrockModel => ({
  id: `anthropic.${id}`,
  profiles: profiles.split(" "),
});

const MODELS: Readonly<Record<string, BedrockModel>> = {
  "claude-opus-5-5": model("claude-opus-5-5", "us eu jp au global"),
  "claude-opus-5": model("claude-opus-5", "us eu global"),
  "claude-opus-4-8": model("claude-opus-4-8", "us eu jp global"),
  "claude-opus-4-7": model("claude-opus-4-7", "us eu jp au global"),
  "claude-opus-4-6": model("claude-opus-4-6-v1", "us eu jp au global"),
  "claude-opus-4-5": model("claude-opus-4-5-20251101-v1:0", "us eu global"),
  "claude-opus-4-1": model("claude-opus-4-1-20250805-v1:0", "us"),
  "claude-opus-4": model("claude-opus-4-20250514-v1:0", "us"),
  "claude-sonnet-5-5": model("claude-sonnet-5-5", "us eu global"),
  "claude-sonnet-5": model("claude-sonnet-5", "us eu global"),
  "claude-sonnet-4-6": model("claude-sonnet-4-6", "us eu jp au global"),
  "claude-sonnet-4-5": model("claude-sonnet-4-5-20250929-v1:0", "us eu jp au global"),
  "claude-sonnet-4": model("claude-sonnet-4-20250514-v1:0", "us eu apac global"),
  "claude-haiku-4-5": model("claude-haiku-4-5-20251001-v1:0", "us eu jp au global"),
  "claude-haiku-5-5": model("claude-haiku-5-5", "us eu"),
  "claude-fable-5-2": model("claude-fable-5-2", "us"),
  "claude-fable-5-1": model("claude-fable-5-1", "us global"),
  "claude-fable-5": model("claude-fable-5", "us global"),
};

/** A region's own part of the world, in which a profile of it keeps a request. */
const GEOGRAPHIES: readonly [region: RegExp, profiles: readonly string[]][] = [
  [/^(?:us|ca)-(?!gov)/, ["us"]],
  [/^eu-/, ["eu"]],
  [/^ap-northeast-[13]$/, ["jp", "apac"]],
  [/^ap-southeast-[24]$/, ["au", "apac"]],
  [/^ap-/, ["apac"]],
];

const DATE = /-(\d{8})$/;

/**
 * Bedrock's id for a model in a region: through the profile of the region's own part of the world, else through the global one, else the
 * foundation model itself. Names that are not in the table, ids and ARNs are what they are.
 */
export function bedrockModel(name: string, region: string): string {
  const known = foundationOf(name);
  if (!known) return name;
  const own = GEOGRAPHIES.find(([pattern]) => pattern.test(region))?.[1] ?? [];
  const profile = [...own, "global"].find((prefix) => known.profiles.includes(prefix));
  // GovCloud has profiles of its own, which the table does not know.
  return profile === undefined || region.includes("-gov-") ? known.id : `${profile}.${known.id}`;
}

/** `claude-sonnet-4-5-20250929` is `claude-sonnet-4-5`, if that is its date. */
function foundationOf(name: string): BedrockModel | undefined {
  const date = DATE.exec(name)?.[1];
  const plain = name.replace(DATE, "");
  const known = Object.hasOwn(MODELS, plain) ? MODELS[plain] : undefined;
  return date === undefined || known?.id.includes(date) ? known : undefined;
}

/** The foundation model behind a profile's id: tokens are counted by it. An ARN is what it is. */
export function withoutProfile(id: string): string {
  return id.replace(/^(?:us|us-gov|eu|apac|jp|au|ca|global)\.(?=anthropic\.)/, "");
}

/** Names come from clients, and families are kept. What tells one ARN from another stands at its end. */
const LONGEST_FAMILY = 100;

/** What Bedrock counts, and grants, by itself: each model, whatever profile it is asked through. */
export function bedrockFamily(name: string): string | null {
  return withoutProfile(bedrockModel(name, "")).toLowerCase().slice(-LONGEST_FAMILY) || null;
}

/** Whether it can be a segment of a path: printable ASCII that is no step up. The longest id that AWS takes has 2048 characters. */
export function isModelId(id: string): boolean {
  return /^(?!\.+$)[\w.:/-]{1,2048}$/.test(id);
}
