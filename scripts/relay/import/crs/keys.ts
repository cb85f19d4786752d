/** Keys of claude-relay-service, with their rules, limits and bindings. Pure. */
import * as z from "zod";
import type { Platform } from "../../../../src/vocabulary.ts";
import type { Context, KeyBody, Notes } from "../draft.ts";
import { nameOf } from "../draft.ts";
import { dollars, iso, json, limit, list, moment, toggle, words } from "../shapes.ts";
import { lacksCosts, spentIn } from "./spent.ts";

const fields = z.object({
  ...{ name: words, description: words, apiKey: words, tags: list, userUsername: words, icon: words },
  ...{ isActive: toggle, isDeleted: toggle, permissions: json },
  ...{
    concurrencyLimit: limit,
    rateLimitWindow: limit,
    rateLimitRequests: limit,
    rateLimitCost: limit,
    tokenLimit: limit,
  },
  ...{ dailyCostLimit: limit, totalCostLimit: limit, weeklyOpusCostLimit: limit },
  ...{ weeklyResetDay: limit, weeklyResetHour: limit },
  ...{ enableModelRestriction: toggle, restrictedModels: list, enableClientRestriction: toggle, allowedClients: list },
  ...{ expirationMode: words, expiresAt: moment, isActivated: toggle, activationDays: limit, activationUnit: words },
  ...{ activatedAt: moment, createdAt: moment, serviceRates: json, enableOpenAIResponsesPayloadRules: toggle },
  usageStats: json,
});
type Read = z.output<typeof fields>;

const PLATFORMS: Record<string, readonly Platform[]> = {
  claude: ["anthropic"],
  // Its Gemini accounts were those of Code Assist and of Antigravity alike.
  gemini: ["gemini", "antigravity"],
  openai: ["openai"],
  droid: ["droid"],
};

const CLIENTS: Record<string, string> = { codex_cli: "codex", droid_cli: "droid" };

const DIGEST = /^[0-9a-f]{64}$/i;

/** Null: it cannot be imported, and `notes` says why. */
export function keyBody(record: Record<string, unknown>, notes: Notes, context: Context): KeyBody | null {
  const key = fields.parse(record);
  if (key.isDeleted) return notes.leftOut("", "was deleted");
  const value = digestOrText(key, notes);
  const permissions = permissionsOf(key, notes);
  if (!value || !permissions) return null;
  const week = { day: (key.weeklyResetDay ?? 1) % 7, hour: key.weeklyResetHour ?? 0 };
  const used = spentIn(key.usageStats, key.activatedAt ?? key.createdAt, week, context);
  for (const [what, reason] of without(key)) notes.leftOut(what, reason);
  if (lacksCosts(key.usageStats))
    notes.leftOut(
      "costs",
      "this export has requests and tokens alone: budgets begin anew. dump.lua takes out costs, too",
    );
  return {
    name: nameOf(key.name, "imported key"),
    ...value,
    ...(key.description && { description: key.description.slice(0, 2_000) }),
    ...(key.userUsername && { owner: key.userUsername.slice(0, 200) }),
    ...(key.tags.length > 0 && { tags: key.tags.slice(0, 50).map((tag) => tag.slice(0, 50)) }),
    ...(key.isActive === false && { enabled: false }),
    ...(permissions.length > 0 && { permissions }),
    ...windowOf(key, notes),
    ...budgetsOf(key, permissions, notes),
    ...{ weekly_reset_day: week.day, weekly_reset_hour: week.hour },
    ...(key.concurrencyLimit && { concurrency_limit: Math.floor(key.concurrencyLimit) }),
    ...(key.enableModelRestriction && { denied_models: key.restrictedModels }),
    ...(key.enableClientRestriction && { allowed_clients: key.allowedClients.map((id) => CLIENTS[id] ?? id) }),
    ...lifeOf(key),
    ...rateOf(key, notes),
    ...(used && { used }),
  };
}

