/**
 * `/metrics`: for a Prometheus with METRICS_TOKEN, which opens nothing else, and for an administrator's session. It is outside `/admin`.
 * With the token it does not require Cloudflare Access, because a scraper cannot sign in there.
 */
import { timingSafeEqual } from "node:crypto";
import { createMiddleware } from "hono/factory";
import { Hono } from "hono/tiny";
import type { AdminEnv } from "../api/context.ts";
import { addressOf } from "../api/context.ts";
import { requireAccess, requireSession } from "../api/guard.ts";
import { harden } from "../api/hardening.ts";
import { requireHttps } from "../api/transport.ts";
import { readSessionToken } from "../sessions/presented.ts";
import { CONTENT_TYPE } from "./exposition.ts";
import { readMetrics } from "./read.ts";

declare global {
  interface __BaseEnv_Env {
    /** An optional secret. `wrangler types` knows only those that are required. */
    METRICS_TOKEN?: string;
  }
}

/** A shorter token could be guessed, and counts as none. */
const SHORTEST_TOKEN = 32;

const requireScraper = createMiddleware<AdminEnv>(async (c, next) => {
  const { token, fromCookie } = readSessionToken(c);
  if (!fromCookie && (await isMetricsToken(c.env, token))) return next();
  const refused = await requireAccess(c, async () => undefined);
  return refused ?? requireSession(c, next);
});

async function isMetricsToken({ METRICS_TOKEN: expected = "" }: Env, given: string): Promise<boolean> {
  if (expected.length < SHORTEST_TOKEN) return false;
  const [left, right] = await Promise.all(
    [given, expected].map((text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
  );
  return left !== undefined && right !== undefined && timingSafeEqual(new Uint8Array(left), new Uint8Array(right));
}

export const metrics = new Hono<AdminEnv>()
  .use("*", harden, requireHttps, requireScraper)
  .get("/metrics", async (c) => {
    const actor = { name: "metrics", session: "", identity: "", address: addressOf(c) };
    const text = await readMetrics({ env: c.env, actor, now: Date.now() });
    return c.text(text, 200, { "content-type": CONTENT_TYPE });
  });
