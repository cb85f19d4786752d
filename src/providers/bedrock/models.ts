/**
 * Bedrock's names for Anthropic's models: the id of the foundation model, and the prefixes of its known inference profiles. It is a
 * small table, not a copy of AWS's. A name that is not in it is sent unchanged, and an account's `model_mapping` takes precedence.
 * Sources: Anthropic, "Claude on Amazon Bedrock" (table of ids and regions); AWS, model cards and "Supported Regions and models for
 * inference profiles". Read in November 2026.
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

/** The part of the world in which a region's profile keeps a request. */
const GEOGRAPHIES: readonly [region: RegExp, profiles: readonly string[]][] = [
  [/^(?:us|ca)-(?!gov)/, ["us"]],
  [/^eu-/, ["eu"]],
  [/^ap-northeast-[13]$/, ["jp", "apac"]],
  [/^ap-southeast-[24]$/, ["au", "apac"]],
  [/^ap-/, ["apac"]],
];

const DATE = /-(\d{8})$/;

/**
 * Bedrock's id for a model in a region: through the profile of that part of the world, else through the global one, else the foundation
 * model itself. Names that are not in the table, ids and ARNs stay unchanged.
 */
export function bedrockModel(name: string, region: string): string {
  const known = foundationOf(name);
  if (!known) return name;
  const own = GEOGRAPHIES.find(([pattern]) => pattern.test(region))?.[1] ?? [];
  const profile = [...own, "global"].find((prefix) => known.profiles.includes(prefix));
  // GovCloud has profiles of its own, which are not in the table.
  return profile === undefined || region.includes("-gov-") ? known.id : `${profile}.${known.id}`;
}

/** `claude-sonnet-4-5-20250929` is `claude-sonnet-4-5`, if that is its date. */
function foundationOf(name: string): BedrockModel | undefined {
  const date = DATE.exec(name)?.[1];
  const plain = name.replace(DATE, "");
  const known = Object.hasOwn(MODELS, plain) ? MODELS[plain] : undefined;
  return date === undefined || known?.id.includes(date) ? known : undefined;
}

/** The foundation model of a profile's id, which is needed to count tokens. An ARN stays unchanged. */
export function withoutProfile(id: string): string {
  return id.replace(/^(?:us|us-gov|eu|apac|jp|au|ca|global)\.(?=anthropic\.)/, "");
}

/** Clients choose the names of models, and families are stored, so their length is bounded. The end of an ARN is what differs. */
const LONGEST_FAMILY = 100;

/** Bedrock limits and grants each model separately, whatever profile it is asked through. */
export function bedrockFamily(name: string): string | null {
  return withoutProfile(bedrockModel(name, "")).toLowerCase().slice(-LONGEST_FAMILY) || null;
}

/** Whether the id can be a segment of a path: printable ASCII, and not `..`. AWS's longest id has 2048 characters. */
export function isModelId(id: string): boolean {
  return /^(?!\.+$)[\w.:/-]{1,2048}$/.test(id);
}
