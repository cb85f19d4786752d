/** An upstream account as the relay knows it. Which rows it is read from is the store's business. */
import type { Platform, Protocol } from "../vocabulary.ts";

/** An upstream account with its secrets opened. Never logged, never sent anywhere but upstream. */
export interface Account {
  id: string;
  name: string;
  platform: Platform;
  kind: "api-key";
  baseUrl: string;
  priority: number;
  weight: number;
  /** The most requests at once; null: any number. */
  maxConcurrency: number | null;
  /** What this account is charged at per unit of list price, in thousandths. */
  costMultiplierMilli: number;
  schedulable: boolean;
  /** Wire formats that this account speaks, where that is not all of its platform's; empty: all of them. */
  protocols: Protocol[];
  /** Model patterns that this account serves; empty: any. */
  allowedModels: string[];
  /** Its own name for a model, by the name that clients use. */
  modelMapping: Record<string, string>;
  /** What may be spent on this account a day; the day begins at `quotaResetHour` of the relay's TIMEZONE_OFFSET. */
  dailyQuotaNanos: number | null;
  quotaResetHour: number;
  /** The operator's note of when a subscription ends: from then on the account is left out. */
  expiresAt: number | null;
  firstByteTimeoutMs: number | null;
  idleTimeoutMs: number | null;
  /** Whether the nightly cron sends this account a small test request. */
  scheduledTest: boolean;
  extraHeaders: Record<string, string>;
  /** Upstream keys in order of preference, each with the id its health is remembered under. */
  apiKeys: { id: string; secret: string }[];
}
