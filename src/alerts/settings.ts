/** How alerts are told: one row of the settings, in JSON. What is not in it is as here. */
import type { QuietHours } from "./quiet-hours.ts";

export const ALERT_SETTING = "alerts";
export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface AlertSettings {
  language: Language;
  quietHours: QuietHours | null;
  urgentPasses: boolean;
  /** What lasts is said again after so many hours; null: never. */
  remindHours: number | null;
  /** From which percentage on a limit of a key, a budget and an allowance of the free plan count as near their end. */
  keyPercent: number;
  budgetPercent: number;
  allowancePercent: number;
  /** Of the whole relay, in nano-dollars; null: none. Nothing is refused for it. */
  dailyBudgetNanos: number | null;
  monthlyBudgetNanos: number | null;
  /** A share of cached input that falls by so many points is told; null: never. */
  cachePoints: number | null;
  digest: "off" | "day" | "week";
  /** The hour of the relay's time zone from which on the digest is sent. */
  digestHour: number;
  /** Where releases are listed; empty: nobody looks. */
  releaseFeedUrl: string;
}

export const DEFAULTS: AlertSettings = {
  language: "en",
  quietHours: null,
  urgentPasses: true,
  remindHours: 24,
  keyPercent: 80,
  budgetPercent: 80,
  allowancePercent: 80,
  dailyBudgetNanos: null,
  monthlyBudgetNanos: null,
  cachePoints: 20,
  digest: "off",
  digestHour: 8,
  releaseFeedUrl: "",
};

export async function readAlertSettings({ DB }: Env): Promise<AlertSettings> {
  const row = DB.prepare("SELECT value FROM settings WHERE name = ?").bind(ALERT_SETTING);
  const value = await row.first<string>("value");
  return value === null ? DEFAULTS : { ...DEFAULTS, ...JSON.parse(value) };
}

/** The relay's own offset from UTC, in hours. */
export function offsetOf(env: Env): number {
  return Number(env.TIMEZONE_OFFSET) || 0;
}
