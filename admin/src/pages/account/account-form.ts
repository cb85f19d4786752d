/** What can be changed of an account, under the API's names. Its kind and the relay decide which credentials are valid. */
import {
  address,
  type Choice,
  type Fields,
  factor,
  flag,
  flagDraft,
  json,
  jsonDraft,
  lines,
  maybeEmpty,
  optional,
  orNull,
  pairLines,
  pairs,
  seconds,
  several,
  text,
  usd,
  whole,
} from "../../form/field.ts";
import { only } from "../../form/form.ts";
import type { Account, AccountChange } from "../accounts/accounts.ts";
import {
  changedEgress,
  EGRESS_SECTION,
  type EgressValues,
  egressFields,
  withoutEgress,
} from "../accounts/egress-fields.ts";
import { withKeys } from "../accounts/given-keys.ts";
import { fieldsOfKind } from "../accounts/kind-fields.ts";
import { type AccountKind, kindOfPath, pathOfKind } from "../accounts/kinds.ts";
import { words } from "../accounts/words.ts";
import { expiryField } from "../keys/expiry-field.ts";
import { words as keysWords } from "../keys/words.ts";

const fieldWords = words.fields;
const MOST = 1_000;
const MOST_AT_ONCE = 10_000;
const SHORTEST_TIMEOUT_S = 0.1;
const LONGEST_TIMEOUT_S = 3_600;

/** The wire formats, by the names of their APIs, which are the same in every language. */
const PROTOCOLS = [
  ["anthropic", "Messages"],
  ["chat", "Chat Completions"],
  ["responses", "Responses"],
  ["gemini", "Gemini"],
] as const;

/** `groups`: the ids and names of the existing groups. */
export function accountFields(account: Account, groups: readonly Choice[]) {
  const of = (value: string | number | null) => (value === null ? "" : String(value));
  const kind = kindOfPath(pathOfKind(account));
  const chosen = groupChoices(account, groups);
  return {
    name: text({ label: words.name, initial: account.name }),
    note: maybeEmpty(text({ label: fieldWords.note, initial: account.note })),
    base_url: address({ label: words.baseUrl, hint: fieldWords.otherHost, initial: account.base_url }),
    ...replacementFields(kind),
    ...(account.kind === "azure" && {
      api_version: maybeEmpty(
        text({ label: fieldWords.apiVersion, hint: fieldWords.apiVersionHint, initial: account.api_version }),
      ),
    }),
    ...(kind?.signIn?.project && {
      project_id: maybeEmpty(
        text({ label: fieldWords.project, hint: fieldWords.projectHint, initial: account.project_id }),
      ),
    }),
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
    ...(account.platform === "openai" && {
      quirks: json({
        label: fieldWords.quirks,
        hint: fieldWords.quirksHint,
        placeholder: '{"max_tokens": "max_completion_tokens"}',
        initial: jsonDraft(account.quirks),
      }),
    }),
    ...(chosen.length > 0 && {
      group_ids: several(
        { label: fieldWords.groups, hint: fieldWords.groupsHint, initial: account.group_ids.join("\n") },
        chosen,
      ),
    }),
    ...egressFields(account),
    first_byte_timeout_seconds: timeout(fieldWords.firstByte, account.first_byte_timeout_seconds),
    idle_timeout_seconds: timeout(fieldWords.idle, account.idle_timeout_seconds),
    extra_headers: pairs({
      label: fieldWords.headers,
      hint: keysWords.fields.oneALine,
      placeholder: "x-name: value",
      between: ":",
      initial: pairLines(account.extra_headers, ":"),
    }),
    expires_at: expiryField(fieldWords.expires, account.expires_at),
    scheduled_test: flag({ label: fieldWords.nightly, initial: flagDraft(account.scheduled_test) }),
    ...(kind?.signIn
      ? {
          owner: maybeEmpty(text({ label: fieldWords.owner, hint: fieldWords.ownerHint, initial: account.owner })),
          shared: flag({ label: fieldWords.shared, initial: flagDraft(account.shared) }),
        }
      : {}),
  } satisfies Fields;
}

export const ACCOUNT_SECTIONS = [
  {
    names: [
      ...["name", "note", "base_url", "api_version", "aws_region", "aws_credential", "api_key", "api_keys"],
      ...["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "vertex_region", "service_account"],
      ...["project_id", "owner", "shared"],
    ],
  },
  {
    title: fieldWords.sharing,
    names: [
      "priority",
      "weight",
      "max_concurrency",
      "daily_quota_usd",
      "quota_reset_hour",
      "cost_multiplier",
      "expires_at",
      "group_ids",
    ],
  },
  { title: fieldWords.models, names: ["allowed_models", "model_mapping", "protocols", "quirks"] },
  EGRESS_SECTION,
  {
    title: fieldWords.sending,
    names: ["first_byte_timeout_seconds", "idle_timeout_seconds", "extra_headers", "scheduled_test"],
  },
] as const;

/** What a PATCH sends. Pure. */
export function accountChange(values: EgressValues & object, changed: ReadonlySet<string>): AccountChange {
  return { ...withKeys(only(withoutEgress(values), changed)), ...changedEgress(values, changed) };
}

/** New credentials. If these fields are empty, the existing ones stay. */
function replacementFields(kind: AccountKind | undefined): Fields {
  const { base_url: _address, api_version: _version, ...given } = kind ? fieldsOfKind(kind) : {};
  const hint = Object.keys(given).length === 1 ? fieldWords.newKey : fieldWords.newTogether;
  return Object.fromEntries(
    Object.entries(given).map(([name, field]) => [
      name,
      // The choice decides which fields there are, and is not sent itself.
      field.control.type === "choice" ? field : { ...optional(field), hint, initial: "" },
    ]),
  );
}

/** Groups of the account that are not among the known ones are shown by their ids, so that they are not lost. */
function groupChoices(account: Account, groups: readonly Choice[]): readonly Choice[] {
  const unknown = account.group_ids.filter((id) => !groups.some(([known]) => known === id));
  return [...groups, ...unknown.map((id): Choice => [id, id])];
}

/** Seconds; null: the relay's own limits. */
function timeout(label: string, limit: number | null) {
  const initial = limit === null ? "" : String(limit);
  return orNull(seconds({ label, hint: fieldWords.timeoutHint, initial }, SHORTEST_TIMEOUT_S, LONGEST_TIMEOUT_S));
}
