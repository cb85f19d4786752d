/**
 * Tells gates of money that was booked to their keys in D1 after the fact. Each correction is a row of `settings`, written in the
 * transaction that moved the money and deleted once the gate has it. A gate knows a correction by its name, so one that is told
 * twice counts once.
 */
import { and, gt, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { record } from "../events.ts";
import { settings } from "./schema.ts";

/** When a request was booked, milliseconds since the epoch, and by how many nano-dollars it was booked too low. */
export type Correction = [at: number, nanos: number];

/** `correction/<id>/<key id>` → JSON of {@link Correction}s. */
export const CORRECTION_PREFIX = "correction/";
/** The first name that sorts after all of them. */
const BEHIND = "correction0";

/** How many are told in one call, since each is one object request; the rest is told next time. */
const CORRECTIONS_PER_CALL = 200;

/** Tells the gates, oldest correction first. Returns how many gates did not answer. */
export async function sendCorrections(env: Env): Promise<number> {
  const db = drizzle(env.DB);
  const waiting = await db
    .select()
    .from(settings)
    .where(and(gt(settings.name, CORRECTION_PREFIX), lt(settings.name, BEHIND)))
    .orderBy(settings.name)
    .limit(CORRECTIONS_PER_CALL);
  const told = await Promise.all(waiting.map(({ name, value }) => tell(env, name, correctionsIn(value))));
  const done = waiting.filter((_, at) => told[at]).map(({ name }) => name);
  if (done.length > 0) {
    await db.delete(settings).where(sql`${settings.name} in (select value from json_each(${JSON.stringify(done)}))`);
  }
  return waiting.length - done.length;
}

/** A row from before corrections had a time is a bare sum, which counts for the total alone. */
function correctionsIn(value: string): Correction[] {
  const parsed: Correction[] | number = JSON.parse(value);
  return typeof parsed === "number" ? [[0, parsed]] : parsed;
}

async function tell(env: Env, name: string, corrections: Correction[]): Promise<boolean> {
  const keyId = name.slice(name.lastIndexOf("/") + 1);
  try {
    await env.GATE.getByName(keyId).correct(keyId, name, corrections);
    return true;
  } catch (error) {
    record({ event: "correction_waits", key: keyId, error });
    return false;
  }
}
