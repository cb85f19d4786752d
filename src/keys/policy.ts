/**
 * What a key may do: the part of an API key that its gate enforces. D1 holds the record (`api_keys.policy`, as this
 * JSON), the gate holds a copy. `null` means "no such limit"; an empty list means "any".
 */
import type { Aliases, Platform } from "../vocabulary.ts";

export interface KeyPolicy {
  enabled: boolean;
  /** Platforms this key may use. */
  permissions: Platform[];
  /** Model patterns (`*` matches any run of characters). A model must match `allowedModels` and no `deniedModels`. */
  allowedModels: string[];
  deniedModels: string[];
  /** What names stand for under this key, instead of what they stand for elsewhere (pool/aliases.ts). */
  modelAliases: Aliases;
  /** Client ids (`claude_code`, `gemini_cli`, `codex`, `droid`) or user-agent patterns with `*`. */
  allowedClients: string[];
  /** IPv4 or IPv6 addresses or CIDR ranges. */
  allowedIps: string[];
  /** The only account, or group of accounts, that may serve this key. */
  boundAccountId: string | null;
  boundGroupId: string | null;
  /** Milliseconds since the epoch. */
  expiresAt: number | null;
  /** Lifetime from the first use, in milliseconds; the gate fixes the date at the first use. */
  activationMs: number | null;
  /** How many requests may be in flight. */
  concurrency: number | null;
  /** How many requests may wait for a lease, and for how long; 0 refuses at once. */
  queueSize: number;
  queueTimeoutMs: number;
  /** Length of the rate-limit window; the window limits below need it. */
  windowMs: number | null;
  windowRequests: number | null;
  windowTokens: number | null;
  /** Money is integer nano-dollars (1 USD = 1e9). */
  windowCostNanos: number | null;
  dailyCostNanos: number | null;
  weeklyCostNanos: number | null;
  /** 0 = Sunday … 6 = Saturday, and the hour (0-23), both in the relay's TIMEZONE_OFFSET. */
  weeklyResetDay: number;
  weeklyResetHour: number;
  totalCostNanos: number | null;
  totalTokens: number | null;
  /** What this key is charged per unit of list price, in thousandths: 1000 is the list price. */
  costMultiplierMilli: number;
  /** What happens to a request whose model has no known price: it is charged provisionally, or refused. */
  unpriced: "charge" | "refuse";
}

export const OPEN_POLICY: KeyPolicy = {
  enabled: true,
  permissions: [],
  allowedModels: [],
  deniedModels: [],
  modelAliases: {},
  allowedClients: [],
  allowedIps: [],
  boundAccountId: null,
  boundGroupId: null,
  expiresAt: null,
  activationMs: null,
  concurrency: null,
  queueSize: 0,
  queueTimeoutMs: 10_000,
  windowMs: null,
  windowRequests: null,
  windowTokens: null,
  windowCostNanos: null,
  dailyCostNanos: null,
  weeklyCostNanos: null,
  weeklyResetDay: 1,
  weeklyResetHour: 0,
  totalCostNanos: null,
  totalTokens: null,
  costMultiplierMilli: 1000,
  unpriced: "charge",
};
