/**
 * What the admin API would refuse cannot come in by a backup: each row is converted back to the API's words and checked against the API's
 * own schemas. The first row that does not pass is named, and none of its page is written. What depends on where the relay runs (an
 * address, a binding) only excludes single rows, and is checked in src/backup.
 */
import { getTableColumns } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as z from "zod/mini";
import { alertChannels } from "../../alerts/tables.ts";
import { type PartName, plainPart } from "../../backup/parts.ts";
import { valueProblem } from "../../backup/values.ts";
import type { GivenRows } from "../../backup/write.ts";
import { OPEN_POLICY } from "../../keys/policy.ts";
import { kindOf } from "../../providers/kinds.ts";
import { accountGroups, accounts, apiKeys, modelAliases, priceOverrides, templates } from "../../store/schema.ts";
import { ACCOUNT_FIELDS } from "../accounts/fields.ts";
import { checkAccountInput } from "../accounts/verbs.ts";
import { createChannelBody } from "../alerts/schema.ts";
import { starProblems } from "../aliases/fields.ts";
import { createAliasBody } from "../aliases/schema.ts";
import { fieldProblems } from "../api/field-problems.ts";
import type { FieldProblem } from "../api/refusal.ts";
import { sameJson, storedProblems } from "../api/stored.ts";
import { createGroupBody } from "../groups/schema.ts";
import { POLICY_FIELDS, policyProblems, RECORD_FIELDS } from "../keys/fields.ts";
import { importApiKeysBody } from "../keys/import-schema.ts";
import { createApiKeyBody } from "../keys/schema.ts";
import { priceProblems } from "../prices/stored.ts";
import { storedFields } from "../templates/fields.ts";
import { createTemplateBody } from "../templates/schema.ts";
import { nameOf } from "./name-of.ts";
import { roomProblem } from "./room.ts";
import { secretProblem } from "./secret-rules.ts";
import { settingProblems } from "./setting-rules.ts";

/** A row as its table reads it. */
type Stored = Record<string, unknown>;

interface Rule {
  table: SQLiteTable;
  /** Throws if a value cannot even be shown. */
  problems: (env: Env, row: Stored) => FieldProblem[] | Promise<FieldProblem[]>;
}

const RULES: Partial<Record<PartName, Rule>> = {
  accounts: { table: accounts, problems: accountProblems },
  account_groups: ruleOf(accountGroups, z.pick(createGroupBody, { name: true, strategy: true })),
  model_aliases: {
    table: modelAliases,
    problems: (_, { name, targets, note }) => {
      const read = createAliasBody.safeParse({ name, targets, note });
      if (!read.success) return fieldProblems(read.error.issues, { name, targets, note });
      return starProblems(read.data.name, read.data.targets, "targets");
    },
  },
  templates: { table: templates, problems: (_, row) => templateProblems(row) },
  price_overrides: { table: priceOverrides, problems: (_, { model, price }) => priceProblems(model, price) },
  alert_channels: { table: alertChannels, problems: (_, row) => channelProblems(row) },
  api_keys: { table: apiKeys, problems: (_, row) => keyProblems(row) },
};

/** The first row that the API would refuse, in words; null if there is none. */
export async function rowProblem(env: Env, given: GivenRows): Promise<string | null> {
  const rule = RULES[given.part];
  const plain = plainPart(given.part);
  // The column comes from a later version, which the writer reports.
  if (plain && given.columns.some((column) => !plain.columns.includes(column))) return null;
  try {
    for (const [at, row] of rule ? recordsOf(rule.table, given).entries() : []) {
      const [problem] = (await rule?.problems(env, row)) ?? [];
      if (problem) return `${nameOf(given, at)}: ${problem.field} ${problem.message}`;
    }
  } catch {
    // A value has a shape that its column never has. The writer says which.
    return (rule && valueProblem(rule.table, given)) ?? `${given.part} has a row that cannot be read`;
  }
  return settingProblems(env, given) ?? secretProblem(given) ?? (await roomProblem(env, given));
}

/** For a table whose columns are the members of a request. */
function ruleOf(table: SQLiteTable, schema: z.ZodMiniObject): Rule {
  const names = Object.keys(schema.shape);
  return {
    table,
    problems: (_, row) => {
      const own = Object.fromEntries(names.map((name) => [name, row[name]]));
      const read = schema.safeParse(own);
      return read.success ? [] : fieldProblems(read.error.issues, own);
    },
  };
}

function recordsOf(table: SQLiteTable, { columns, rows }: GivenRows): Stored[] {
  const known = Object.entries(getTableColumns(table)).flatMap(([member, column]) => {
    const at = columns.indexOf(column.name);
    return at < 0 ? [] : [{ member, at, column }];
  });
  return rows.map((row) =>
    Object.fromEntries(
      known.map(({ member, at, column }) => {
        const value = row[at] ?? null;
        return [member, value === null ? null : column.mapFromDriverValue(value)];
      }),
    ),
  );
}

const ADDRESSES = /^(?:base_url|egress)/;

async function accountProblems(env: Env, row: Stored): Promise<FieldProblem[]> {
  const problems = storedProblems(ACCOUNT_FIELDS, row);
  const kind = kindOf(String(row.platform), String(row.kind));
  if (problems.length > 0 || !kind) return problems;
  const { baseUrl, apiVersion, projectId } = row;
  const checked = await checkAccountInput(env, kind, {
    ...{ base_url: String(baseUrl), api_version: String(apiVersion ?? ""), project_id: String(projectId ?? "") },
  });
  if (checked.ok) return [];
  return (checked.refusal.details ?? []).filter(({ field }) => !ADDRESSES.test(field));
}

const importedFrom = importApiKeysBody.shape.imported_from;

function keyProblems({ name, policy, importedFrom: from, ...row }: Stored): FieldProblem[] {
  const given = { name, ...(from ? { imported_from: from } : {}) };
  const read = z
    .object({ name: createApiKeyBody.shape.name, imported_from: z.optional(importedFrom) })
    .safeParse(given);
  if (!read.success) return fieldProblems(read.error.issues, given);
  const whole = { ...OPEN_POLICY, ...(policy as object) };
  const problems = [...storedProblems(POLICY_FIELDS, whole), ...policyProblems(whole, {})];
  return [
    ...storedProblems(RECORD_FIELDS, row),
    ...problems.map(({ field, ...problem }) => ({ ...problem, field: `policy.${field}` })),
  ];
}

const channelBody = z.omit(createChannelBody, { config: true });

function channelProblems({
  name,
  type,
  enabled,
  alerts,
  recoveries,
  maxPerHour: max_per_hour,
}: Stored): FieldProblem[] {
  const given = { name, type, enabled, alerts, recoveries, max_per_hour };
  const read = channelBody.safeParse(given);
  return read.success ? [] : fieldProblems(read.error.issues, given);
}

/** The fields are stored as they are in a request. */
function templateProblems({ name, description, fields }: Stored): FieldProblem[] {
  const given = { ...(fields as object), name, description };
  const read = createTemplateBody.safeParse(given);
  if (!read.success) {
    return fieldProblems(read.error.issues, given).map((problem) => ({ ...problem, field: `fields.${problem.field}` }));
  }
  const { name: _, description: __, ...policy } = read.data;
  return sameJson(storedFields(policy), fields)
    ? []
    : [{ field: "fields", message: "are not as a request would have made them" }];
}
