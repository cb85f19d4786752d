/**
 * one-api and new-api: rows of their tables `channels` and `tokens`, as JSON (`sqlite3 -json`, `json_agg`, the admin API) or from a SQL
 * dump. Pure.
 */
import * as z from "zod";
import { array, isObject, object } from "../../../src/ground/json.ts";
import { type ChannelRow, channelPlace } from "./channel.ts";
import { type Draft, Drafting, type KeyBody, nameOf } from "./draft.ts";
import { amount, dollars, iso, json, limit, pairs, toggle, words } from "./shapes.ts";
import { rowsIn } from "./sql.ts";

export type OneApi = "one-api" | "new-api";
type Rows = Record<string, unknown>[];

/** A dollar in the unit that both use by default. */
const UNITS_PER_USD = 500_000;

const TABLES = ["channels", "tokens"];

/** Rows of both tables, however they are wrapped; null if there are none. */
export function oneApiRows(value: unknown): { channels: Rows; tokens: Rows } | null {
  const data = object(value)?.data;
  const root = object(data) ?? (Array.isArray(data) ? data : value);
  const listed = Array.isArray(root) ? root : array(object(root)?.items);
  const isChannel = (row: unknown) =>
    isObject(row) && "models" in row && "type" in row && ("key" in row || "base_url" in row);
  const isToken = (row: unknown) => isObject(row) && "remain_quota" in row && "key" in row;
  const channels = [...array(object(root)?.channels), ...listed].filter(isChannel) as Rows;
  const tokens = [...array(object(root)?.tokens), ...listed].filter(isToken) as Rows;
  return channels.length + tokens.length > 0 ? { channels, tokens } : null;
}

/** The same from a SQL dump. */
export function oneApiSql(text: string): { channels: Rows; tokens: Rows } | null {
  const rows = rowsIn(text, TABLES);
  return oneApiRows({ channels: rows.get("channels") ?? [], tokens: rows.get("tokens") ?? [] });
}

/** Columns that only one of the two has. */
export function whichOf({ channels, tokens }: { channels: Rows; tokens: Rows }): OneApi {
  const [channel = {}] = channels;
  const [token = {}] = tokens;
  return "auto_ban" in channel || "channel_info" in channel || "tag" in channel || "model_limits" in token
    ? "new-api"
    : "one-api";
}

export function convertOneApi(rows: { channels: Rows; tokens: Rows }, source: OneApi = whichOf(rows)): Draft {
  const drafting = new Drafting(source);
  const channels = rows.channels.map((row) => channel.parse(row));
  const ranks = [...new Set(channels.map(({ priority = 0 }) => priority))].sort((a, b) => b - a);
  for (const row of channels) addChannel(drafting, source, row, ranks.indexOf(row.priority ?? 0));
  const groups = addGroups(drafting, channels);
  for (const row of rows.tokens) addToken(drafting, token.parse(row), groups);
  if (rows.tokens.length > 0) {
    drafting
      .notes("file", "tokens")
      .changed("quota", `a dollar is taken for ${UNITS_PER_USD.toLocaleString("en-US")} units, as it is installed`);
    drafting
      .notes("file", "tokens")
      .leftOut("users", "their balances and groups are not in these tables: give keys an owner and a limit");
  }
  return drafting;
}

const channel = z.object({
  ...{
    id: words,
    type: amount,
    key: words,
    status: amount,
    name: words,
    weight: amount,
    base_url: words,
    other: words,
  },
  ...{ models: words, group: words, model_mapping: pairs, priority: amount, config: json, channel_info: json },
  ...{ openai_organization: words, system_prompt: words, param_override: words, header_override: words },
  ...{ status_code_mapping: words, setting: words, settings: words, tag: words, remark: words },
}) satisfies z.ZodType<ChannelRow>;
type Channel = z.output<typeof channel>;

/** Settings that change requests or answers. */
const REWRITES = [
  "system_prompt",
  "param_override",
  "header_override",
  "status_code_mapping",
  "setting",
  "settings",
] as const;

