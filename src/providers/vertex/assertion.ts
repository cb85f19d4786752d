/**
 * How a service account proves itself to Google: it signs who it is and what for, and gets an access token for an hour.
 * Source: Google, "Using OAuth 2.0 for Server to Server Applications", HTTP/REST. Pure: the pool sends it.
 */
import { MINUTE_MS } from "../../ground/durations.ts";
import { object, parse, text } from "../../ground/json.ts";
import { signedWithKey } from "../../ground/jwt.ts";
import type { AccessCredential, ServiceAccount } from "../kind.ts";
import { formRequest, type TokenRequest } from "../oauth/flow.ts";

/** Of Google's own, whatever address leads there. */
const AUDIENCE = "https://oauth2.googleapis.com/token";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** The longest that Google takes is an hour. A few minutes are for clocks that differ. */
const LIFETIME_S = 3_600;
/** Of a token whose answer does not say it. */
const SHORT_LIFE_S = 300;

/** Throws where the key is none. */
export function assertionOf({ clientEmail, privateKey, keyId }: ServiceAccount, now: number): Promise<string> {
  const iat = Math.floor(now / 1_000);
  const claims = { iss: clientEmail, aud: AUDIENCE, scope: SCOPE, iat, exp: iat + LIFETIME_S };
  return signedWithKey(privateKey, claims, keyId);
}

export function exchangeOf(assertion: string): TokenRequest {
  return formRequest({ grant_type: GRANT, assertion });
}

/** The token of an answer with status 200; null where it has none. `now` in milliseconds. */
export function tokenIn(body: string, { project, region }: ServiceAccount, now: number): AccessCredential | null {
  const answer = object(parse(body));
  const access = text(answer?.access_token);
  if (access === null || !/^[\x21-\x7e]+$/.test(access)) return null;
  const seconds = Number(answer?.expires_in);
  const lifeS = Number.isFinite(seconds) && seconds > 0 ? seconds : SHORT_LIFE_S;
  return { type: "access", access, expiresAt: now + lifeS * 1_000, project, region };
}

/** What Google says of an assertion that it refuses, in its own word for programs; "" for none. */
export function refusalIn(body: string): string {
  return (
    text(object(parse(body))?.error)
      ?.replace(/[^\w.-]/g, "")
      .slice(0, 60) ?? ""
  );
}

/** One that ends sooner may end on its way: another is fetched. */
export const TOKEN_MARGIN_MS = 5 * MINUTE_MS;
