/** Alerts at the API's edge. */
import * as z from "zod";
import { ALERT_TYPES, type AlertType, type Phase, type TypeRules } from "../../alerts/alert.ts";
import { CHANNEL_TYPES, type ChannelType } from "../../alerts/channels.ts";
import { LANGUAGES, type Language } from "../../alerts/settings.ts";
import { idCursor, pageQuery } from "../api/paging.ts";
import { usd } from "../api/values.ts";
import { configBody } from "./config.ts";

export const MOST_CHANNELS = 20;

const types = z
  .array(z.enum(ALERT_TYPES))
  .max(ALERT_TYPES.length)
  .transform((chosen) => [...new Set(chosen)]);

export const createChannelBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  type: z.enum(CHANNEL_TYPES),
  config: configBody,
  enabled: z.boolean().optional(),
  /** The types of alerts that it is sent; left out: all. */
  alerts: types.optional(),
  /** Whether it is told when something is over. */
  recoveries: z.boolean().optional(),
  max_per_hour: z.number().int().min(1).max(1_000).optional(),
});

/** `config`, when given, is all of it. */
export const updateChannelBody = createChannelBody.omit({ type: true }).partial();

export const testBody = createChannelBody.pick({ type: true, config: true });

const percent = z.number().int().min(50).max(95).multipleOf(5);
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 22:00");

export const alertSettingsBody = z
  .strictObject({
    language: z.enum(LANGUAGES),
    /** In the relay's time zone. */
    quiet_hours: z.strictObject({ from: clock, to: clock }).nullable(),
    urgent_passes: z.boolean(),
    remind_hours: z.number().int().min(1).max(720).nullable(),
    key_percent: percent,
    budget_percent: percent,
    allowance_percent: percent,
    daily_budget_usd: usd.nullable(),
    monthly_budget_usd: usd.nullable(),
    cache_points: z.number().int().min(5).max(90).nullable(),
    digest: z.enum(["off", "day", "week"]),
    digest_hour: z.number().int().min(0).max(23),
    release_feed_url: z.string().trim().max(500),
  })
  .partial();

export const listAlertsQuery = pageQuery.extend({
  cursor: idCursor("alr"),
  type: z.enum(ALERT_TYPES).optional(),
  language: z.enum(LANGUAGES).optional(),
});

export type CreateChannel = z.output<typeof createChannelBody>;
export type UpdateChannel = z.output<typeof updateChannelBody>;
export type TestChannel = z.output<typeof testBody>;
export type UpdateAlertSettings = z.output<typeof alertSettingsBody>;
export type ListAlerts = z.output<typeof listAlertsQuery>;

export interface ChannelView {
  id: string;
  name: string;
  type: ChannelType;
  enabled: boolean;
  alerts: AlertType[];
  recoveries: boolean;
  max_per_hour: number;
  /** What of its configuration is no secret; of a secret address the host. */
  shown: Record<string, string>;
  /** How many alerts wait for it. */
  waiting: number;
  last_sent_at: string | null;
  last_error: { time: string; reason: string } | null;
  created_at: string;
  updated_at: string;
}

export interface AlertSettingsView {
  language: Language;
  quiet_hours: { from: string; to: string } | null;
  urgent_passes: boolean;
  remind_hours: number | null;
  key_percent: number;
  budget_percent: number;
  allowance_percent: number;
  daily_budget_usd: string | null;
  monthly_budget_usd: string | null;
  cache_points: number | null;
  digest: "off" | "day" | "week";
  digest_hour: number;
  release_feed_url: string;
}

export interface DeliveryView {
  channel_id: string;
  /** Null where the channel is gone, or all are meant. */
  channel: string | null;
  state: "waiting" | "sent" | "failed" | "unclear" | "expired" | "dropped";
  attempts: number;
  /** When it ended; when it is tried next where it waits. */
  time: string;
  reason: string | null;
}

export interface AlertView {
  id: string;
  time: string;
  type: AlertType;
  level: TypeRules["level"];
  phase: Phase;
  /** In the language that was asked for, else in the operator's. */
  title: string;
  lines: string[];
  deliveries: DeliveryView[];
}

export interface AlertMetaView {
  types: { type: AlertType; level: TypeRules["level"]; recovers: boolean }[];
  channels: {
    type: ChannelType;
    fields: { name: string; kind: "address" | "text"; secret: boolean; optional: boolean; preset: string | null }[];
  }[];
  /** Whether the Worker has the binding that letters go through. */
  email_bound: boolean;
}

/** What a channel has made of a test. */
export interface TestView {
  sent: boolean;
  /** Why not: the channel's words, or ours. */
  reason: string | null;
}