function addChannel(drafting: Drafting, source: OneApi, row: Channel, rank: number): void {
  const name = nameOf(row.name, `channel ${row.id ?? ""}`);
  const notes = drafting.notes("account", name);
  const place = channelPlace(source, row, notes);
  if (!place) return;
  const rewrites = REWRITES.filter((field) => row[field] !== undefined && !/^(?:\{\}|null)$/.test(row[field] ?? ""));
  if (rewrites.length > 0)
    notes.leftOut(rewrites.join(", "), "a request is sent as its client wrote it, or translated by rules of our own");
  if (row.priority) notes.changed("priority", "the greater one came first; here the smaller one does");
  const models = namesIn(row.models);
  const mapping = { ...place.model_mapping, ...row.model_mapping };
  drafting.accounts.push({
    ref: `channel ${row.id ?? name}`,
    body: {
      name,
      // An account that names its models also serves those of other platforms.
      ...(models.length > 0 && { allowed_models: models }),
      ...place,
      ...(Object.keys(mapping).length > 0 && { model_mapping: mapping }),
      priority: Math.min(rank * 10, 1_000),
      ...(row.weight && { weight: Math.min(Math.max(Math.round(row.weight), 1), 1_000) }),
      ...(row.status !== undefined && row.status !== 1 && { schedulable: false }),
      ...(row.openai_organization && { extra_headers: { "openai-organization": row.openai_organization } }),
      ...(row.remark && { note: row.remark }),
    },
  });
}

/** Adds groups that divide the channels. If all channels are in the same ones, they divide nothing. */
function addGroups(drafting: Drafting, channels: Channel[]): Map<string, string> {
  const drafted = new Set(drafting.accounts.map(({ ref }) => ref));
  const members = new Map<string, string[]>();
  for (const row of channels) {
    const ref = `channel ${row.id ?? nameOf(row.name, "")}`;
    if (!drafted.has(ref)) continue;
    for (const group of namesIn(row.group ?? "default")) members.set(group, [...(members.get(group) ?? []), ref]);
  }
  if ([...members.values()].every((refs) => refs.length === drafted.size)) return new Map();
  for (const [group, refs] of members) {
    drafting.groups.push({ ref: `group ${group}`, name: nameOf(`${drafting.source}: ${group}`, group), members: refs });
  }
  return new Map([...members.keys()].map((group) => [group, `group ${group}`]));
}

const token = z.object({
  ...{ id: words, key: words, status: amount, name: words, expired_time: limit, deleted_at: words, group: words },
  ...{ remain_quota: amount, unlimited_quota: toggle, used_quota: limit, models: words },
  ...{ model_limits_enabled: toggle, model_limits: words, allow_ips: words, subnet: words },
});

function addToken(drafting: Drafting, row: z.output<typeof token>, groups: ReadonlyMap<string, string>): void {
  const name = nameOf(row.name, `token ${row.id ?? ""}`);
  const notes = drafting.notes("key", name);
  if (row.deleted_at || !row.key) {
    notes.leftOut("", row.deleted_at ? "was deleted" : "has no key in this export");
    return;
  }
  const { remain_quota: remain = 0, used_quota: used = 0, unlimited_quota: isUnlimited } = row;
  const models = row.model_limits_enabled === false ? [] : namesIn(row.model_limits ?? row.models);
  const ips = (row.allow_ips ?? row.subnet ?? "").split(/[\s,]+/).filter(Boolean);
  const total = used + Math.max(remain, 0);
  const isSpent = !isUnlimited && total === 0;
  if (isSpent) notes.changed("remain_quota", "had no quota at all: it is disabled here");
  const body: KeyBody = {
    ...{ name, api_key: row.key.startsWith("sk-") ? row.key : `sk-${row.key}` },
    ...((row.status === 2 || isSpent) && { enabled: false }),
    ...(row.expired_time && { expires_at: iso(row.expired_time < 1e11 ? row.expired_time * 1_000 : row.expired_time) }),
    ...(!isUnlimited && !isSpent && { total_cost_limit_usd: dollars(total / UNITS_PER_USD) }),
    ...(used > 0 && { used: { total_cost_usd: dollars(used / UNITS_PER_USD) } }),
    ...(models.length > 0 && { allowed_models: models }),
    ...(ips.length > 0 && { allowed_ips: ips }),
  };
  drafting.keys.push({ ref: row.id ?? name, body, bound: boundOf(row.group, groups, notes) });
}

function boundOf(group: string | undefined, groups: ReadonlyMap<string, string>, notes: ReturnType<Drafting["notes"]>) {
  if (groups.size === 0) return null;
  const named = group && group !== "auto" ? group : "default";
  if (named !== group)
    notes.changed("group", "was that of its user, which is not in this export: the group default is taken");
  const ref = groups.get(named);
  if (ref !== undefined) return { group: ref };
  notes.changed("group", `the group ${named} has no channel: any account serves the key`);
  return null;
}

function namesIn(text: string | undefined): string[] {
  return [
    ...new Set(
      (text ?? "")
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
    ),
  ];
}
