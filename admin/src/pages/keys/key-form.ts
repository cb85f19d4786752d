/** What is asked for a key, under the API's names: all that its gate enforces, and what is written down beside it. */
import {
  asItIs,
  type Choice,
  count,
  expiry,
  type Fields,
  factor,
  flag,
  flagDraft,
  lines,
  mapped,
  maybeEmpty,
  oneOf,
  onlyWhere,
  orNull,
  several,
  text,
  usd,
  type Values,
  whole,
} from "../../form/field.ts";
import { only } from "../../form/form.ts";
import { locale } from "../../locale/strings.ts";
import type { ApiKey } from "./keys.ts";
import { words } from "./words.ts";

const fieldWords = words.fields;
const USUAL_WINDOW_MINUTES = "60";
const DAYS = [1, 7, 30, 90, 365];
const LONGEST_WINDOW_MINUTES = 525_600;
const MOST_DAYS = 36_500;
const MOST_AT_ONCE = 10_000;
const MOST_WAITING = 1_000;
const LONGEST_WAIT_S = 600;

/** As the relay knows them; product names are the same in every language. */
const PLATFORMS = [
  ["anthropic", "Anthropic"],
  ["openai", "OpenAI"],
  ["gemini", "Gemini"],
  ["droid", "Droid"],
  ["antigravity", "Antigravity"],
] as const;

/** What a key is bound to: ids and names of the accounts and the groups there are. */
export interface Bindings {
  accounts: readonly Choice[];
  groups: readonly Choice[];
}

const NO_BINDINGS: Bindings = { accounts: [], groups: [] };

const windowed = (drafts: Readonly<Record<string, string>>) =>
  ["rate_limit_requests", "rate_limit_tokens", "rate_limit_cost_usd"].some((name) => drafts[name]?.trim() !== "");

/** What is known of a key, or of a template, which has some of the fields. */
type Known = { [Name in keyof ApiKey]?: ApiKey[Name] | undefined };

