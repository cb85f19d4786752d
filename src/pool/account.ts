/** An upstream account as the relay knows it. Which rows it is read from is the store's business. */
import type { Quirks } from "../protocols/translate/quirks.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Egress } from "../providers/egress.ts";
import type { Kind } from "../providers/kind.ts";
import type { Platform } from "../vocabulary.ts";

/** A sealed key of an account, or its sign-in. The key's health is remembered under its id. */
export interface AccountKey {
  id: string;
  /** Its place among the account's keys. It is sealed for this place. */
  position: number;
  sealed: string;
}

export interface Account {
  id: string;
  name: string;
  platform: Platform;
  kind: Kind;
  baseUrl: string;
  /** How its requests leave (src/vault/exit.ts). `egressHeaders`: the sealed headers that they then get; null: none. */
  egress: Egress;
  egressHeaders: string | null;
  priority: number;
  weight: number;
  /** The most requests at once; null: any number. */
  maxConcurrency: number | null;
  /** What a request costs at this account, in thousandths of the list price. */
  costMultiplierMilli: number;
  schedulable: boolean;
  /**
   * The wire formats that this account speaks: those that its operator has named; if none, those that the service at its base URL is
   * known for; if it is not known, all of its kind.
   */
  protocols: readonly Protocol[];
  /** How its upstream differs from the wire format, as its operator says. This goes before what is preset for its base URL. */
  quirks: Partial<Quirks>;
  /** The version of its provider's API; "": none is named. */
  apiVersion: string;
  /** The account's own name for a model → the parameters that its upstream has refused there. */
  gaps: ReadonlyMap<string, readonly string[]>;
  /** Model patterns that this account serves; empty: any. */
  allowedModels: string[];
  /** The name that clients use for a model → the account's own name. */
  modelMapping: Record<string, string>;
  /** Nano-dollars that may be spent on this account a day; null: any. The day begins at `quotaResetHour` of the relay's TIMEZONE_OFFSET. */
  dailyQuotaNanos: number | null;
  quotaResetHour: number;
  /** When a subscription ends, as the operator has noted it: from then on the account is left out. */
  expiresAt: number | null;
  firstByteTimeoutMs: number | null;
  idleTimeoutMs: number | null;
  /** Whether the nightly cron checks this account. */
  scheduledTest: boolean;
  extraHeaders: Record<string, string>;
  /** Whose sign-in it is. Means nothing for an account that has keys. */
  owner: string;
  shared: boolean;
  /** In order of preference. A key that does not open is taken out (open-key.ts). */
  apiKeys: AccountKey[];
}
