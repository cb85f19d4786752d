/**
 * Turns events into alerts. Isolates and objects hear their own events (`hearEvents`) and write alerts without delaying the request. The
 * cron announces what it has seen, and waits for that. If D1 does not accept a write, the event is in the log, and the cron sees its
 * cause again.
 */
import { env as bound, waitUntil } from "cloudflare:workers";
import { listen, log, type RelayEvent } from "../events.ts";
import { MINUTE_MS } from "../ground/durations.ts";
import type { AlertType, Condition } from "./alert.ts";
import { behindRequest, deliver } from "./deliver.ts";
import { conditionOf } from "./from-events.ts";
import { end, raise } from "./outbox.ts";
import { type AlertSettings, readAlertSettings } from "./settings.ts";

/** Which alerts an event ends. */
const ENDS: { [Event in RelayEvent["event"]]?: readonly AlertType[] } = {
  ledger_flushed_again: ["flush_failing"],
};

/** An isolate that meets the same thing a hundred times a second asks D1 only once in this time. */
const HEARD_FOR_MS = 10 * MINUTE_MS;
const HEARD_MOST = 500;
const heard = new Map<string, number>();

/** From now on this isolate's events become alerts. */
export function hearEvents(): void {
  listen((event) => {
    const now = Date.now();
    const condition = conditionOf(event, now);
    const ends = ENDS[event.event];
    if (!condition && !ends) return;
    if (condition && wasHeard(condition, now)) return;
    try {
      waitUntil(tell(bound, event, condition, now));
    } catch {
      // There is no invocation that could wait. The cron will see what the event is about.
    }
  });
}

async function tell(env: Env, event: RelayEvent, condition: Condition | null, now: number): Promise<void> {
  try {
    const told = await toldOf(env, event, condition, null, now);
    if (told.length > 0) await deliver(env, now, behindRequest(now, told));
  } catch (error) {
    log({ event: "alert_not_kept", alert: event.event, error });
  }
}

/**
 * Tells an event whose cause the cron has looked for, and logs it if it is new. Returns whether it is. Delivers nothing. Throws if D1
 * does not accept the write.
 */
export async function announce(env: Env, event: RelayEvent, settings: AlertSettings, now: number): Promise<boolean> {
  const isTold = (await toldOf(env, event, conditionOf(event, now), settings, now)).length > 0;
  if (isTold) log(event);
  return isTold;
}

/** The ids of the alerts that an event has caused, because something began or ended. */
async function toldOf(
  env: Env,
  event: RelayEvent,
  condition: Condition | null,
  settings: AlertSettings | null,
  now: number,
): Promise<string[]> {
  const made = condition ? [await raiseIfWanted(env, condition, settings, now)] : await endOf(env, event, now);
  return made.filter((id) => id !== null);
}

async function raiseIfWanted(
  env: Env,
  condition: Condition,
  settings: AlertSettings | null,
  now: number,
): Promise<string | null> {
  const { percent } = condition;
  if (percent) {
    const wanted = settings ?? (await readAlertSettings(env));
    if (percent.used < wanted[`${percent.of}Percent`]) return null;
  }
  return raise(env, condition, now);
}

/** Ends the alerts that are over by this event. */
async function endOf(env: Env, event: RelayEvent, now: number): Promise<(string | null)[]> {
  if (!("key" in event) || typeof event.key !== "string") return [];
  const ended: (string | null)[] = [];
  for (const type of ENDS[event.event] ?? []) ended.push(await end(env, type, event.key, now));
  return ended;
}

function wasHeard({ type, subject, percent }: Condition, now: number): boolean {
  const name = `${type}/${subject}/${percent?.used ?? ""}`;
  if ((heard.get(name) ?? 0) > now) return true;
  if (heard.size >= HEARD_MOST) heard.clear();
  heard.set(name, now + HEARD_FOR_MS);
  return false;
}
