/**
 * Takes over keys that another relay has made, so that they work here with their old value. It is safe to repeat: a key that is here
 * stays unchanged, and its gate takes over the former use only if the key was not used here yet.
 */
import { record } from "../../events.ts";
import { NEW_STATE } from "../../gate/limits.ts";
import type { WholeFigures } from "../../gate/whole-figures.ts";
import { again } from "../../ground/again.ts";
import { dayStart, weekStart } from "../../ground/calendar.ts";
import { verifyApiKey } from "../../keys/api-key.ts";
import { legacyDigest, legacyKeyId, pepperFingerprint } from "../../keys/legacy-key.ts";
import { OPEN_POLICY } from "../../keys/policy.ts";
import { forgetLegacyKeys, gatherLegacyKeys, LEGACY_KEYS_MAX } from "../../store/legacy-keys.ts";
import { apiKeyPlace } from "../../vault/places.ts";
import { seal } from "../../vault/seal.ts";
import { NO_USAGE } from "../../vocabulary.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { freshOf, valuesOf } from "../api/fields.ts";
import { type AdminRefusal, conflict, type FieldProblem, invalid } from "../api/refusal.ts";
import { auditMany } from "../audit/record.ts";
import { policyProblems, RECORD_FIELDS, withFields } from "./fields.ts";
import type {
  ImportApiKeys,
  ImportedKey,
  ImportedKeysView,
  ImportedKeyView,
  ImportStateView,
  Used,
} from "./import-schema.ts";
import { type ApiKeyRow, changesOf, columnsFrom, keysByIds } from "./records.ts";

const COLUMNS = columnsFrom(() => "given.value");
const INSERT_KEYS = `INSERT OR IGNORE INTO api_keys (${COLUMNS.map(({ column }) => column).join(", ")})
  SELECT ${COLUMNS.map(({ from }) => from).join(", ")} FROM json_each(?1) AS given`;

export async function readImportState({ env }: VerbContext): Promise<VerbResult<ImportStateView>> {
  const pepper = env.LEGACY_KEY_PEPPER;
  const pepper_fingerprint = pepper ? await pepperFingerprint(pepper) : null;
  return { ok: true, value: { pepper_fingerprint, imported: await countOf(env) } };
}

/** Imports all of them or none: if one is refused, nothing is written. */
export async function importApiKeys(context: VerbContext, input: ImportApiKeys): Promise<VerbResult<ImportedKeysView>> {
  const { env } = context;
  const pepper = env.LEGACY_KEY_PEPPER;
  if (!pepper) return { ok: false, refusal: NO_PEPPER };
  const { imported_from: from, pepper_fingerprint: fingerprint, keys } = input;
  if (fingerprint !== undefined && fingerprint !== (await pepperFingerprint(pepper))) return OTHER_PEPPER;
  const drafted = await draftsOf(context, from, keys, pepper);
  if (!drafted.ok) return drafted;
  const drafts = drafted.value;
  const ids = drafts.map(({ id }) => id);
  const here = new Map((await keysByIds(env, ids)).map((row) => [row.id, row]));
  // A file may contain any digest, even one of the relay's own keys. Such a key is refused.
  const own = drafts.findIndex(({ id }) => here.get(id)?.importedFrom === "");
  if (own >= 0) {
    const problem = { field: `keys.${own}`, message: "has the id of a key that was not imported" };
    return { ok: false, refusal: invalid(problem) };
  }
  const made = drafts.filter(({ id }) => !here.has(id));
  if (made.length > 0 && (await countOf(env)) + made.length > LEGACY_KEYS_MAX) {
    return conflict(`A relay takes over at most ${LEGACY_KEYS_MAX} keys of others`);
  }
  // Before the keys exist here, so that no request is admitted under limits that begin anew.
  const told = await Promise.all(
    drafts.map((draft, at) => {
      const used = keys[at]?.used;
      return used ? goesOnFrom(context, here.get(draft.id) ?? draft, used) : true;
    }),
  );
  if (made.length > 0) {
    await env.DB.batch([
      env.DB.prepare(INSERT_KEYS).bind(JSON.stringify(made)),
      auditMany(context, {
        action: "api-key.import",
        entries: made.map((row) => ({
          target: row.id,
          detail: { name: row.name, from },
          changes: changesOf(null, { ...row, tier: null }),
        })),
      }),
      gatherLegacyKeys(env),
    ]);
    forgetLegacyKeys();
  }
  const results = drafts.map(({ id }, at): ImportedKeyView => {
    return { id, outcome: here.has(id) ? "exists" : "created", used_told: told[at] === true };
  });
  return { ok: true, value: { created: made.length, results } };
}

const NO_PEPPER: AdminRefusal = {
  reason: "not_configured",
  message:
    "LEGACY_KEY_PEPPER is not set: of claude-relay-service's keys it is that relay's ENCRYPTION_KEY, else any text of your own. `npx wrangler secret put LEGACY_KEY_PEPPER --config .deploy/wrangler.json` sets it",
};

