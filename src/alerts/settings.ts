/** How alerts are told: one row of the settings, in JSON. What it lacks has the values given here. */
import { isObject } from "../ground/json.ts";
import type { QuietHours } from "./quiet-hours.ts";

export const ALERT_SETTING = "alerts";
export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface AlertSettings {
  language: Language;
  quietHours: QuietHours | null;
  urgentPasses: boolean;
  /** What lasts is repeated after this many hours; null: never. */
  remindHours: number | null;
  /** The percentages from which a key's limit, a budget and an allowance of the free plan count as near their end. */
  keyPercent: number;
  budgetPercent: number;
  allowancePercent: number;
  /** For the whole relay, in nano-dollars; null: none. Exceeding it only causes an alert; no request is refused. */
  dailyBudgetNanos: number | null;
  monthlyBudgetNanos: number | null;
  /** If the share of cached input falls by this many points, that is told; null: never. */
  cachePoints: number | null;
  digest: "off" | "day" | "week";
  /** The hour of the relay's time zone from which on the digest is sent. */
  digestHour: number;
  /** Where releases are listed; empty: they are not looked for. */
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

const isNumber = (value: unknown) => typeof value === "number";
const isNumberOrNone = (value: unknown) => value === null || isNumber(value);
const isClock = (value: unknown) => typeof value === "string" && /^\d\d:\d\d$/.test(value);

const HOLDS: Record<keyof AlertSettings, (value: unknown) => boolean> = {
  language: (value) => LANGUAGES.some((language) => language === value),
  quietHours: (value) => value === null || (isObject(value) && isClock(value.from) && isClock(value.to)),
  urgentPasses: (value) => typeof value === "boolean",
  remindHours: isNumberOrNone,
  keyPercent: isNumber,
  budgetPercent: isNumber,
  allowancePercent: isNumber,
  dailyBudgetNanos: isNumberOrNone,
  monthlyBudgetNanos: isNumberOrNone,
  cachePoints: isNumberOrNone,
  digest: (value) => value === "off" || value === "day" || value === "week",
  digestHour: isNumber,
  releaseFeedUrl: (value) => typeof value === "string",
};

/** Whether the value may be in the row. Code that sends an alert trusts the row. Missing members have the defaults above. */
export function areAlertSettings(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.entries(HOLDS).every(([name, holds]) => value[name] === undefined || holds(value[name]));
}

export async function readAlertSettings({ DB }: Env): Promise<AlertSettings> {
  const row = DB.prepare("SELECT value FROM settings WHERE name = ?").bind(ALERT_SETTING);
  const value = await row.first<string>("value");
  return value === null ? DEFAULTS : { ...DEFAULTS, ...JSON.parse(value) };
}

/** The relay's own offset from UTC, in hours. */
export function offsetOf(env: Env): number {
  return Number(env.TIMEZONE_OFFSET) || 0;
}
