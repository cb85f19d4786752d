/**
 * Which relay a verb talks to, and as whom. The most specific counts: an option, the environment, the profile in use, and finally the relay
 * that `npm start` runs on this machine, whose password is in this clone. Pure except for the files that it reads.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDevVars } from "../start/dev-vars.ts";
import { readStored, type ServiceToken, type Stored } from "./credential-file.ts";
import { failed, type Outcome } from "./failure.ts";
import type { System } from "./system.ts";

/** Options that every verb has. */
export interface Where {
  url?: string | undefined;
  profile?: string | undefined;
}

export interface Connection {
  /** Origin: no path, no slash at the end. */
  url: string;
  username: string;
  /** Null if a person has to be asked. */
  password: string | null;
  /** The token of a session that was given. Nothing renews it. */
  token: string | null;
  access: ServiceToken | null;
}

export function findConnection(system: System, where: Where): Outcome<Connection> {
  const stored = readStored(system);
  if (!stored.ok) return stored;
  const target = targetOf(system, where, stored.value);
  if (!target.ok) return target;
  const { profile, named } = target.value;
  const url = originOf(target.value.url);
  if (!url.ok) return url;
  // A profile that is named has its own secrets. Those of the environment are for another relay.
  const env = named ? {} : system.env;
  const local = isLoopback(url.value) ? localSecrets(system) : { ok: true as const, value: {} };
  if (!local.ok) return local;
  const { ADMIN_USERNAME: username, ADMIN_PASSWORD: password } = local.value as Record<string, string | undefined>;
  return {
    ok: true,
    value: {
      url: url.value,
      username: env.EDGE_RELAY_USERNAME || profile?.username || username || "admin",
      password: env.EDGE_RELAY_PASSWORD || profile?.password || password || null,
      token: env.EDGE_RELAY_TOKEN || null,
      access: accessIn(env) ?? profile?.access ?? null,
    },
  };
}

interface Target {
  url: string;
  profile: Stored["profiles"][string] | undefined;
  /** Whether somebody has named the profile. */
  named: boolean;
}

function targetOf({ env }: System, where: Where, { current, profiles }: Stored): Outcome<Target> {
  const name = where.profile ?? (where.url === undefined ? env.EDGE_RELAY_PROFILE || undefined : undefined);
  if (name !== undefined) {
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile) {
      const known = Object.keys(profiles).join(", ") || "none";
      return failed("usage", `There is no profile ${name}.`, `Known: ${known}. \`edge-relay setup\` makes one.`);
    }
    if (where.url !== undefined && where.url.replace(/\/+$/, "") !== profile.url)
      return failed("usage", `--profile ${name} is ${profile.url}, and --url another relay.`, "Give one of the two.");
    return { ok: true, value: { url: profile.url, profile, named: true } };
  }
  const url = where.url ?? (env.EDGE_RELAY_URL || undefined);
  if (url !== undefined) {
    const profile = Object.values(profiles).find((each) => each.url === url.replace(/\/+$/, ""));
    return { ok: true, value: { url, profile, named: false } };
  }
  const profile = current === null ? undefined : profiles[current];
  if (profile) return { ok: true, value: { url: profile.url, profile, named: false } };
  return { ok: true, value: { url: localUrl(env), profile: undefined, named: false } };
}

/** The address of `npm start`. */
export function localUrl({ PORT }: System["env"]): string {
  return `http://127.0.0.1:${PORT?.trim() || "8787"}`;
}

/** The origin of a typed address. A path is refused, because it belongs to a client's base URL, and there are many of those. */
export function originOf(typed: string): Outcome<string> {
  const url = URL.parse(/^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`);
  if (!url || !/^https?:$/.test(url.protocol)) return failed("usage", `${typed} is no http or https address.`);
  if (url.pathname !== "/" || url.search || url.username) {
    return failed(
      "usage",
      `${typed} is more than the relay's address.`,
      `Give ${url.origin} alone: base URLs with a path are for clients.`,
    );
  }
  if (url.protocol === "http:" && !isLoopback(url.origin)) {
    return failed("usage", `${typed} would send the password in the clear.`, `Use https://${url.host}.`);
  }
  return { ok: true, value: url.origin };
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127\./.test(hostname);
}

/** As for `npm start`: the environment counts before `.dev.vars`. */
function localSecrets({ env, root }: System): Outcome<Record<string, string>> {
  const path = join(root, ".dev.vars");
  const file = parseDevVars(existsSync(path) ? readFileSync(path, "utf8") : "");
  if (!file.ok) return failed("failed", file.refusal);
  const names = ["ADMIN_USERNAME", "ADMIN_PASSWORD"] as const;
  const given = names.flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return { ok: true, value: { ...file.value, ...Object.fromEntries(given) } };
}

function accessIn({ CF_ACCESS_CLIENT_ID: id, CF_ACCESS_CLIENT_SECRET: secret }: System["env"]): ServiceToken | null {
  return id && secret ? { id, secret } : null;
}