const OTHER_PEPPER = conflict(
  "LEGACY_KEY_PEPPER of this relay is another text than the one that the digests were made with: the keys would not work",
);

/** The rows that the keys will become. */
async function draftsOf(
  { env, now }: VerbContext,
  from: string,
  keys: readonly ImportedKey[],
  pepper: string,
): Promise<VerbResult<ApiKeyRow[]>> {
  const problems: FieldProblem[] = await missingBindings(env, keys);
  const drafts = await Promise.all(
    keys.map(async (key, at): Promise<ApiKeyRow | null> => {
      const { api_key, name } = key;
      const wrong = (field: string, message: string) => {
        problems.push({ field: `keys.${at}.${field}`, message });
        return null;
      };
      if (api_key !== undefined && (await verifyApiKey(api_key, env.KEY_SECRET))) {
        return wrong("api_key", "is a key of this relay itself");
      }
      const digest = key.digest ?? (await legacyDigest(api_key ?? "", pepper));
      if (digest === null)
        return wrong("api_key", "must be 20 to 512 visible ASCII characters: a shorter one can be guessed");
      const policy = withFields(OPEN_POLICY, key);
      for (const { field, message } of policyProblems(policy, key)) wrong(field, message);
      const id = legacyKeyId(digest);
      return {
        ...freshOf(RECORD_FIELDS),
        ...valuesOf(RECORD_FIELDS, key),
        ...{ id, name, policy, templateId: null, importedFrom: from },
        sealed: api_key === undefined ? "" : await seal(api_key, apiKeyPlace(id), env.ENCRYPTION_KEY),
        hint: api_key?.slice(-4) ?? "",
        ...{ createdAt: now, updatedAt: now, deletedAt: null },
      };
    }),
  );
  const rows = drafts.filter((draft) => draft !== null);
  rows.forEach(({ id }, at) => {
    if (rows.findIndex((row) => row.id === id) < at) problems.push({ field: `keys.${at}`, message: "is there twice" });
  });
  return problems.length > 0 ? { ok: false, refusal: invalid(...problems) } : { ok: true, value: rows };
}

/** The bindings of all keys that name nothing, found in one query. */
async function missingBindings(env: Env, keys: readonly ImportedKey[]): Promise<FieldProblem[]> {
  const named = keys.flatMap(({ bound_account_id, bound_group_id }, at) => [
    ...(bound_account_id ? [{ field: `keys.${at}.bound_account_id`, id: bound_account_id }] : []),
    ...(bound_group_id ? [{ field: `keys.${at}.bound_group_id`, id: bound_group_id }] : []),
  ]);
  if (named.length === 0) return [];
  const { results } = await env.DB.prepare(
    `SELECT id FROM accounts WHERE id IN (SELECT value FROM json_each(?1))
     UNION SELECT id FROM account_groups WHERE id IN (SELECT value FROM json_each(?1))`,
  )
    .bind(JSON.stringify(named.map(({ id }) => id)))
    .all<{ id: string }>();
  const known = new Set(results.map(({ id }) => id));
  return named
    .filter(({ id }) => !known.has(id))
    .map(({ field }) => ({ field, message: "names nothing that there is", code: "not_found" }));
}

async function countOf(env: Env): Promise<number> {
  const sql = "SELECT count(*) AS count FROM api_keys WHERE imported_from <> ''";
  return (await env.DB.prepare(sql).first<number>("count")) ?? 0;
}

/**
 * Tells the gate what the key has used before: in total, and in the current day and week. What was written to a cache counts as written to
 * the five-minute one, because other relays do not separate the two. False: the gate did not answer.
 */
async function goesOnFrom({ env, now }: VerbContext, { id, policy }: ApiKeyRow, used: Used): Promise<boolean> {
  const offsetHours = Number(env.TIMEZONE_OFFSET) || 0;
  const figures: WholeFigures = {
    window: NEW_STATE.window,
    firstUsedAt: used.first_used_at,
    day: { startedAt: dayStart(now, offsetHours), costNanos: used.today_cost_usd },
    week: {
      startedAt: weekStart(now, offsetHours, policy.weeklyResetDay, policy.weeklyResetHour),
      costNanos: used.week_cost_usd,
    },
    totals: {
      requests: used.requests,
      usage: {
        ...NO_USAGE,
        input: used.input_tokens,
        output: used.output_tokens,
        cacheWrite5m: used.cache_write_tokens,
        cacheRead: used.cache_read_tokens,
      },
      costNanos: used.total_cost_usd,
    },
  };
  try {
    // A stub that has failed stays broken, so each try has its own.
    await again(GATE_PAUSES_MS, () => env.GATE.getByName(id).goOnFrom(id, figures));
    return true;
  } catch (error) {
    record({ event: "gate_unreachable", key: id, error });
    return false;
  }
}

const GATE_PAUSES_MS = [0, 250];
