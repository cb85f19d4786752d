/**
 * Cloudflare Access in front of the admin API, if ACCESS_TEAM_DOMAIN and ACCESS_AUD are set. Each request must then bring the token that
 * Access adds to what it lets through. The token only says who somebody is; the password and the session are required all the same.
 * Behind static assets the runtime verifies nothing (there is no `ctx.access`), and anybody who finds another way to the Worker can write
 * the header with the email address.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { record } from "../../events.ts";
import { HOUR_MS } from "../../ground/durations.ts";
import type { Result } from "../../vocabulary.ts";
import type { AdminRefusal } from "./refusal.ts";

/** How long keys count as fresh; Access rotates them every six weeks, and keeps the old ones for a week. */
const FRESH_MS = HOUR_MS;
/** A token that names an unknown key may be forged, so it makes us ask for the keys again only this often. */
const ASK_AGAIN_MS = 30_000;
const PATIENCE_MS = 5_000;

interface Keys {
  teamDomain: string;
  set: JSONWebKeySet;
  /** When they were requested. */
  at: number;
}

/** The keys themselves and never a promise: that would belong to the request that asked first, and end with it. */
let known: Keys | undefined;

/** Who makes the request: empty if Access is not in front. `now` in milliseconds since the epoch. */
export async function accessIdentity(env: Env, headers: Headers, now: number): Promise<Result<string, AdminRefusal>> {
  const { ACCESS_TEAM_DOMAIN: domain, ACCESS_AUD: audience } = env;
  if (!domain && !audience) return { ok: true, value: "" };
  const team = teamDomainOf(domain);
  if (!team || !audience) {
    const message = "Set both ACCESS_TEAM_DOMAIN (such as team.cloudflareaccess.com) and ACCESS_AUD, or neither";
    return { ok: false, refusal: { reason: "not_configured", message } };
  }
  const token = headers.get("cf-access-jwt-assertion");
  if (!token) return DENIED;
  try {
    const verified = await verify(token, team, audience, now);
    return verified === null ? DENIED : { ok: true, value: verified };
  } catch (error) {
    record({ event: "access_keys_unavailable", error });
    const message = "The keys of Cloudflare Access cannot be had at the moment; try again";
    return { ok: false, refusal: { reason: "access_unavailable", message } };
  }
}

const DENIED = {
  ok: false,
  refusal: { reason: "access_denied", message: "Cloudflare Access did not let this request through" },
} as const;

/** `team`, `team.cloudflareaccess.com` and its URL all name one team; null for anything else. */
function teamDomainOf(text: string): string | null {
  const name = text
    .trim()
    .replace(/^https:\/\//, "")
    .replace(/\/+$/, "");
  if (/^[a-z0-9-]+$/i.test(name)) return `${name}.cloudflareaccess.com`.toLowerCase();
  return /^[a-z0-9-]+\.cloudflareaccess\.com$/i.test(name) ? name.toLowerCase() : null;
}

/** Who it is, or null if the token is wrong in any way. Throws if there are no keys to verify it with. */
async function verify(token: string, team: string, audience: string, now: number): Promise<string | null> {
  for (const again of [false, true]) {
    const keys = await keysOf(team, again, now);
    if (keys === null) return null;
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
        issuer: `https://${team}`,
        audience,
        algorithms: ["RS256"],
        requiredClaims: ["exp", "iat", "sub"],
        currentDate: new Date(now),
      });
      return identityIn(payload);
    } catch (error) {
      // Only a token with an unknown key is worth another try.
      if (!(error instanceof errors.JWKSNoMatchingKey)) return null;
    }
  }
  return null;
}

/** A person has an email address; a service token has a client id. */
function identityIn(payload: Record<string, unknown>): string | null {
  const { email, common_name } = payload;
  if (typeof email === "string" && email !== "") return email.slice(0, 320);
  return typeof common_name === "string" && common_name !== "" ? `service:${common_name.slice(0, 320)}` : null;
}

/** `again`: the known keys are not enough. Null if they were requested a moment ago. Each request asks by itself. */
async function keysOf(teamDomain: string, again: boolean, now: number): Promise<JSONWebKeySet | null> {
  const remembered = known?.teamDomain === teamDomain ? known : undefined;
  if (remembered && again && now - remembered.at < ASK_AGAIN_MS) return null;
  if (remembered && !again && now - remembered.at < FRESH_MS) return remembered.set;
  try {
    const set = await fetchKeys(teamDomain);
    known = { teamDomain, set, at: now };
    return set;
  } catch (error) {
    if (!remembered) throw error;
    // To keep old keys that still verify is better than to let nobody sign in.
    record({ event: "access_keys_kept", error });
    return again ? null : remembered.set;
  }
}

async function fetchKeys(teamDomain: string): Promise<JSONWebKeySet> {
  const response = await fetch(`https://${teamDomain}/cdn-cgi/access/certs`, {
    signal: AbortSignal.timeout(PATIENCE_MS),
    redirect: "manual",
  });
  if (!response.ok) throw new Error(`${teamDomain} answered ${response.status}`);
  const set = await response.json<JSONWebKeySet>();
  if (!Array.isArray(set.keys)) throw new Error(`${teamDomain} answered no keys`);
  return set;
}
