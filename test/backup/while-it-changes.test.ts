/** A relay that changes while it is backed up, and what is remembered of sums that a restore adds to. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { readDayCosts } from "../../src/admin/overview/day-costs.ts";
import { makeRecipient, recipientText } from "../../src/backup/file/recipient.ts";
import { DAY_MS, HOUR_MS } from "../../src/ground/durations.ts";
import { retain } from "../../src/jobs/retention.ts";
import { scheduledBackup } from "../../src/jobs/scheduled-backup.ts";
import { forgetDayCosts } from "../../src/store/day-costs.ts";
import { asAdmin, signInAgain } from "../admin/client.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { permitFor } from "./through-the-api.ts";

const recipient = await makeRecipient({ name: "scrypt", n: 2, r: 1, p: 1, salt: "c2FsdA" }, async () =>
  new Uint8Array(32).fill(5),
);
const NOW = Date.now();
const TODAY = Math.floor(NOW / DAY_MS);

beforeEach(async () => {
  await emptyLedger();
  await env.DB.prepare("DELETE FROM settings WHERE name IN ('day_costs', 'scheduled_backup')").run();
  await env.DB.prepare("DELETE FROM audit").run();
  // Tests that look a day ahead have ended the session.
  await signInAgain();
});

async function page(permit: string, part: string) {
  const { status, body } = await asAdmin("POST", "/admin/backup/pages", { permit, part });
  expect(status).toBe(200);
  return body.page as unknown as { columns: string[]; rows: unknown[][] };
}

test("a sum that grows old between two pages of a backup is in one of them", async () => {
  await book("k", [entry(NOW - 400 * DAY_MS)]);
  const permit = await permitFor("backup", { public_key: recipient.public_key });
  const days = await page(permit, "usage_daily");
  await retain(env, NOW);
  const hours = await page(permit, "usage_hourly");
  expect(days.rows.length + hours.rows.length).toBe(1);
  expect((await retain(env, NOW + 3 * HOUR_MS)).hoursFolded, "later").toBe(1);
});

test("hours wait to be folded while the relay's own backup is under way, and no longer than a day", async () => {
  await book("k", [entry(NOW - 400 * DAY_MS)]);
  Object.assign(env, { BACKUP_KEY: recipientText(recipient) });
  expect(await scheduledBackup(env, NOW)).toBe("under_way");
  expect((await retain(env, NOW + HOUR_MS)).hoursFolded).toBe(0);
  expect((await retain(env, NOW + 25 * HOUR_MS)).hoursFolded).toBe(1);
});

test("what days have cost is not kept where a price came between the reading and the keeping", async () => {
  const day = TODAY - 3;
  await book("k", [entry(day * DAY_MS + HOUR_MS, { costNanos: 5 })]);
  const DB = new Proxy(env.DB, {
    get(target, member) {
      if (member !== "prepare") return Reflect.get(target, member).bind(target);
      return (sql: string) => {
        if (!sql.startsWith("SELECT folded")) return target.prepare(sql);
        return {
          bind: (...values: unknown[]) => ({
            all: async () => {
              const read = await target
                .prepare(sql)
                .bind(...values)
                .all();
              await target.batch([target.prepare("UPDATE usage_hourly SET cost_nanos = 9"), forgetDayCosts(env)]);
              return read;
            },
          }),
        };
      };
    },
  });
  const offset = Number(env.TIMEZONE_OFFSET) || 0;
  expect(offset).toBe(0);
  await readDayCosts({ ...env, DB }, NOW, day);
  expect((await readDayCosts(env, NOW, day))?.get(day)).toBe(9);
  expect((await readDayCosts(env, NOW, day))?.get(day), "kept").toBe(9);
});

test("sums that a restore brings are in the month's cost, though its days were added up before", async () => {
  const day = TODAY - 3;
  await book("k", [entry(day * DAY_MS + HOUR_MS, { costNanos: 5 })]);
  const { columns, rows } = await page(await permitFor("backup", { public_key: recipient.public_key }), "usage_hourly");
  await emptyLedger();
  expect((await readDayCosts(env, NOW, day))?.get(day)).toBe(0);
  const sent = { permit: await permitFor("restore"), part: "usage_hourly", columns, rows };
  expect((await asAdmin("POST", "/admin/backup/rows", sent)).status).toBe(200);
  expect((await readDayCosts(env, NOW, day))?.get(day)).toBe(5);
});