/** `key`: as it is now; null for a new one. */
export function keyFields(key: Known | null, bindings: Bindings = NO_BINDINGS) {
  const of = (value: string | number | null | undefined) =>
    value === null || value === undefined ? "" : String(value);
  const listed = (values: readonly string[] | undefined) => values?.join("\n") ?? "";
  const unbound: Choice = ["", fieldWords.any];
  return {
    name: text({ label: words.name, hint: words.nameHint, initial: of(key?.name) }),
    description: maybeEmpty(text({ label: words.description, initial: of(key?.description) })),
    owner: maybeEmpty(text({ label: fieldWords.owner, initial: of(key?.owner) })),
    tags: lines({ label: fieldWords.tags, hint: fieldWords.oneALine, initial: listed(key?.tags) }),

    daily_cost_limit_usd: orNull(usd({ label: fieldWords.daily, initial: of(key?.daily_cost_limit_usd) })),
    weekly_cost_limit_usd: orNull(usd({ label: fieldWords.weekly, initial: of(key?.weekly_cost_limit_usd) })),
    total_cost_limit_usd: orNull(usd({ label: fieldWords.total, initial: of(key?.total_cost_limit_usd) })),
    token_limit: orNull(count({ label: fieldWords.tokens, initial: of(key?.token_limit) })),
    weekly_reset_day: mapped(
      oneOf({ label: fieldWords.weekBegins, initial: of(key?.weekly_reset_day ?? 1) }, weekdays()),
      Number,
    ),
    weekly_reset_hour: whole({ label: fieldWords.weekHour, initial: of(key?.weekly_reset_hour ?? 0) }, 0, 23),

    concurrency_limit: orNull(
      whole({ label: words.concurrency, initial: of(key?.concurrency_limit) }, 1, MOST_AT_ONCE),
    ),
    queue_size: whole(
      { label: fieldWords.queue, hint: fieldWords.queueHint, initial: of(key?.queue_size ?? 0) },
      0,
      MOST_WAITING,
    ),
    queue_timeout_seconds: whole(
      { label: fieldWords.queueTime, initial: of(key?.queue_timeout_seconds ?? 10) },
      0,
      LONGEST_WAIT_S,
    ),
    rate_limit_requests: orNull(count({ label: words.requests, initial: of(key?.rate_limit_requests) })),
    rate_limit_tokens: orNull(count({ label: fieldWords.windowTokens, initial: of(key?.rate_limit_tokens) })),
    rate_limit_cost_usd: orNull(usd({ label: fieldWords.windowCost, initial: of(key?.rate_limit_cost_usd) })),
    // The window alone limits nothing.
    rate_limit_window_minutes: onlyWhere(
      windowed,
      whole(
        { label: words.window, initial: of(key?.rate_limit_window_minutes ?? USUAL_WINDOW_MINUTES) },
        1,
        LONGEST_WINDOW_MINUTES,
      ),
    ),

    expires_at: asItIs(
      orNull(
        expiry({
          label: words.expiry,
          never: words.expiryNever,
          days: DAYS.map((days): Choice => [String(days), words.expiryDays(days)]),
          own: words.expiryDate,
          ownLabel: words.expiryOn,
          initial: key?.expires_at ? localTime(key.expires_at) : "",
        }),
      ),
      key?.expires_at ?? null,
    ),
    activation_days: orNull(
      whole(
        { label: fieldWords.activation, hint: fieldWords.activationHint, initial: of(key?.activation_days) },
        1,
        MOST_DAYS,
      ),
    ),

    permissions: several(
      { label: fieldWords.platforms, hint: fieldWords.platformsHint, initial: listed(key?.permissions) },
      PLATFORMS,
    ),
    allowed_models: lines({
      label: fieldWords.allowedModels,
      hint: fieldWords.patterns,
      placeholder: "claude-sonnet-*",
      initial: listed(key?.allowed_models),
    }),
    denied_models: lines({
      label: fieldWords.deniedModels,
      hint: fieldWords.denial,
      initial: listed(key?.denied_models),
    }),
    allowed_clients: lines({
      label: fieldWords.clients,
      hint: fieldWords.clientsHint,
      placeholder: "claude_code",
      initial: listed(key?.allowed_clients),
    }),
    allowed_ips: lines({
      label: fieldWords.addresses,
      hint: fieldWords.addressesHint,
      placeholder: "203.0.113.0/24",
      initial: listed(key?.allowed_ips),
    }),
    bound_account_id: orNull(
      oneOf({ label: fieldWords.account, initial: of(key?.bound_account_id) }, [unbound, ...bindings.accounts]),
    ),
    bound_group_id: orNull(
      oneOf({ label: fieldWords.group, initial: of(key?.bound_group_id) }, [unbound, ...bindings.groups]),
    ),
    cost_multiplier: factor({
      label: fieldWords.multiplier,
      hint: fieldWords.multiplierHint,
      initial: of(key?.cost_multiplier ?? 1),
    }),
    unpriced: oneOf({ label: fieldWords.unpriced, initial: of(key?.unpriced ?? "charge") }, [
      ["charge", fieldWords.charge] as const,
      ["refuse", fieldWords.refuse] as const,
    ]),
    enabled: flag({ label: fieldWords.enabled, initial: flagDraft(key?.enabled ?? true) }),
  } satisfies Fields;
}

export type KeyValues = Values<ReturnType<typeof keyFields>>;

/** What the relay is sent: what was changed, and the window of a limit that was. */
export function keyInput(values: KeyValues, changed: ReadonlySet<string>): Partial<KeyValues> {
  const limited = ["rate_limit_requests", "rate_limit_tokens", "rate_limit_cost_usd"].some((name) => changed.has(name));
  return only(values, limited ? new Set([...changed, "rate_limit_window_minutes"]) : changed);
}

export const KEY_SECTIONS = [
  { names: ["name", "description", "owner", "tags"] },
  {
    title: fieldWords.budgets,
    names: [
      "daily_cost_limit_usd",
      "weekly_cost_limit_usd",
      "total_cost_limit_usd",
      "token_limit",
      "weekly_reset_day",
      "weekly_reset_hour",
    ],
  },
  {
    title: words.limits,
    names: [
      "concurrency_limit",
      "queue_size",
      "queue_timeout_seconds",
      "rate_limit_requests",
      "rate_limit_tokens",
      "rate_limit_cost_usd",
      "rate_limit_window_minutes",
    ],
  },
  { title: fieldWords.life, names: ["expires_at", "activation_days", "enabled"] },
  {
    title: fieldWords.rules,
    names: [
      "permissions",
      "allowed_models",
      "denied_models",
      "allowed_clients",
      "allowed_ips",
      "bound_account_id",
      "bound_group_id",
      "cost_multiplier",
      "unpriced",
    ],
  },
] as const;

/** By their numbers, 0 being Sunday; in the console's language. */
function weekdays(): Choice[] {
  const name = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  // 4 January 1970 was a Sunday.
  return Array.from({ length: 7 }, (_, day): Choice => [String(day), name.format(new Date((3 + day) * 86_400_000))]);
}

/** As a `datetime-local` input has it, in the reader's own zone. */
function localTime(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
