/** Where a provider says by itself how much of an account's limits is used. Pure: src/pool/quota-asking.ts sends it. */
import type { TokenCredential } from "../kind.ts";
import type { QuotaReading } from "./windows.ts";

export interface QuotaRequest {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface QuotaEndpoint {
  /** Null where what has to be said is not known yet. */
  request: (baseUrl: string, credential: TokenCredential) => QuotaRequest | null;
  /** Null where the answer, as JSON, holds no figures. `now` in milliseconds. */
  read: (answer: unknown, now: number) => QuotaReading | null;
}
