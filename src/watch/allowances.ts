/** Tells when the free plan's daily allowances come near their end, by the meter that the overview shows. */
import { readMeter } from "../admin/overview/meter.ts";
import { announce } from "../alerts/announce.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import { kindOf } from "../providers/kinds.ts";
import { loadPool } from "../store/snapshot.ts";

export async function watchAllowances(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const { accounts } = await loadPool(env, now);
  const renewing = accounts.filter(({ platform, kind }) => kindOf(platform, kind.name)?.oauth).length;
  const { from, allowances } = await readMeter(env, renewing, now);
  for (const { name: allowance, used, limit, exhausted_at } of allowances) {
    await announce(env, { event: "allowance_near", allowance, used, limit, day: from, exhausted_at }, settings, now);
  }
}
