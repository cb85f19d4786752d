/**
 * How a service account authenticates to Google: it signs who it is and what for, and gets an access token for an hour.
 * Source: Google, "Using OAuth 2.0 for Server to Server Applications", HTTP/REST. Pure: the pool sends the request.
 */
import { MINUTE_MS } from "../../ground/durations.ts";
import { object, parse, text } from "../../ground/json.ts";
import { signedWithKey } from "../../ground/jwt.ts";
import type { AccessCredential, ServiceAccount } from "../kind.ts";
import { formRequest, type TokenRequest } from "../oauth/flow.ts";

/** Google's own audience, whatever address leads there. */
const AUDIENCE = "https://oauth2.googleapis.com/token";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** Google allows at most an hour. It tolerates clocks that differ by a few minutes. */
const LIFETIME_S = 3_600;
/** For a token whose answer does not tell its lifetime. */
const SHORT_LIFE_S = 300;

/** Throws if the key is no valid key. */
export function assertionOf({ clientEmail, privateKey, keyId }: ServiceAccount, now: number): Promise<string> {
  const iat = Math.floor(now / 1_000);
  const claims = { iss: clientEmail, aud: AUDIENCE, scope: SCOPE, iat, exp: iat + LIFETIME_S };
  return signedWithKey(privateKey, claims, keyId);
}

export function exchangeOf(assertion: string): TokenRequest {
  return formRequest({ grant_type: GRANT, assertion });
}

/** The token in an answer with status 200; null if it has none. `now` in milliseconds. */
export function tokenIn(body: string, { project, region }: ServiceAccount, now: number): AccessCredential | null {
  const answer = object(parse(body));
  const access = text(answer?.access_token);
  if (access === null || !/^[\x21-\x7e]+$/.test(access)) return null;
  const seconds = Number(answer?.expires_in);
  const lifeS = Number.isFinite(seconds) && seconds > 0 ? seconds : SHORT_LIFE_S;
  return { type: "access", access, expiresAt: now + lifeS * 1_000, project, region };
}

/** Google's reason for refusing an assertion, in its own word for programs; "" if it gives none. */
export function refusalIn(body: string): string {
  return (
    text(object(parse(body))?.error)
      ?.replace(/[^\w.-]/g, "")
      .slice(0, 60) ?? ""
  );
}

/** A token that ends sooner could end during a request. Another one is fetched. */
export const TOKEN_MARGIN_MS = 5 * MINUTE_MS;
