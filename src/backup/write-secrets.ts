/**
 * Restores secrets. Each is sealed anew under this relay's own key, and only for an account that is the same here as in the backup. An
 * account that somebody has changed, or that leads elsewhere, gets no secret.
 */

import { CHANNELS, channelOf, isChannelType } from "../alerts/channels.ts";
import { channelPlace } from "../alerts/place.ts";
import { addressProblem } from "../alerts/send.ts";
import { alertChannels } from "../alerts/tables.ts";
import { object, parse } from "../ground/json.ts";
import { SECRET_RULES, weaknessOf } from "../ground/secrets.ts";
import { callKeeper } from "../pool/call-keeper.ts";
import type { Way } from "../providers/destination.ts";
import type { Kind } from "../providers/kind.ts";
import { kindOf } from "../providers/kinds.ts";
import type { Grant } from "../providers/oauth/flow.ts";
import { forgetKeySecrets, KEY_SECRET_USES, type KeySecretUse, MOST_KEY_SECRETS } from "../store/key-secrets.ts";
import { fingerprintOf } from "../vault/credentials.ts";
import { credentialPlace, egressHeadersPlace, keySecretPlace, wayOf } from "../vault/places.ts";
import { seal } from "../vault/seal.ts";
import type { NewGrant } from "../vault/tokens.ts";
import type { Value } from "./file/page.ts";
import { CHANNEL_COLUMNS } from "./parts.ts";
import { columnProblem, insertSealed, type NamedRow, namedRows, notHere, unreadable } from "./rows.ts";
import { isMapping, valueProblem } from "./values.ts";
import type { GivenRows, Lack, WriteResult, Written } from "./write.ts";

const PAUSES_MS = [0, 250, 1_000];
const OWNER = ["account_id", "base_url", "egress", "account_updated_at"];

