/**
 * How many requests the admin API has answered today (UTC), which is what the console takes of the free plan. Isolates count, and write
 * to D1 only now and then, so that a single request costs no row.
 */
import { waitUntil } from "cloudflare:workers";
import { createMiddleware } from "hono/factory";
import { DAY_MS } from "../../ground/durations.ts";
import type { AdminEnv } from "../api/context.ts";

const NAME = "console_requests";
/** One written row for this many requests. */
const WRITE_EVERY = 50;

let uncounted = 0;

/** Counts each request. The one that completes the count writes it, but its client does not wait for that. */
export const countConsoleRequest = createMiddleware<AdminEnv>(async (c, next) => {
  uncounted++;
  if (uncounted >= WRITE_EVERY) {
    const counted = uncounted;
    uncounted = 0;
    waitUntil(write(c.env, counted, Date.now()));
  }
  return next();
});

/** Today's requests, including those that this isolate has not written yet. */
export async function consoleRequests(env: Env, now: number): Promise<number> {
  const row = await env.DB.prepare("SELECT value FROM settings WHERE name = ?1").bind(NAME).first<{ value: string }>();
  const { day, requests }: { day: number; requests: number } = row ? JSON.parse(row.value) : { day: 0, requests: 0 };
  return uncounted + (day === Math.floor(now / DAY_MS) ? requests : 0);
}

/** Adds to today's count, or begins a new day. What cannot be written is forgotten. */
async function write(env: Env, requests: number, now: number): Promise<void> {
  const day = Math.floor(now / DAY_MS);
  await env.DB.prepare(
    `INSERT INTO settings (name, value) VALUES (?1, json_object('day', ?2, 'requests', ?3))
     ON CONFLICT DO UPDATE SET value = json_object('day', ?2, 'requests',
       ?3 + iif(json_extract(value, '$.day') = ?2, json_extract(value, '$.requests'), 0))`,
  )
    .bind(NAME, day, requests)
    .run()
    .catch(() => undefined);
}
