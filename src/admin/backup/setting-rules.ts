/** Checks the settings in a backup: the admin API must have been able to set each of them. */
import { ALERT_SETTING, areAlertSettings, DEFAULTS } from "../../alerts/settings.ts";
import type { GivenRows } from "../../backup/write.ts";
import { parse } from "../../ground/json.ts";
import { checkUpstreamUrl } from "../../providers/upstream-address.ts";
import { alertSettingsBody } from "../alerts/schema.ts";
import { viewOf } from "../alerts/settings.ts";
import { fieldProblems } from "../api/field-problems.ts";
import { settingsBody } from "../settings/settings.ts";

/** The first setting that would be refused, in words; null if there is none. The writer refuses what is no setting. */
export function settingProblems(env: Env, { part, columns, rows }: GivenRows): string | null {
  if (part !== "settings") return null;
  for (const row of rows) {
    const name = row[columns.indexOf("name")];
    const value = String(row[columns.indexOf("value")]);
    const problem = name === ALERT_SETTING ? alertProblem(env, value) : problemOf(String(name), value);
    if (problem !== null) return `settings ${name}: ${problem}`;
  }
  return null;
}

function problemOf(name: string, value: string): string | null {
  if (!Object.hasOwn(settingsBody.shape, name)) return null;
  const given = { [name]: name === "pool_strategy" ? value : value === "" ? null : Number(value) };
  const read = settingsBody.safeParse(given);
  return read.success ? null : (fieldProblems(read.error.issues, given)[0]?.message ?? "is not one");
}

function alertProblem(env: Env, value: string): string | null {
  const settings = parse(value);
  if (!areAlertSettings(settings)) return null;
  const view = viewOf({ ...DEFAULTS, ...(settings as object) });
  const read = alertSettingsBody.safeParse(view);
  if (!read.success) {
    const [problem] = fieldProblems(read.error.issues, view);
    return problem ? `${problem.field} ${problem.message}` : "cannot be read";
  }
  const { release_feed_url: feed } = view;
  const checked = feed === "" ? null : checkUpstreamUrl(feed, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  return checked && !checked.ok ? `release_feed_url ${checked.refusal}` : null;
}
