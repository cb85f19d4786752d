/**
 * What a request for a backup or a restore must bring besides the session: a permit, given for the password, and valid only in that
 * session, for this recipient and these parts. Nothing is stored for it.
 */
import { jwtVerify } from "jose";
import { EXTRAS, type Extra } from "../../backup/parts.ts";
import { signedWithSecret } from "../../ground/jwt.ts";
import type { VerbContext } from "../api/context.ts";
import { signingKey } from "../sessions/tokens.ts";

export interface Permit {
  purpose: "backup" | "restore";
  /** The public half of the recipient's key; empty for a restore. */
  publicKey: string;
  with: Extra[];
}

/** Differs from the issuers of sessions and devices, so that no token is taken for another. */
const ISSUER = "edge-relay backup";
export const PERMIT_SECONDS = 12 * 3_600;

export function signPermit({ env, actor, now }: VerbContext, permit: Permit): Promise<string> {
  const iat = Math.floor(now / 1_000);
  const claims = {
    ...{ iss: ISSUER, sub: actor.session, aud: permit.purpose, iat, exp: iat + PERMIT_SECONDS },
    ...{ recipient: permit.publicKey, with: permit.with },
  };
  return signedWithSecret(signingKey(env), claims);
}

/** Null if it is forged or expired, or belongs to another session, recipient or set of parts. */
export async function verifyPermit(
  { env, actor, now }: VerbContext,
  token: string,
  purpose: Permit["purpose"],
): Promise<Permit | null> {
  try {
    const { payload } = await jwtVerify<{ recipient?: unknown; with?: unknown }>(token, signingKey(env), {
      algorithms: ["HS256"],
      issuer: ISSUER,
      audience: purpose,
      subject: actor.session,
      requiredClaims: ["exp"],
      currentDate: new Date(now),
    });
    const { recipient, with: extras } = payload;
    const given = Array.isArray(extras) ? extras : [];
    return typeof recipient === "string"
      ? { purpose, publicKey: recipient, with: EXTRAS.filter((extra) => given.includes(extra)) }
      : null;
  } catch {
    // jose throws differently for each way in which a token can be wrong, but to the caller they are all the same.
    return null;
  }
}
