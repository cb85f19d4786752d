/** The latest alerts in words, and their result at each channel. */
import { and, desc, eq, gte, inArray, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ALERTS, type Alert } from "../../alerts/alert.ts";
import { messageOf } from "../../alerts/message.ts";
import { offsetOf, readAlertSettings } from "../../alerts/settings.ts";
import { alertChannels, alertOutbox, alerts } from "../../alerts/tables.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type Page, readPage } from "../api/paging.ts";
import { isoTime } from "../api/values.ts";
import type { AlertView, DeliveryView, ListAlerts } from "./schema.ts";

type AlertRow = typeof alerts.$inferSelect;

/** One page of alerts, newest first. */
export async function listAlerts(
  { env }: VerbContext,
  { cursor, limit, type, language }: ListAlerts,
): Promise<VerbResult<Page<AlertView>>> {
  const db = drizzle(env.DB);
  const filter = type && eq(alerts.type, type);
  const behindCursor = cursor ? lt(alerts.id, cursor) : undefined;
  const { rows, next } = await readPage<AlertRow, string>({
    limit,
    filtered: filter !== undefined,
    positionOf: (row) => row.id,
    positionAt: async (offset) => {
      const at = db.select({ id: alerts.id }).from(alerts).where(behindCursor);
      return (await at.orderBy(desc(alerts.id)).limit(1).offset(offset).get())?.id ?? null;
    },
    rows: (end, most) => {
      const within = and(behindCursor, end ? gte(alerts.id, end) : undefined, filter);
      return db.select().from(alerts).where(within).orderBy(desc(alerts.id)).limit(most).all();
    },
  });
  // Few alerts wait, and D1 accepts at most a hundred parameters.
  const ids = rows.map(({ id }) => id).slice(0, 90);
  const [settings, channels, waiting] = await Promise.all([
    readAlertSettings(env),
    db.select({ id: alertChannels.id, name: alertChannels.name }).from(alertChannels),
    ids.length > 0 ? db.select().from(alertOutbox).where(inArray(alertOutbox.alertId, ids)) : [],
  ]);
  const nameOf = (id: string) => channels.find((channel) => channel.id === id)?.name ?? null;
  const speech = { language: language ?? settings.language, offsetHours: offsetOf(env) };
  const items = rows.map((row): AlertView => {
    const alert = alertOf(row);
    const { title, lines } = messageOf(alert, speech);
    const waits = waiting
      .filter(({ alertId }) => alertId === row.id)
      .map(
        ({ channelId, attempts, nextAt }): DeliveryView => ({
          ...{ channel_id: channelId, channel: nameOf(channelId), state: "waiting", attempts },
          ...{ time: isoTime(nextAt), reason: null },
        }),
      );
    const ended = Object.entries(row.deliveries).map(
      ([id, { state, at, attempts, why }]): DeliveryView => ({
        ...{ channel_id: id, channel: nameOf(id), state, attempts, time: isoTime(at), reason: why || null },
      }),
    );
    return {
      ...{ id: row.id, time: isoTime(alert.time), type: row.type, level: ALERTS[row.type].level, phase: row.phase },
      ...{ title, lines: [...lines], deliveries: [...waits, ...ended] },
    };
  });
  return { ok: true, value: { items, next_cursor: next } };
}

/** The row was written with the parameters of its type. The id begins with the time (ground/record-id.ts). */
function alertOf({ id, type, subject, phase, params }: AlertRow): Alert {
  return { id, time: Number.parseInt(id.slice(4, 16), 16), type, subject, phase, params } as Alert;
}
