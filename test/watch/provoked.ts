/** A relay with one channel of each kind, and what arrived there. */
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { Condition } from "../../src/alerts/alert.ts";
import type { scheduled as Scheduled } from "../../src/scheduled.ts";
import type { watch as Watch } from "../../src/watch/watch.ts";
import { asAdmin } from "../admin/client.ts";
import { HTTP_CHANNELS, SERVICES, type Served, serve, setClock } from "../alerts/services.ts";
import { forgetModules } from "../modules.ts";
import { emptyLedger } from "../store/rows.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export let served: Served;
/** Of an isolate that has remembered nothing: what is remembered of accounts knows no clock that goes back. */
let isolate: { watch: typeof Watch; scheduled: typeof Scheduled; forgetSnapshot: () => void };

/** One channel of each kind that wants everything. */
export async function makeChannels(): Promise<void> {
  for (const type of HTTP_CHANNELS) {
    const channel = { name: type, type, config: SERVICES[type].config, max_per_hour: 1_000 };
    expect((await asAdmin("POST", "/admin/alerts/channels", channel)).status).toBe(201);
  }
}

/** Nothing was ever told, nothing was used, and there are no accounts. `elsewhere`: what answers that is no channel. */
export async function beginAnew(elsewhere?: Parameters<typeof serve>[0]): Promise<void> {
  for (const level of ["error", "warn", "info"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  served = serve(elsewhere);
  forgetModules();
  const { hearEvents } = await import("../../src/alerts/announce.ts");
  hearEvents();
  const [{ watch }, { scheduled }, { forgetSnapshot }] = await Promise.all([
    import("../../src/watch/watch.ts"),
    import("../../src/scheduled.ts"),
    import("../../src/store/snapshot.ts"),
  ]);
  isolate = { watch, scheduled, forgetSnapshot };
  await emptyLedger();
  const tables = [
    "alert_episodes",
    "alerts",
    "alert_outbox",
    "key_figures",
    "account_health",
    "credentials",
    "accounts",
  ];
  await env.DB.batch([
    ...tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    env.DB.prepare("UPDATE settings SET value = value + 1 WHERE name = 'snapshot_version'"),
    env.DB.prepare("INSERT INTO settings VALUES ('health_version', '0')"),
    env.DB.prepare("UPDATE alert_channels SET retry_at = 0"),
  ]);
}

/** A run of the cron. */
export async function watchAt(now: number, bindings: Partial<Env> = {}): Promise<void> {
  isolate.forgetSnapshot();
  setClock(now);
  await isolate.watch({ ...env, ...bindings }, now);
}

/** An hour of them: everything but the daily is looked at. */
export async function watchHour(from: number): Promise<void> {
  for (let minutes = 0; minutes < 60; minutes += 5) await watchAt(from + minutes * 60_000);
}

/** The hourly run. */
export async function workAt(now: number, bindings: Partial<Env> = {}): Promise<void> {
  setClock(now);
  await isolate.scheduled({ ...env, ...bindings }, now);
}

/** The whole hour that is. */
export function thisHour(): number {
  return Math.floor(Date.now() / HOUR) * HOUR;
}

/** So many minutes behind this whole hour: src/watch/watch.ts says what is looked at then. */
export const at = (minutes: number, hours = 0) => thisHour() + minutes * 60_000 + hours * HOUR;

/** Every channel has this text, once, and the webhook has it as that type. */
export function expectOnce(type: Condition["type"], text: RegExp, phase = "raised"): void {
  const texts = served.arrived.map((arrived) => arrived.text);
  const arrived = served.arrived.filter((one) => text.test(one.text));
  expect(arrived.map((one) => one.type).sort(), texts.join("\n---\n")).toEqual([...HTTP_CHANNELS].sort());
  expect(arrived.flatMap(({ body }) => (body.phase ? [[body.type, body.phase]] : []))).toEqual([[type, phase]]);
}

export const account = async (name: string, fields: object = {}): Promise<string> => {
  const kind = { platform: "anthropic", kind: "api-key", api_key: `sk-${name}-0123456789` };
  const { status, body } = await asAdmin("POST", "/admin/accounts", { name, ...kind, ...fields });
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
};
