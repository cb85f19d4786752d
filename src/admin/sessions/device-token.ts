/**
 * Device tokens: a browser that has signed in once keeps one, and its failures are counted apart from everybody's. So
 * whoever guesses passwords from many addresses uses up the strangers' allowance, and does not lock the operator out.
 * A token opens nothing by itself, is stored nowhere, and ends with the password, which is part of its key.
 */
import { jwtVerify, SignJWT } from "jose";
import { recordId } from "../../ground/record-id.ts";
import { signingKey } from "./session-token.ts";

const ISSUER = "edge-relay device";
export const DEVICE_SECONDS = 180 * 86_400;

/** The token for a browser that has just signed in: of the same device as `former`, or of a new one. */
export async function signDevice(env: Env, former: string | null, now: number): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(ISSUER)
    .setJti(former ?? recordId("dev", now))
    .setIssuedAt(Math.floor(now / 1000))
    .setExpirationTime(Math.floor(now / 1000) + DEVICE_SECONDS)
    .sign(signingKey(env));
}

/** The device's id, or null where the token is missing, forged, expired, or of a former password. */
export async function verifyDevice(env: Env, token: string, now: number): Promise<string | null> {
  if (token === "") return null;
  try {
    const { payload } = await jwtVerify(token, signingKey(env), {
      algorithms: ["HS256"],
      issuer: ISSUER,
      requiredClaims: ["exp", "jti"],
      currentDate: new Date(now),
    });
    return payload.jti ?? null;
  } catch {
    // As with sessions: whatever is wrong with it, it is not ours.
    return null;
  }
}
