/** What can be changed of an account, under the API's names. Which credentials make sense is for its kind, and the relay, to say. */
import {
  address,
  type Fields,
  factor,
  flag,
  flagDraft,
  lines,
  maybeEmpty,
  optional,
  orNull,
  pairLines,
  pairs,
  secret,
  several,
  text,
  usd,
  whole,
} from "../../form/field.ts";
import type { Account } from "../accounts/accounts.ts";
import { words } from "../accounts/words.ts";
import { words as keysWords } from "../keys/words.ts";

const fieldWords = words.fields;
const MOST = 1_000;
const MOST_AT_ONCE = 10_000;
const LONGEST_TIMEOUT_S = 3_600;

/** The wire formats, by the names of their APIs: the same in every language. */
const PROTOCOLS = [
  ["anthropic", "Messages"],
  ["chat", "Chat Completions"],
  ["responses", "Responses"],
  ["gemini", "Gemini"],
] as const;

export function accountFields(account: Account) {
  const of = (value: string | number | null) => (value === null ? "" : String(value));
  const signedIn = account.kind.includes("oauth") || ["setup-token", "code-assist"].includes(account.kind);
  return {
    name: text({ label: words.name, initial: account.name }),
    note: maybeEmpty(text({ label: fieldWords.note, initial: account.note })),
    base_url: address({ label: words.baseUrl, hint: fieldWords.otherHost, initial: account.base_url }),
    ...(account.kind === "api-key" || account.kind === "azure"
      ? { api_key: optional(secret({ label: words.apiKey, hint: fieldWords.newKey })) }
      : {}),
    priority: whole(
      { label: fieldWords.priority, hint: fieldWords.priorityHint, initial: of(account.priority) },
      0,
      MOST,
    ),
    weight: whole({ label: fieldWords.weight, hint: fieldWords.weightHint, initial: of(account.weight) }, 1, MOST),
    max_concurrency: orNull(
      whole({ label: keysWords.concurrency, initial: of(account.max_concurrency) }, 1, MOST_AT_ONCE),
    ),
    daily_quota_usd: orNull(usd({ label: fieldWords.dailyQuota, initial: of(account.daily_quota_usd) })),
    quota_reset_hour: whole({ label: fieldWords.quotaHour, initial: of(account.quota_reset_hour) }, 0, 23),
    cost_multiplier: factor({ label: fieldWords.multiplier, initial: of(account.cost_multiplier) }),
    allowed_models: lines({
      label: keysWords.fields.allowedModels,
      hint: keysWords.fields.patterns,
      initial: account.allowed_models.join("\n"),
    }),
    model_mapping: pairs({
      label: fieldWords.mapping,
      hint: fieldWords.mappingHint,
      placeholder: "claude-* = deepseek-v4-pro",
      between: "=",
      initial: pairLines(account.model_mapping, "="),
    }),
    protocols: several(
      { label: fieldWords.protocols, hint: fieldWords.protocolsHint, initial: account.protocols.join("\n") },
      PROTOCOLS,
    ),
    first_byte_timeout_seconds: timeout(fieldWords.firstByte, account.first_byte_timeout_seconds),
    idle_timeout_seconds: timeout(fieldWords.idle, account.idle_timeout_seconds),
    extra_headers: pairs({
      label: fieldWords.headers,
      hint: keysWords.fields.oneALine,
      placeholder: "x-name: value",
      between: ":",
      initial: pairLines(account.extra_headers, ":"),
    }),
    scheduled_test: flag({ label: fieldWords.nightly, initial: flagDraft(account.scheduled_test) }),
    ...(signedIn
      ? {
          owner: maybeEmpty(text({ label: fieldWords.owner, hint: fieldWords.ownerHint, initial: account.owner })),
          shared: flag({ label: fieldWords.shared, initial: flagDraft(account.shared) }),
        }
      : {}),
  } satisfies Fields;
}

export const ACCOUNT_SECTIONS = [
  { names: ["name", "note", "base_url", "api_key", "owner", "shared"] },
  {
    title: fieldWords.sharing,
    names: ["priority", "weight", "max_concurrency", "daily_quota_usd", "quota_reset_hour", "cost_multiplier"],
  },
  { title: fieldWords.models, names: ["allowed_models", "model_mapping", "protocols"] },
  {
    title: fieldWords.sending,
    names: ["first_byte_timeout_seconds", "idle_timeout_seconds", "extra_headers", "scheduled_test"],
  },
] as const;

/** Seconds; null: the relay's own bounds. */
function timeout(label: string, seconds: number | null) {
  const initial = seconds === null ? "" : String(seconds);
  return orNull(whole({ label, hint: fieldWords.timeoutHint, initial }, 1, LONGEST_TIMEOUT_S));
}
