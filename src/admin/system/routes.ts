/**
 * `/admin/system`: what is running, and how it is configured. Only names and figures: nothing here is a secret, or tells the length of
 * one.
 */
import { Hono } from "hono/tiny";
import { weakSecrets } from "../../ground/secrets.ts";
import { VERSION } from "../../ground/version.ts";
import { feedStatus } from "../../jobs/price-refresh.ts";
import { type AdminEnv, respond, type VerbContext, type VerbResult, verbContext } from "../api/context.ts";
import { readMeter } from "../overview/meter.ts";
import type { MeterView } from "../overview/schema.ts";
import { readSettings, type SettingsView } from "../settings/settings.ts";

export interface SystemView {
  version: string;
  /** The last migration of D1; null if it is unknown. */
  schema: string | null;
  settings: SettingsView;
  /** What only a deployment changes. */
  deployment: {
    timezone_offset_hours: number;
    log_level: string;
    price_feed: boolean;
    cloudflare_access: boolean;
    private_upstreams: boolean;
  };
  /** Secrets that are too weak. With one of these nobody can sign in. */
  weak_secrets: string[];
  price_feed: { at: string; ok: boolean; models: number; problems: string[] } | null;
  meter: MeterView;
}

async function readSystem(context: VerbContext): Promise<VerbResult<SystemView>> {
  const { env, now } = context;
  const [settings, schema, feed, meter] = await Promise.all([
    readSettings(context),
    lastMigration(env),
    feedStatus(env),
    readMeter(env, 0, now),
  ]);
  if (!settings.ok) return settings;
  return {
    ok: true,
    value: {
      version: VERSION,
      schema,
      settings: settings.value,
      deployment: {
        timezone_offset_hours: Number(env.TIMEZONE_OFFSET) || 0,
        log_level: env.LOG_LEVEL,
        price_feed: env.PRICE_FEED_URL !== "",
        cloudflare_access: env.ACCESS_TEAM_DOMAIN !== "" && env.ACCESS_AUD !== "",
        private_upstreams: env.ALLOW_PRIVATE_UPSTREAMS === "1",
      },
      weak_secrets: weakSecrets(env),
      price_feed: feed && { at: feed.at, ok: feed.ok, models: feed.models, problems: feed.problems },
      meter,
    },
  };
}

/** According to wrangler's own table, which a database that was made in another way may lack. */
async function lastMigration(env: Env): Promise<string | null> {
  try {
    return await env.DB.prepare("SELECT name FROM d1_migrations ORDER BY id DESC LIMIT 1").first<string>("name");
  } catch {
    return null;
  }
}

export const systemRoutes = new Hono<AdminEnv>().get("/", async (c) =>
  respond(c, await readSystem(verbContext(c)), 200),
);
