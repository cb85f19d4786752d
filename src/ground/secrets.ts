/**
 * The Worker's own secrets: which there are, how strong each must be, and how a ring ("current,previous") is taken
 * apart. They are checked while the relay runs too, because Cloudflare takes any value: a comma in a pasted ENCRYPTION_KEY
 * makes two keys of it, and the first, with which everything is sealed, may be three characters long. Pure; no message
 * repeats a value.
 */

export interface SecretRule {
  /** Fewest characters of the value, or of each part of a ring. */
  least: number;
  ring: boolean;
}

const RULES = {
  ADMIN_PASSWORD: { least: 8, ring: false },
  JWT_SECRET: { least: 32, ring: false },
  ENCRYPTION_KEY: { least: 32, ring: true },
  KEY_SECRET: { least: 32, ring: true },
} as const satisfies Record<string, SecretRule>;

/** Secrets that a relay may do without. The code that reads one says what it is for. */
export const OPTIONAL_SECRETS = ["METRICS_TOKEN", "LEGACY_KEY_PEPPER"] as const;

export type SecretName = keyof typeof RULES;
type RingName = "ENCRYPTION_KEY" | "KEY_SECRET";

export const SECRET_RULES: Readonly<Record<SecretName, SecretRule>> = RULES;

/** What is wrong with a value, as the rest of a sentence that begins with its name; null if it is strong enough. */
export function weaknessOf({ least, ring }: SecretRule, value: string | undefined): string | null {
  if (!value) return "is not set";
  const parts = ring ? partsOf(value) : [value];
  const short = parts.findIndex((part) => part.length < least);
  if (short < 0) return null;
  const which = parts.length > 1 ? `has a part (${short + 1} of ${parts.length}, parted by commas) that` : "";
  return `${which} is too short: at least ${least} characters are needed`.trim();
}

/** What is wrong with the Worker's secrets, one sentence each; empty if nothing is. */
export function weakSecrets(env: Partial<Record<SecretName, string>>): string[] {
  return Object.entries(SECRET_RULES).flatMap(([name, rule]) => {
    const weakness = weaknessOf(rule, env[name as SecretName]);
    return weakness === null ? [] : [`${name} ${weakness}`];
  });
}

/** The secrets of a ring, the current one first. Throws if a part is too weak: nothing may be sealed or made with it. */
export function ringOf(name: RingName, value: string): string[] {
  const weakness = weaknessOf(RULES[name], value);
  if (weakness !== null) throw new Error(`${name} ${weakness}`);
  return partsOf(value);
}

/** The secrets of a ring that are strong enough. */
export function strongPartsOf(name: RingName, value: string): string[] {
  return partsOf(value).filter((part) => weaknessOf(RULES[name], part) === null);
}

function partsOf(ring: string): string[] {
  return ring.split(",").map((part) => part.trim());
}
