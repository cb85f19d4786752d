/** The endpoint at which a provider says how much of an account's limits is used. Pure: src/pool/quota-asking.ts sends the request. */
import type { TokenCredential } from "../kind.ts";
import type { QuotaReading } from "./windows.ts";

export interface QuotaRequest {
  method: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

export interface QuotaEndpoint {
  /** Null if something that the request has to name is not known yet. */
  request: (baseUrl: string, credential: TokenCredential) => QuotaRequest | null;
  /** Null if the answer (parsed JSON) holds no figures. `now` in milliseconds. */
  read: (answer: unknown, now: number) => QuotaReading | null;
}
