/** The fields of a key, under the API's names: all that its gate enforces, and what is recorded beside it. */
import {
  type Choice,
  count,
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
import { PLATFORMS } from "../../locale/platforms.ts";
import { locale } from "../../locale/strings.ts";
import { aliasesField } from "./alias-lines.ts";
import { expiryField } from "./expiry-field.ts";
import type { ApiKey, ApiKeyInput } from "./keys.ts";
import { words } from "./words.ts";

const fieldWords = words.fields;
const USUAL_WINDOW_MINUTES = "60";
const LONGEST_WINDOW_MINUTES = 525_600;
const MOST_DAYS = 36_500;
const MOST_HOURS = MOST_DAYS * 24;
const MOST_AT_ONCE = 10_000;
const MOST_WAITING = 1_000;
const LONGEST_WAIT_S = 600;

/** What a key may refer to: ids and names of the existing accounts and groups, and templates, which are identified by their names. */
export interface Bindings {
  accounts: readonly Choice[];
  groups: readonly Choice[];
  templates: readonly Choice[];
}

const NO_BINDINGS: Bindings = { accounts: [], groups: [], templates: [] };

const windowed = (drafts: Readonly<Record<string, string>>) =>
  ["rate_limit_requests", "rate_limit_tokens", "rate_limit_cost_usd"].some((name) => drafts[name]?.trim() !== "");

/** The known fields of a key, or of a template, which has only some of them. */
type Known = { [Name in keyof ApiKey]?: ApiKey[Name] | undefined };

/** `key`: its present values; null for a new one. */
export function keyFields(key: Known | null, bindings: Bindings = NO_BINDINGS) {
  const of = (value: string | number | null | undefined) =>
    value === null || value === undefined ? "" : String(value);
  const listed = (values: readonly string[] | undefined) => values?.join("\n") ?? "";
  const unbound: Choice = ["", fieldWords.any];
  const templates: readonly Choice[] = [
    ["", fieldWords.noTemplate],
    // It may be deleted, or not among the newest.
    ...named(key?.rate_limit_tier).filter(([name]) => bindings.templates.every(([known]) => known !== name)),
    ...bindings.templates,
  ];
  return {
    name: text({ label: words.name, hint: words.nameHint, initial: of(key?.name) }),
    description: maybeEmpty(text({ label: words.description, initial: of(key?.description) })),
    owner: maybeEmpty(text({ label: fieldWords.owner, initial: of(key?.owner) })),
    tags: lines({ label: fieldWords.tags, hint: fieldWords.oneALine, initial: listed(key?.tags) }),

    rate_limit_tier: orNull(
      oneOf(
        { label: fieldWords.template, hint: fieldWords.templateHint, initial: of(key?.rate_limit_tier) },
        templates,
      ),
    ),

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
    // Without a limit, the window has no effect.
    rate_limit_window_minutes: onlyWhere(
      windowed,
      whole(
        { label: words.window, initial: of(key?.rate_limit_window_minutes ?? USUAL_WINDOW_MINUTES) },
        1,
        LONGEST_WINDOW_MINUTES,
      ),
    ),

    expires_at: expiryField(words.expiry, key?.expires_at ?? null),
    activation_days: orNull(
      whole(
        { label: fieldWords.activation, hint: fieldWords.activationHint, initial: of(key?.activation_days) },
        1,
        MOST_DAYS,
      ),
    ),
    activation_hours: orNull(
      whole(
        { label: fieldWords.activationHours, hint: fieldWords.activationHoursHint, initial: of(key?.activation_hours) },
        1,
        MOST_HOURS,
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
    model_aliases: aliasesField(
      { label: fieldWords.aliases, hint: fieldWords.aliasesHint, placeholder: "fast = claude-haiku-4-5, gpt-5-mini" },
      key?.model_aliases ?? {},
      bindings.groups,
    ),
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

/** What the relay is sent: the changed fields, and the window of a limit that was changed. */
export function keyInput(values: KeyValues, changed: ReadonlySet<string>): Partial<KeyValues> {
  const limited = ["rate_limit_requests", "rate_limit_tokens", "rate_limit_cost_usd"].some((name) => changed.has(name));
  return only(values, limited ? new Set([...changed, "rate_limit_window_minutes"]) : changed);
}

/** For a new key. An empty template is left out. */
export function newKeyInput(name: string, { rate_limit_tier: template, ...input }: Partial<KeyValues>): ApiKeyInput {
  return { ...input, ...(template && { rate_limit_tier: template }), name };
}

export const KEY_SECTIONS = [
  { names: ["name", "description", "owner", "tags", "rate_limit_tier"] },
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
  { title: fieldWords.life, names: ["expires_at", "activation_days", "activation_hours", "enabled"] },
  {
    title: fieldWords.rules,
    names: [
      "permissions",
      "allowed_models",
      "denied_models",
      "model_aliases",
      "allowed_clients",
      "allowed_ips",
      "bound_account_id",
      "bound_group_id",
      "cost_multiplier",
      "unpriced",
    ],
  },
] as const;

/** By number, with 0 for Sunday, in the console's language. */
function weekdays(): Choice[] {
  const name = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  // 4 January 1970 was a Sunday.
  return Array.from({ length: 7 }, (_, day): Choice => [String(day), name.format(new Date((3 + day) * 86_400_000))]);
}

function named(name: string | null | undefined): Choice[] {
  return name ? [[name, name]] : [];
}
