/**
 * How a request of the admin API has come: over https, or from this machine. It carries a password or a session, which over plain http
 * everybody on the way could read.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { inRange } from "../../ground/addresses.ts";
import { refuse } from "./refusal.ts";

export function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:";
}

/** A cookie's name. The browser accepts `__Host-` only over https, from this very host, for all paths. */
export function cookieName(c: Context, what: "session" | "device"): string {
  return `${isSecure(c) ? "__Host-" : ""}edge_relay_${what}`;
}

/** Refuses plain http, except on loopback, where local development has no certificate. */
export const requireHttps = createMiddleware(async (c, next) => {
  if (isSecure(c)) {
    await next();
    c.res.headers.set("strict-transport-security", "max-age=31536000");
    return;
  }
  if (isLoopback(new URL(c.req.url).hostname)) return next();
  return refuse(c, { reason: "https_required", message: "The admin API answers over https only" });
});

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  if (inRange(address, "127.0.0.0/8") || inRange(address, "::1")) return true;
  return hostname === "localhost" || hostname.endsWith(".localhost");
}
