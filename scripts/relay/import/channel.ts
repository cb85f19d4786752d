/** One channel of one-api or new-api: its address and its keys. Pure. */
import { array, object, parse } from "../../../src/ground/json.ts";
import { CHANNEL_TYPES, OTHER_FORMAT } from "./channel-types.ts";
import type { AccountBody, Notes } from "./draft.ts";
import { iso, json, moment, words } from "./shapes.ts";

export interface ChannelRow {
  type?: number | undefined;
  key?: string | undefined;
  base_url?: string | undefined;
  other?: string | undefined;
  models?: string | undefined;
  config: unknown;
  channel_info: unknown;
}

type Place = Partial<AccountBody> & Pick<AccountBody, "platform" | "kind">;

/** Null: it cannot be imported, and `notes` says why. */
export function channelPlace(source: keyof typeof CHANNEL_TYPES, row: ChannelRow, notes: Notes): Place | null {
  const { type = 0 } = row;
  const place = CHANNEL_TYPES[source][type];
  if (!place) return notes.leftOut("", `a channel of type ${type} speaks a format that there is not here`);
  const keys = keysOf(row, notes);
  const [first] = keys;
  if (first === undefined)
    return notes.leftOut("", "has no key in this export: the admin API leaves keys out, a dump of the table has them");
  const keyed = keys.length === 1 ? { api_key: first } : { api_keys: keys };
  const base = row.base_url?.replace(/\/+$/, "");
  switch (place.as) {
    case "openai": {
      const origin = base || place.at;
      if (origin === "") return notes.leftOut("", "has no base URL");
      if (OTHER_FORMAT.has(type))
        notes.changed("type", "its provider's own format was spoken; here it is asked in OpenAI's");
      const ending = /\/v\d+[a-z]*$/.test(origin) ? "" : place.ending;
      return { platform: "openai", kind: "api-key", base_url: `${origin}${ending}`, protocols: ["chat"], ...keyed };
    }
    case "openai-exact":
      if (!base || base.includes("{")) return notes.leftOut("", "its base URL is a template");
      return { platform: "openai", kind: "api-key", base_url: `${base}#`, protocols: ["chat"], ...keyed };
    case "anthropic":
    case "gemini":
      return { platform: place.as, kind: "api-key", ...(base && { base_url: base }), ...keyed };
    case "azure":
      return azure(row, base, keyed, notes);
    case "bedrock":
      return bedrock(row, keys, notes);
    case "vertex":
      return vertex(row, keys, notes);
    case "codex":
      return codex(onlyKey(keys, notes), notes);
  }
}

/** Lines, or a JSON list. new-api knows which of the keys it has disabled. */
function keysOf({ key, channel_info }: ChannelRow, notes: Notes): string[] {
  const text = key?.trim() ?? "";
  const listed = text.startsWith("[")
    ? array(parse(text)).map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
    : // A file that somebody has pasted has lines of its own.
      object(parse(text))
      ? [text]
      : text.split("\n");
  const aside = object(object(channel_info)?.multi_key_status_list) ?? {};
  const kept = listed.filter((_, at) => aside[at] === undefined || aside[at] === 1);
  if (kept.length < listed.length)
    notes.leftOut("key", `${listed.length - kept.length} of its keys had been put aside`);
  return [...new Set(kept.map((one) => one.trim()).filter(Boolean))];
}

function azure(
  { other, config, models }: ChannelRow,
  base: string | undefined,
  keyed: Partial<AccountBody>,
  notes: Notes,
): Place | null {
  if (!base) return notes.leftOut("", "has no base URL");
  const version = words.parse(object(config)?.api_version) ?? (other && !other.startsWith("{") ? other : undefined);
  const names = (models ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const dotted = names.filter((name) => name.includes("."));
  if (dotted.length > 0)
    notes.changed("models", `a deployment has no dots in its name: ${dotted.join(", ")} are asked for without`);
  return {
    ...{ platform: "openai", kind: "azure", base_url: base, ...keyed },
    ...(version && { api_version: version }),
    ...(dotted.length > 0 && {
      model_mapping: Object.fromEntries(dotted.map((name) => [name, name.replaceAll(".", "")])),
    }),
  };
}

/** Of kinds whose accounts have one credential each. */
function onlyKey([first = "", ...others]: readonly string[], notes: Notes): string {
  if (others.length > 0)
    notes.leftOut("key", `an account of this kind has one: ${others.length} more of them want accounts of their own`);
  return first;
}

/** one-api has it in `config`, new-api in the key: `ak|sk|region`, or `key|region`. */
function bedrock({ config }: ChannelRow, keys: readonly string[], notes: Notes): Place | null {
  const { ak, sk, region } = object(config) ?? {};
  const parts = [ak, sk, region].every((part) => typeof part === "string" && part !== "")
    ? [ak, sk, region].map(String)
    : onlyKey(keys, notes).split("|");
  const [first = "", second = "", third] = parts;
  const place = { platform: "anthropic", kind: "bedrock" };
  if (parts.length === 2) return { ...place, api_key: first, aws_region: second };
  if (!third) return notes.leftOut("", "has no access key, secret and region");
  return { ...place, aws_access_key_id: first, aws_secret_access_key: second, aws_region: third };
}

/** There is one region, or one for each model. The service account is in the key or in `config`. */
function vertex({ other, config, models }: ChannelRow, keys: readonly string[], notes: Notes): Place | null {
  const settings = object(config) ?? {};
  const regions = json.parse(other);
  const region =
    words.parse(settings.region) ??
    words.parse(object(regions)?.default) ??
    (typeof regions === "string" ? regions : words.parse(other));
  const account = words.parse(settings.vertex_ai_adc) ?? onlyKey(keys, notes);
  if (!object(parse(account))) return notes.leftOut("", "its key is no service account");
  if (!region || region.startsWith("{")) return notes.leftOut("", "has no region for all of its models");
  const isClaude = /claude/.test(models ?? "");
  if (isClaude && /gemini/.test(models ?? ""))
    notes.changed("models", "an account at Vertex AI has Claude's or Gemini's models here: this one Claude's");
  return {
    platform: isClaude ? "anthropic" : "gemini",
    kind: "vertex",
    service_account: account,
    vertex_region: region,
  };
}

function codex(key: string, notes: Notes): Place | null {
  const file = object(parse(key)) ?? {};
  const tokens = object(file.tokens) ?? file;
  const access_token = words.parse(tokens.access_token);
  const refresh_token = words.parse(tokens.refresh_token);
  if (!access_token || !refresh_token) return notes.leftOut("", "has no access token and refresh token");
  const account_id = words.parse(tokens.account_id);
  const expires = moment.parse(tokens.expired ?? tokens.expires_at);
  return {
    ...{ platform: "openai", kind: "codex-oauth" },
    oauth: {
      access_token,
      refresh_token,
      ...(account_id && { account_id }),
      ...(expires !== undefined && { expires_at: iso(expires) }),
    },
  };
}
