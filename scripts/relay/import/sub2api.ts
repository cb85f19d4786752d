/**
 * sub2api: the data export of its accounts (`GET /api/v1/admin/accounts/data`), and rows of its table `api_keys`. Pure.
 */
import * as z from "zod";
import { DAY_MS } from "../../../src/ground/durations.ts";
import { array, isObject, object } from "../../../src/ground/json.ts";
import { modelsIn } from "./crs/key-accounts.ts";
import { type AccountBody, type Draft, Drafting, type KeyBody, type Notes, nameOf } from "./draft.ts";
import { amount, dollars, iso, json, limit, list, moment, words } from "./shapes.ts";

export const SUB2API = "sub2api";

/** The export, taken out of the envelope of the API's answers; undefined if it is none. */
function exportIn(value: unknown): Record<string, unknown> | undefined {
  const data = object(object(value)?.data) ?? object(value);
  const isOne =
    data && Array.isArray(data.accounts) && (Array.isArray(data.proxies) || /^sub2api-/.test(String(data.type)));
  return isOne ? data : undefined;
}

export function isSub2api(value: unknown): boolean {
  return exportIn(value) !== undefined || isKeyRows(value);
}

/** Rows of `api_keys`, which belong to a user and to a group. */
function isKeyRows(value: unknown): boolean {
  const rows = array(value);
  return (
    rows.length > 0 &&
    rows.every(
      (row) => isObject(row) && "key" in row && "user_id" in row && "group_id" in row && !("remain_quota" in row),
    )
  );
}

export function convertSub2api(value: unknown, now: number): Draft {
  const drafting = new Drafting(SUB2API);
  for (const row of isKeyRows(value) ? array(value) : []) addKey(drafting, object(row) ?? {}, now);
  const data = exportIn(value);
  if (!data) return drafting;
  for (const record of array(data.accounts)) addAccount(drafting, object(record) ?? {});
  drafting
    .notes("file", "data export")
    .leftOut(
      "users, groups, subscriptions, API keys",
      "are not in it: give the rows of api_keys, too, and clients keep their keys",
    );
  return drafting;
}

const account = z.object({
  ...{ name: words, notes: words, platform: words, type: words, credentials: json, extra: json, proxy_key: words },
  ...{ concurrency: limit, priority: amount, rate_multiplier: amount, expires_at: moment },
});

const credentials = z.object({
  ...{ access_token: words, refresh_token: words, expires_at: moment, chatgpt_account_id: words, project_id: words },
  ...{ api_key: words, base_url: words, model_mapping: json, user_agent: words },
  ...{ aws_access_key_id: words, aws_secret_access_key: words, aws_session_token: words, aws_region: words },
});
type Credentials = z.output<typeof credentials>;
type Place = Partial<AccountBody> & Pick<AccountBody, "platform" | "kind">;

function addAccount(drafting: Drafting, record: Record<string, unknown>): void {
  const { platform = "", type = "", extra, proxy_key, ...read } = account.parse(record);
  const name = nameOf(read.name, `${platform} ${type}`);
  const notes = drafting.notes("account", name);
  const given = credentials.parse(object(read.credentials) ?? {});
  const place = PLACES[`${platform} ${type}`]?.(given, notes);
  if (place === undefined) notes.leftOut("", `there is no ${platform} account of the type ${type} here`);
  if (!place) return;
  if (proxy_key)
    notes.leftOut("proxy", "a Worker cannot use one: give the account a gateway or a binding instead (egress)");
  if (given.user_agent)
    notes.leftOut("user_agent", "an account sends the client's own user agent here, and never another's");
  const others = Object.keys(object(extra) ?? {}).filter((field) => !field.startsWith("crs_"));
  if (others.length > 0) notes.leftOut("extra", `settings of that relay's own: ${others.slice(0, 8).join(", ")}`);
  drafting.accounts.push({
    ref: `${platform} ${type} ${name}`,
    body: {
      name,
      ...place,
      ...modelsIn(given.model_mapping),
      ...(read.priority !== undefined && { priority: Math.min(Math.max(Math.round(read.priority), 0), 1_000) }),
      ...(read.concurrency && { max_concurrency: Math.floor(read.concurrency) }),
      ...(read.rate_multiplier !== undefined && { cost_multiplier: read.rate_multiplier }),
      ...(read.expires_at !== undefined && { expires_at: iso(read.expires_at) }),
      ...(read.notes && { note: read.notes }),
    },
  });
}

type Placing = (given: Credentials, notes: Notes) => Place | null;

/** By platform and type. */
const PLACES: Record<string, Placing> = {
  "anthropic oauth": signedIn({ platform: "anthropic", kind: "oauth" }),
  "anthropic setup-token": signedIn({ platform: "anthropic", kind: "setup-token" }, false),
  "anthropic apikey": keyed({ platform: "anthropic", kind: "api-key" }),
  "anthropic upstream": keyed({ platform: "anthropic", kind: "api-key" }),
  "anthropic bedrock": bedrock,
  "openai oauth": signedIn({ platform: "openai", kind: "codex-oauth" }),
  "openai apikey": keyed({ platform: "openai", kind: "api-key" }),
  "openai upstream": keyed({ platform: "openai", kind: "api-key" }),
  "gemini oauth": signedIn({ platform: "gemini", kind: "code-assist" }),
  "gemini apikey": keyed({ platform: "gemini", kind: "api-key" }),
  "gemini upstream": keyed({ platform: "gemini", kind: "api-key" }),
  "antigravity oauth": signedIn({ platform: "antigravity", kind: "oauth" }),
};

