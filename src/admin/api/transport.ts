/**
 * How a request of the admin API has come: over https, or from this very machine. A password and a session travel with
 * it, and over plain http everybody on the way reads them.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { inRange } from "../../ground/addresses.ts";
import { refuse } from "./refusal.ts";

export function isSecure(c: Context): boolean {
  return new URL(c.req.url).protocol === "https:";
}

/** A cookie's name: over https the browser takes `__Host-` only from this very host, over https, for every path. */
export function cookieName(c: Context, what: "session" | "device"): string {
  return `${isSecure(c) ? "__Host-" : ""}edge_relay_${what}`;
}

/** Refuses what came in the clear, except on loopback, where local development has no certificate. */
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
