/** An upstream account as the relay knows it. Which rows it is read from is the store's business. */
import type { Quirks } from "../protocols/translate/quirks.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Egress } from "../providers/egress.ts";
import type { Kind } from "../providers/kind.ts";
import type { Platform } from "../vocabulary.ts";

/** A key of an account, sealed, or its sign-in. Its health and its opened form are remembered under its id. */
export interface AccountKey {
  id: string;
  /** Its place among the account's keys, for which it is sealed. */
  position: number;
  sealed: string;
}

export interface Account {
  id: string;
  name: string;
  platform: Platform;
  kind: Kind;
  baseUrl: string;
  /** How its requests leave (src/vault/exit.ts), and the headers that they then have, sealed; null: none. */
  egress: Egress;
  egressHeaders: string | null;
  priority: number;
  weight: number;
  /** The most requests at once; null: any number. */
  maxConcurrency: number | null;
  /** What this account is charged at per unit of list price, in thousandths. */
  costMultiplierMilli: number;
  schedulable: boolean;
  /**
   * The wire formats that this account speaks: those that its operator has named, else those that the service at its base URL is
   * known for, else all of its kind.
   */
  protocols: readonly Protocol[];
  /** How its upstream differs from the format's own, as its operator says; it goes before what is preset for its base URL. */
  quirks: Partial<Quirks>;
  /** Of its provider's API; "": none is named. */
  apiVersion: string;
  /** What its upstream has turned out not to take, by its own name for the model. */
  gaps: ReadonlyMap<string, readonly string[]>;
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
  /** Whether the nightly cron checks this account. */
  scheduledTest: boolean;
  extraHeaders: Record<string, string>;
  /** Whose sign-in it is; of no account that has keys. */
  owner: string;
  shared: boolean;
  /** In order of preference. One that turns out not to open is taken away (open-key.ts). */
  apiKeys: AccountKey[];
}