function signedIn(place: Pick<Place, "platform" | "kind">, renews = true): Placing {
  return (given, notes) => {
    const { access_token, refresh_token, expires_at, chatgpt_account_id, project_id } = given;
    if (!access_token || (renews && !refresh_token))
      return notes.leftOut(
        "",
        access_token ? "has no refresh token, so it could not be renewed" : "has no access token",
      );
    return {
      ...place,
      oauth: {
        access_token,
        ...(renews && { refresh_token }),
        ...(expires_at !== undefined && { expires_at: iso(expires_at) }),
        ...(place.kind === "codex-oauth" && chatgpt_account_id && { account_id: chatgpt_account_id }),
      },
      ...(project_id &&
        !/^\d+$/.test(project_id) &&
        place.kind !== "codex-oauth" &&
        place.platform !== "anthropic" && { project_id }),
    };
  };
}

function keyed(place: Pick<Place, "platform" | "kind">): Placing {
  return ({ api_key, base_url }, notes) => {
    if (!api_key) return notes.leftOut("", "has no key");
    // There the path, which begins with /v1, is appended to the address.
    const isBare = place.platform === "openai" && base_url !== undefined && !/\/v\d+[a-z]*$/.test(base_url);
    return {
      ...place,
      api_key,
      ...(base_url && { base_url: isBare ? `${base_url.replace(/\/+$/, "")}/v1` : base_url }),
    };
  };
}

function bedrock({ api_key, aws_region, ...given }: Credentials, notes: Notes): Place | null {
  const { aws_access_key_id, aws_secret_access_key, aws_session_token } = given;
  const place = { platform: "anthropic", kind: "bedrock", aws_region: aws_region ?? "us-east-1" };
  if (api_key) return { ...place, api_key };
  if (!aws_access_key_id || !aws_secret_access_key) return notes.leftOut("", "has no AWS credentials");
  return { ...place, aws_access_key_id, aws_secret_access_key, ...(aws_session_token && { aws_session_token }) };
}

const key = z.object({
  ...{ id: words, key: words, name: words, status: words, user_id: words, group_id: words, deleted_at: words },
  ...{ quota: limit, quota_used: limit, expires_at: moment, ip_whitelist: list, ip_blacklist: list },
  ...{ rate_limit_5h: limit, rate_limit_1d: limit, rate_limit_7d: limit, usage_1d: limit, usage_7d: limit },
  ...{ window_1d_start: moment, window_7d_start: moment },
});

function addKey(drafting: Drafting, row: Record<string, unknown>, now: number): void {
  const read = key.parse(row);
  const name = nameOf(read.name, `key ${read.id ?? ""}`);
  const notes = drafting.notes("key", name);
  if (read.deleted_at || !read.key) {
    notes.leftOut("", read.deleted_at ? "was deleted" : "has no key");
    return;
  }
  if (read.group_id)
    notes.leftOut("group_id", `the group ${read.group_id} said which accounts serve it: bind the key to a group here`);
  if (read.user_id) notes.leftOut("user_id", "there are no users here: give the key an owner");
  if (read.ip_blacklist.length > 0)
    notes.leftOut("ip_blacklist", "a key has a list of addresses that are let in, and none of others");
  if (read.rate_limit_1d)
    notes.changed("rate_limit_1d", "ran from the first request on; here a day begins at midnight");
  if (read.rate_limit_7d) notes.changed("rate_limit_7d", "ran from the first request on; here a week begins on Monday");
  const body: KeyBody = {
    ...{ name, api_key: read.key },
    ...(read.status !== undefined && read.status !== "active" && { enabled: false }),
    ...(read.quota && { total_cost_limit_usd: dollars(read.quota) }),
    ...usedIn(read, now),
    ...(read.expires_at !== undefined && { expires_at: iso(read.expires_at) }),
    ...(read.ip_whitelist.length > 0 && { allowed_ips: read.ip_whitelist }),
    ...(read.rate_limit_5h && { rate_limit_window_minutes: 300, rate_limit_cost_usd: dollars(read.rate_limit_5h) }),
    ...(read.rate_limit_1d && { daily_cost_limit_usd: dollars(read.rate_limit_1d) }),
    ...(read.rate_limit_7d && { weekly_cost_limit_usd: dollars(read.rate_limit_7d) }),
  };
  drafting.keys.push({ ref: read.id ?? name, body, bound: null });
}

/** In all, and in the day and the week where those are under way: nobody gets more than was left. */
function usedIn(read: z.output<typeof key>, now: number): Pick<KeyBody, "used"> {
  const underWay = (spent: number | undefined, since: number | undefined, days: number) =>
    spent !== undefined && since !== undefined && since + days * DAY_MS > now ? dollars(spent) : undefined;
  const today = underWay(read.usage_1d, read.window_1d_start, 1);
  const week = underWay(read.usage_7d, read.window_7d_start, 7);
  const total = read.quota_used && dollars(read.quota_used);
  if (!total && !today && !week) return {};
  return {
    used: {
      ...(total && { total_cost_usd: total }),
      ...(today && { today_cost_usd: today }),
      ...(week && { week_cost_usd: week }),
    },
  };
}
