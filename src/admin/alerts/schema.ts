/** The shape of alerts in the API. */
import * as z from "zod/mini";
import { ALERT_TYPES, type AlertType, type Phase, type TypeRules } from "../../alerts/alert.ts";
import { CHANNEL_TYPES, type ChannelType } from "../../alerts/channels.ts";
import { LANGUAGES, type Language } from "../../alerts/settings.ts";
import { into, matching, trimmed, whole } from "../../ground/shape.ts";
import { idCursor, pageQuery } from "../api/paging.ts";
import { usd } from "../api/values.ts";
import { configBody } from "./config.ts";

export const MOST_CHANNELS = 20;

const types = into(z.array(z.enum(ALERT_TYPES)).check(z.maxLength(ALERT_TYPES.length)), (chosen) => [
  ...new Set(chosen),
]);

export const createChannelBody = z.strictObject({
  name: trimmed(1, 100),
  type: z.enum(CHANNEL_TYPES),
  config: configBody,
  enabled: z.optional(z.boolean()),
  /** The types of alerts that it gets; left out: all. */
  alerts: z.optional(types),
  /** Whether it is told when a condition is over. */
  recoveries: z.optional(z.boolean()),
  max_per_hour: z.optional(whole(1, 1_000)),
});

/** `config`, if given, replaces all of it. */
export const updateChannelBody = z.partial(z.omit(createChannelBody, { type: true }));

export const testBody = z.pick(createChannelBody, { type: true, config: true });

const percent = z.int().check(z.minimum(50), z.maximum(95), z.multipleOf(5, "must be a multiple of 5"));
const clock = matching(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 22:00");

export const alertSettingsBody = z.partial(
  z.strictObject({
    language: z.enum(LANGUAGES),
    /** In the relay's time zone. */
    quiet_hours: z.nullable(z.strictObject({ from: clock, to: clock })),
    urgent_passes: z.boolean(),
    remind_hours: z.nullable(whole(1, 720)),
    key_percent: percent,
    budget_percent: percent,
    allowance_percent: percent,
    daily_budget_usd: z.nullable(usd),
    monthly_budget_usd: z.nullable(usd),
    cache_points: z.nullable(whole(5, 90)),
    digest: z.enum(["off", "day", "week"]),
    digest_hour: whole(0, 23),
    release_feed_url: trimmed(0, 500),
  }),
);

export const listAlertsQuery = z.extend(pageQuery, {
  cursor: idCursor("alr"),
  type: z.optional(z.enum(ALERT_TYPES)),
  language: z.optional(z.enum(LANGUAGES)),
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
  /** The part of its configuration that is no secret; of a secret address, the host. */
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
  /** Null if the channel is gone, or all channels are meant. */
  channel: string | null;
  state: "waiting" | "sent" | "failed" | "unclear" | "expired" | "dropped";
  attempts: number;
  /** When it ended; if it still waits: when it is tried next. */
  time: string;
  reason: string | null;
}

export interface AlertView {
  id: string;
  time: string;
  type: AlertType;
  level: TypeRules["level"];
  phase: Phase;
  /** In the requested language, else in the operator's. */
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
  /** Whether the Worker has the binding that sends email. */
  email_bound: boolean;
}

/** The result of a channel's test. */
export interface TestView {
  sent: boolean;
  /** Why it failed, in the channel's words or ours. */
  reason: string | null;
}