export async function writeKeySecrets(env: Env, given: GivenRows, now: number): Promise<WriteResult> {
  const { DB, ENCRYPTION_KEY, KEY_SECRET, LEGACY_KEY_PEPPER: pepper } = env;
  const ours = [...KEY_SECRET.split(",").map((part) => part.trim()), ...(pepper ? [pepper] : [])];
  const own = await Promise.all(ours.map(fingerprintOf));
  const { results } = await DB.prepare("SELECT id FROM key_secrets").all<{ id: string }>();
  const known = new Set([...own, ...results.map(({ id }) => id)]);
  const made: { id: string; use: KeySecretUse; sealed: string }[] = [];
  const lacking: Written["lacking"] = [];
  let kept = 0;
  for (const row of namedRows(given)) {
    const use = KEY_SECRET_USES.find((one) => one === row.text("used_for"));
    const problem = use ? keySecretProblem(use, row.secret) : "used_for is not known here";
    if (!use || problem !== null) return unreadable(`key_secrets ${row.text("id")}: ${problem}`);
    const id = row.secret === null ? row.text("id") : await fingerprintOf(row.secret);
    if (known.has(id)) kept++;
    else if (row.secret !== null) {
      made.push({ id, use, sealed: await seal(row.secret, keySecretPlace(id), ENCRYPTION_KEY) });
    } else if (!given.dryRun) lacking.push({ id, reason: "no_secret" });
    known.add(id);
  }
  // Nothing would read those beyond the limit, and nobody would be told which they are.
  const restored = known.size - new Set(own).size;
  if (restored > MOST_KEY_SECRETS) {
    return unreadable(
      `key_secrets: with those that are here they would be ${restored}, and ${MOST_KEY_SECRETS} are the most`,
    );
  }
  if (made.length > 0 && !given.dryRun) {
    const insert = DB.prepare(
      "INSERT INTO key_secrets (id, used_for, sealed, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    );
    await DB.batch(made.map(({ id, use, sealed }) => insert.bind(id, use, sealed, now)));
    forgetKeySecrets();
  }
  return { ok: true, value: { made: given.rows.length - kept - lacking.length, kept, renamed: [], lacking } };
}

/** Why it may not be used to recognise keys: the rule for this relay's own secrets. */
function keySecretProblem(use: KeySecretUse, secret: string | null): string | null {
  if (secret === null) return null;
  // A row holds one secret. With a comma it would be read as two.
  const rule = use === "keys" ? { ...SECRET_RULES.KEY_SECRET, ring: false } : { least: 1, ring: false };
  const weakness = weaknessOf(rule, secret) ?? (secret.includes(",") && use === "keys" ? "has a comma" : null);
  return weakness === null ? null : `its secret ${weakness}`;
}

/** A channel that exists here keeps its configuration. */
export async function writeChannels(env: Env, given: GivenRows): Promise<WriteResult> {
  const problem = columnProblem(given, CHANNEL_COLUMNS, CHANNEL_COLUMNS) ?? valueProblem(alertChannels, given);
  if (problem !== null) return unreadable(problem);
  const rows = namedRows(given);
  if (!rows.every((row) => Object.hasOwn(CHANNELS, row.text("type")))) {
    return unreadable("alert_channels has a row whose type is not known here");
  }
  if (!rows.every(({ secret }) => secret === null || isMapping(parse(secret)))) {
    return unreadable("alert_channels has a row whose configuration cannot be read");
  }
  const news = await notHere(env.DB, "alert_channels", rows);
  if (given.dryRun) return written(rows, [], news.length);
  const lacking: Written["lacking"] = [];
  const sealed: Value[][] = [];
  for (const row of news) {
    const id = row.text("id");
    // Without its configuration it cannot send anything.
    if (row.secret === null) lacking.push({ id, reason: "no_secret" });
    else if (leadsNowhere(env, row.text("type"), row.secret)) lacking.push({ id, reason: "address_refused" });
    else {
      const seals = await seal(row.secret, channelPlace(id), env.ENCRYPTION_KEY);
      sealed.push([...given.columns.map((column) => row.of(column)), seals]);
    }
  }
  const { meta } = await insertSealed(env.DB, given, CHANNEL_COLUMNS, sealed).run();
  return written(rows, lacking, meta.changes);
}

/** Whether it sends to an address that could not be entered here. */
function leadsNowhere(env: Env, type: string, secret: string): boolean {
  const config = parse(secret);
  return isChannelType(type) && isMapping(config) && addressProblem(env, channelOf(type), config) !== null;
}

/** An account that is the same here as in the backup. */
interface Owner {
  id: string;
  kind: Kind;
  projectId: string;
  way: Required<Way>;
}

/** The accounts of the rows that are unchanged here, by id. A dry run comes before they exist, so all of them count. */
async function ownersOf(env: Env, rows: readonly NamedRow[]): Promise<Map<string, Owner | "unknown_kind">> {
  const given = rows.map((row) => OWNER.map((column) => row.of(column)));
  const { results } = await env.DB.prepare(
    `SELECT DISTINCT accounts.id, platform, kind, project_id AS projectId, base_url AS baseUrl, egress
     FROM json_each(?1) AS given JOIN accounts ON accounts.id = given.value ->> 0 AND base_url = given.value ->> 1
       AND egress = given.value ->> 2 AND updated_at = given.value ->> 3`,
  )
    .bind(JSON.stringify(given))
    .all<{ id: string; platform: string; kind: string; projectId: string; baseUrl: string; egress: string }>();
  return new Map(
    results.map((row) => {
      const kind = kindOf(row.platform, row.kind);
      const way = wayOf(row);
      return [row.id, kind && way ? { id: row.id, kind, projectId: row.projectId, way } : "unknown_kind"];
    }),
  );
}

/** The rows whose secrets are restored, or would be in a dry run; and those that lack something. */
interface Sorted {
  ready: { row: NamedRow; owner: Owner; secret: string }[];
  lacking: Written["lacking"];
}

function sorted(rows: readonly NamedRow[], owners: Map<string, Owner | "unknown_kind">, lack: Lack): Sorted {
  const result: Sorted = { ready: [], lacking: [] };
  for (const row of rows) {
    const id = row.text("account_id");
    const owner = owners.get(id);
    if (owner === undefined) continue;
    if (owner === "unknown_kind") result.lacking.push({ id, reason: "unknown_kind" });
    else if (row.secret === null) result.lacking.push({ id, reason: lack });
    else result.ready.push({ row, owner, secret: row.secret });
  }
  return result;
}

export async function writeCredentials(env: Env, given: GivenRows): Promise<WriteResult> {
  const problem = columnProblem(
    given,
    [...OWNER, "position", "hint", "fingerprint"],
    [...OWNER, "position", "hint", "fingerprint", "ends_at"],
  );
  if (problem !== null) return unreadable(problem);
  const rows = namedRows(given);
  if (given.dryRun) return dryRun(env, rows, "credentials");
  const { ready, lacking } = sorted(rows, await ownersOf(env, rows), "no_secret");
  const sealed = await Promise.all(
    ready.map(async ({ row, owner, secret }) => {
      const position = row.number("position") ?? 0;
      return {
        ...{ account_id: owner.id, position, hint: row.text("hint"), ends_at: row.number("ends_at") },
        fingerprint: row.text("fingerprint") || (await fingerprintOf(secret)),
        sealed: await seal(secret, credentialPlace({ ...owner, ...owner.way }, position), env.ENCRYPTION_KEY),
      };
    }),
  );
  return written(rows, lacking, await insertCredentials(env, sealed));
}

async function insertCredentials(env: Env, rows: object[]): Promise<number> {
  if (rows.length === 0) return 0;
  const columns = ["account_id", "position", "sealed", "hint", "fingerprint", "ends_at"];
  const { meta } = await env.DB.prepare(
    `INSERT INTO credentials (${columns.join(", ")}) SELECT ${columns.map((column) => `value ->> '${column}'`).join(", ")}
     FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`,
  )
    .bind(JSON.stringify(rows))
    .run();
  return meta.changes;
}

export async function writeEgressHeaders(env: Env, given: GivenRows): Promise<WriteResult> {
  const problem = columnProblem(given, [...OWNER, "names"], [...OWNER, "names"]);
  if (problem !== null) return unreadable(problem);
  const rows = namedRows(given);
  if (given.dryRun) return dryRun(env, rows, "egress_headers");
  const { ready, lacking } = sorted(rows, await ownersOf(env, rows), "no_secret");
  const sealed = await Promise.all(
    ready.map(async ({ row, owner, secret }) => ({
      ...{ account_id: owner.id, names: row.text("names") },
      sealed: await seal(secret, egressHeadersPlace({ id: owner.id, ...owner.way }), env.ENCRYPTION_KEY),
    })),
  );
  const { meta } = await env.DB.prepare(
    `INSERT INTO egress_headers (account_id, names, sealed)
     SELECT value ->> 'account_id', value ->> 'names', value ->> 'sealed' FROM json_each(?1) WHERE true
     ON CONFLICT DO NOTHING`,
  )
    .bind(JSON.stringify(sealed))
    .run();
  return written(rows, lacking, meta.changes);
}

/** Each sign-in goes to its account's Keeper first, so that one which D1 names exists there. */
export async function writeSignIns(env: Env, given: GivenRows): Promise<WriteResult> {
  const problem = columnProblem(
    given,
    [...OWNER, "grant_id", "made_at"],
    [...OWNER, "grant_id", "made_at", "ends_at", "project", "named_project"],
  );
  if (problem !== null) return unreadable(problem);
  const rows = namedRows(given);
  if (given.dryRun) return dryRun(env, rows, "credentials");
  const signedIn = await accountsWithCredentials(env, rows);
  const unsigned = rows.filter((row) => !signedIn.has(row.text("account_id")));
  const { ready, lacking } = sorted(unsigned, await ownersOf(env, unsigned), "sign_in_needed");
  const named: object[] = [];
  try {
    for (const { row, owner, secret } of ready) {
      const grant = object(parse(secret)) as Grant | undefined;
      if (!grant) return unreadable("a sign-in is none");
      const grantId = row.text("grant_id");
      const [project, namedProject] = [row.text("project"), row.text("named_project")];
      const signIn: NewGrant = {
        ...{ accountId: owner.id, grantId, ...owner.way, platform: owner.kind.platform, kind: owner.kind.name, grant },
        madeAt: row.number("made_at") ?? 0,
        ...(project !== "" && { project }),
        ...(namedProject !== "" && { namedProject }),
      };
      await callKeeper(env, owner.id, PAUSES_MS, (keeper) => keeper.adopt(signIn));
      named.push({
        ...{ account_id: owner.id, position: 0, hint: "", fingerprint: grantId, ends_at: row.number("ends_at") },
        sealed: await seal(grantId, credentialPlace({ ...owner, ...owner.way }, 0), env.ENCRYPTION_KEY),
      });
    }
  } catch {
    return { ok: false, refusal: { fault: "keeper_unreachable" } };
  }
  return written(rows, lacking, await insertCredentials(env, named));
}

async function accountsWithCredentials(env: Env, rows: readonly NamedRow[]): Promise<Set<string>> {
  const { results } = await env.DB.prepare(
    "SELECT DISTINCT account_id AS id FROM credentials WHERE account_id IN (SELECT value FROM json_each(?1))",
  )
    .bind(JSON.stringify(rows.map((row) => row.text("account_id"))))
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

/** Runs before the accounts exist. Those that have secrets are not touched. */
async function dryRun(
  env: Env,
  rows: readonly NamedRow[],
  table: "credentials" | "egress_headers",
): Promise<WriteResult> {
  const { results } = await env.DB.prepare(
    `SELECT DISTINCT account_id AS id FROM ${table} WHERE account_id IN (SELECT value FROM json_each(?1))`,
  )
    .bind(JSON.stringify(rows.map((row) => row.text("account_id"))))
    .all<{ id: string }>();
  const having = new Set(results.map(({ id }) => id));
  const kept = rows.filter((row) => having.has(row.text("account_id"))).length;
  return { ok: true, value: { made: rows.length - kept, kept, renamed: [], lacking: [] } };
}

function written(rows: readonly NamedRow[], lacking: Written["lacking"], made: number): WriteResult {
  return { ok: true, value: { made, kept: rows.length - made - lacking.length, renamed: [], lacking } };
}
