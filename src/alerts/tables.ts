/** The tables of alerts (docs/storage.md describes them). */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AlertType, Phase } from "./alert.ts";
import type { ChannelType } from "./channels.ts";

export const alertChannels = sqliteTable("alert_channels", {
  id: text().primaryKey(),
  name: text().notNull(),
  type: text().$type<ChannelType>().notNull(),
  enabled: integer({ mode: "boolean" }).notNull(),
  /** The types of alerts that it gets. */
  alerts: text({ mode: "json" }).$type<AlertType[]>().notNull(),
  /** Whether it is told when a condition is over. */
  recoveries: integer({ mode: "boolean" }).notNull(),
  maxPerHour: integer("max_per_hour").notNull(),
  /** Its configuration, as a sealed JSON object. */
  sealed: text().notNull(),
  /** The part of the configuration that is no secret. */
  shown: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
  /** When the current hour began; below, how many messages were sent in it. */
  windowStartedAt: integer("window_started_at").notNull().default(0),
  windowSent: integer("window_sent").notNull().default(0),
  /** The channel wants no message before this time. */
  retryAt: integer("retry_at").notNull().default(0),
  lastOkAt: integer("last_ok_at"),
  lastErrorAt: integer("last_error_at"),
  lastError: text("last_error").notNull().default(""),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** The result of an alert at a channel. */
export interface Delivery {
  /** `unclear`: nobody knows whether it arrived; `expired`: its turn never came; `dropped`: too much was waiting already. */
  state: "sent" | "failed" | "unclear" | "expired" | "dropped";
  /** Milliseconds since the epoch. */
  at: number;
  attempts: number;
  /** Why it was not sent; empty if it was. */
  why: string;
}

export const alerts = sqliteTable("alerts", {
  id: text().primaryKey(),
  type: text().$type<AlertType>().notNull(),
  subject: text().notNull(),
  phase: text().$type<Phase>().notNull(),
  params: text({ mode: "json" }).$type<object>().notNull(),
  /** By channel; under `*` what holds for all. */
  deliveries: text({ mode: "json" }).$type<Record<string, Delivery>>().notNull(),
});

export const alertEpisodes = sqliteTable(
  "alert_episodes",
  {
    type: text().$type<AlertType>().notNull(),
    subject: text().notNull(),
    openedAt: integer("opened_at").notNull(),
    notifiedAt: integer("notified_at").notNull(),
    endsAt: integer("ends_at"),
    params: text({ mode: "json" }).$type<object>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.type, table.subject] })],
);

export const alertOutbox = sqliteTable(
  "alert_outbox",
  {
    alertId: text("alert_id").notNull(),
    channelId: text("channel_id").notNull(),
    attempts: integer().notNull(),
    sending: integer({ mode: "boolean" }).notNull(),
    unclear: integer().notNull(),
    nextAt: integer("next_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.alertId, table.channelId] })],
);
