/**
 * Cloudflare Access as a front for the admin API, where ACCESS_TEAM_DOMAIN and ACCESS_AUD are set: each request must
 * bring the token that Access adds to what it lets through. It says who somebody is; the password and the session are
 * asked for all the same. Behind static assets the runtime verifies nothing (there is no `ctx.access`), and the header
 * with the e-mail address alone can be written by anybody who finds another way to the Worker.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { record } from "../../events.ts";
import { HOUR_MS } from "../../ground/durations.ts";
import type { Result } from "../../vocabulary.ts";
import type { AdminRefusal } from "./refusal.ts";

/** How long keys count as fresh; Access rotates them every six weeks, and keeps the old ones for a week. */
const FRESH_MS = HOUR_MS;
/** A token that names an unknown key may be forged: so often, at most, it makes us ask for the keys again. */
const ASK_AGAIN_MS = 30_000;
const PATIENCE_MS = 5_000;

interface Keys {
  teamDomain: string;
  set: JSONWebKeySet;
  /** When they were asked for. */
  at: number;
}

/** The keys themselves, never the promise of them: that would belong to the request that asked first, and end with it. */
let known: Keys | undefined;

/** Whose request it is: empty where Access does not stand in front. `now` in milliseconds since the epoch. */
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

/** Who it is, or null for a token that is wrong in whatever way. Throws where there are no keys to verify it with. */
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
      // Only a key that we do not know is worth a second look.
      if (!(error instanceof errors.JWKSNoMatchingKey)) return null;
    }
  }
  return null;
}

/** A person has an e-mail address, a service token the name of its client id. */
function identityIn(payload: Record<string, unknown>): string | null {
  const { email, common_name } = payload;
  if (typeof email === "string" && email !== "") return email.slice(0, 320);
  return typeof common_name === "string" && common_name !== "" ? `service:${common_name.slice(0, 320)}` : null;
}

/** `again`: those known do not do. Null where they were asked for a moment ago. Each request asks by itself. */
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
    // Old keys that still verify are better than nobody who can sign in.
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