/** Its digest, which is all that is stored; the text itself if an export was written by hand. */
function digestOrText({ apiKey }: Read, notes: Notes): Pick<KeyBody, "digest" | "api_key"> | null {
  if (apiKey === undefined) return notes.leftOut("", "has no digest in this export");
  return DIGEST.test(apiKey) ? { digest: apiKey.toLowerCase() } : { api_key: apiKey };
}

/** Written as a list, as one word, or as words with commas; empty and `all` mean all. Never grants more than before. */
function permissionsOf({ permissions }: Read, notes: Notes): Platform[] | null {
  const given =
    typeof permissions === "string" ? permissions.split(",").map((name) => name.trim()) : list.parse(permissions);
  const named = given.filter((name) => name !== "" && name !== "all");
  if (named.length === 0 || given.includes("all")) return [];
  const unknown = named.filter((name) => !Object.hasOwn(PLATFORMS, name));
  if (unknown.length === named.length)
    return notes.leftOut("", `may use only what there is not here: ${unknown.join(", ")}`);
  if (unknown.length > 0) notes.leftOut("permissions", `there is no ${unknown.join(", ")} here`);
  return [...new Set(named.flatMap((name) => PLATFORMS[name] ?? []))];
}

/** Limits of a window have no effect without a window. Tokens count before cost. */
function windowOf(key: Read, notes: Notes): Partial<KeyBody> {
  const { rateLimitWindow: minutes, rateLimitRequests: requests, rateLimitCost: cost, tokenLimit: tokens } = key;
  if (!requests && !cost && !tokens) return {};
  if (!minutes) {
    notes.leftOut("rateLimitRequests, rateLimitCost, tokenLimit", "there was no window, so they limited nothing");
    return {};
  }
  if (tokens && cost) notes.leftOut("rateLimitCost", "was not looked at beside tokenLimit");
  return {
    rate_limit_window_minutes: Math.floor(minutes),
    ...(requests && { rate_limit_requests: Math.floor(requests) }),
    ...(tokens && { rate_limit_tokens: Math.floor(tokens) }),
    ...(cost && !tokens && { rate_limit_cost_usd: dollars(cost) }),
  };
}

function budgetsOf(key: Read, permissions: readonly Platform[], notes: Notes): Partial<KeyBody> {
  const { dailyCostLimit: daily, totalCostLimit: total, weeklyOpusCostLimit: weekly } = key;
  const isClaudeAlone = permissions.length === 1 && permissions[0] === "anthropic";
  if (weekly && !isClaudeAlone) {
    notes.changed("weeklyOpusCostLimit", "counted Claude's models alone; here the weekly budget counts all");
  }
  return {
    ...(daily && { daily_cost_limit_usd: dollars(daily) }),
    ...(weekly && { weekly_cost_limit_usd: dollars(weekly) }),
    ...(total && { total_cost_limit_usd: dollars(total) }),
  };
}

/** A date, or a lifetime that has not begun. */
function lifeOf({ expirationMode, isActivated, activationDays, activationUnit, expiresAt }: Read): Partial<KeyBody> {
  if (expirationMode === "activation" && !isActivated) {
    const units = Math.floor(activationDays ?? 30);
    return activationUnit === "hours" ? { activation_hours: units } : { activation_days: units };
  }
  return expiresAt === undefined ? {} : { expires_at: iso(expiresAt) };
}

/** It has a factor for each service; here a key has one factor. */
function rateOf({ serviceRates }: Read, notes: Notes): Partial<KeyBody> {
  const rates = Object.values((serviceRates ?? {}) as Record<string, unknown>).filter(
    (rate) => typeof rate === "number",
  );
  if (rates.length === 0) return {};
  const [rate] = rates;
  if (rates.every((each) => each === rate)) return { cost_multiplier: rate };
  notes.leftOut("serviceRates", "a key has one factor here; an account may have another (cost_multiplier)");
  return {};
}

function without(key: Read): [what: string, reason: string][] {
  return [
    ...(key.icon ? ([["icon", "keys have none here"]] as [string, string][]) : []),
    ...(key.enableOpenAIResponsesPayloadRules
      ? ([["openaiResponsesPayloadRules", "a request is sent as its client wrote it"]] as [string, string][])
      : []),
  ];
}
