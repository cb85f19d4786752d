/**
 * Reads pages of parts that have secrets. Each secret is opened here and put into the page's box, which only the backup's recipient can
 * open, so no answer contains a secret in the clear. A row whose secret does not open goes along without one.
 */

import { channelPlace } from "../alerts/place.ts";
import { sendPendingSettlements } from "../gate/pending-settlements.ts";
import { isUnused, type ToldFigures } from "../gate/whole-figures.ts";
import { again } from "../ground/again.ts";
import { strongPartsOf } from "../ground/secrets.ts";
import { utf8 } from "../ground/utf8.ts";
import { callKeeper } from "../pool/call-keeper.ts";
import { KINDS, kindOf } from "../providers/kinds.ts";
import type { KeySecretUse } from "../store/key-secrets.ts";
import { fingerprintOf } from "../vault/credentials.ts";
import { openGrant, type StoredGrant } from "../vault/grant.ts";
import { apiKeyPlace, credentialPlace, egressHeadersPlace, keySecretPlace, wayOf } from "../vault/places.ts";
import { type Place, tryOpen } from "../vault/seal.ts";
import type { Result } from "../vocabulary.ts";
import { writeCursor } from "./cursor.ts";
import type { Value } from "./file/page.ts";
import { secretsPurpose } from "./file/page.ts";
import { box } from "./file/recipient.ts";
import { CHANNEL_COLUMNS, KEY_COLUMNS, KEYS_A_PAGE, SECRETS_A_PAGE, SIGN_INS_A_PAGE } from "./parts.ts";
import { pageJson, type ReadPage } from "./read-rows.ts";

/** What is needed to read a page. */
export interface Reading {
  env: Env;
  /** The public half of the backup's recipient. */
  publicKey: string;
  after: readonly Value[] | null;
}

/** The object that did not answer. */
export type Unreachable = "gate_unreachable" | "keeper_unreachable";

interface Found {
  row: Value[];
  secret: string | null;
}

const PAUSES_MS = [0, 250];

export async function readCredentials({ env, publicKey, after }: Reading): Promise<ReadPage> {
  const columns = [...["account_id", "position", "hint", "fingerprint", "ends_at"], ...OWNER];
  const { results } = await env.DB.prepare(
    `SELECT account_id, position, hint, fingerprint, ends_at, ${OWNER_SQL}, sealed, platform, kind
     FROM credentials JOIN accounts ON accounts.id = account_id
     WHERE (account_id, position) > (?2, ?3) ORDER BY account_id, position LIMIT ?1`,
  )
    .bind(SECRETS_A_PAGE, ...(after ?? ["", -1]))
    .all<Record<string, Value> & Sealed & { platform: string; kind: string }>();
  const found = await Promise.all(
    results.map(async (row): Promise<Found | null> => {
      const kind = kindOf(row.platform, row.kind);
      // These accounts only have the name of a sign-in, and sign-ins are a part of their own.
      if (kind?.oauth) return null;
      const way = wayOf(row);
      const place = kind && way && credentialPlace({ id: String(row.account_id), kind, ...way }, Number(row.position));
      return { row: valuesOf(row, columns), secret: await opened(env, row.sealed, place) };
    }),
  );
  const last = lastOf(results, SECRETS_A_PAGE);
  const next = last && [last.account_id ?? "", last.position ?? 0];
  return page("credentials", columns, found, publicKey, next);
}

export async function readEgressHeaders({ env, publicKey, after }: Reading): Promise<ReadPage> {
  const columns = ["account_id", "names", ...OWNER];
  const { results } = await env.DB.prepare(
    `SELECT account_id, names, ${OWNER_SQL}, sealed FROM egress_headers JOIN accounts ON accounts.id = account_id
     WHERE account_id > ?2 ORDER BY account_id LIMIT ?1`,
  )
    .bind(SECRETS_A_PAGE, after?.[0] ?? "")
    .all<Record<string, Value> & Sealed>();
  const found = await Promise.all(
    results.map(async (row): Promise<Found> => {
      const way = wayOf(row);
      const place = way && egressHeadersPlace({ id: String(row.account_id), ...way });
      return { row: valuesOf(row, columns), secret: await opened(env, row.sealed, place) };
    }),
  );
  const last = lastOf(results, SECRETS_A_PAGE);
  return page("egress_headers", columns, found, publicKey, last && [last.account_id ?? ""]);
}

/** The channels of alerts. All of a channel's configuration is one secret. */
export async function readChannels({ env, publicKey, after }: Reading): Promise<ReadPage> {
  const { results } = await env.DB.prepare("SELECT * FROM alert_channels WHERE id > ?2 ORDER BY id LIMIT ?1")
    .bind(SECRETS_A_PAGE, after?.[0] ?? "")
    .all<Record<string, Value> & { id: string; sealed: string }>();
  const found = await Promise.all(
    results.map(
      async (row): Promise<Found> => ({
        row: valuesOf(row, CHANNEL_COLUMNS),
        secret: await opened(env, row.sealed, channelPlace(row.id)),
      }),
    ),
  );
  const last = lastOf(results, SECRETS_A_PAGE);
  return page("alert_channels", CHANNEL_COLUMNS, found, publicKey, last && [last.id]);
}

/** The secrets that recognise keys: those of the relay's own keys, and those that were restored here. */
export async function readKeySecrets({ env, publicKey }: Reading): Promise<ReadPage> {
  const { results } = await env.DB.prepare("SELECT id, used_for, sealed FROM key_secrets ORDER BY id").all<{
    id: string;
    used_for: string;
    sealed: string;
  }>();
  const { KEY_SECRET, LEGACY_KEY_PEPPER: pepper } = env;
  const own: [use: KeySecretUse, secret: string][] = [
    ...strongPartsOf("KEY_SECRET", KEY_SECRET).map((secret) => ["keys", secret] as [KeySecretUse, string]),
    ...(pepper ? [["imported_keys", pepper] as [KeySecretUse, string]] : []),
  ];
  const found = await Promise.all([
    ...own.map(async ([use, secret]) => ({ row: [await fingerprintOf(secret), use], secret })),
    ...results.map(async ({ id, used_for, sealed }) => ({
      row: [id, used_for],
      secret: await opened(env, sealed, keySecretPlace(id)),
    })),
  ]);
  return page("key_secrets", ["id", "used_for"], found, publicKey, undefined);
}

export async function readSignIns({ env, publicKey, after }: Reading): Promise<Result<ReadPage, Unreachable>> {
  const kinds = KINDS.filter(({ oauth }) => oauth).map(({ platform, name }) => `${platform}/${name}`);
  const columns = ["account_id", "grant_id", "made_at", "ends_at", "project", "named_project", ...OWNER];
  const { results } = await env.DB.prepare(
    `SELECT account_id, fingerprint AS grant_id, ends_at, ${OWNER_SQL}
     FROM accounts JOIN credentials ON account_id = accounts.id AND position = 0
     WHERE platform || '/' || kind IN (SELECT value FROM json_each(?3)) AND account_id > ?2
     ORDER BY account_id LIMIT ?1`,
  )
    .bind(SIGN_INS_A_PAGE, after?.[0] ?? "", JSON.stringify(kinds))
    .all<Record<string, Value> & { account_id: string; grant_id: string }>();
  let found: Found[];
  try {
    found = await Promise.all(results.map((row) => signInOf(env, row, columns)));
  } catch {
    return { ok: false, refusal: "keeper_unreachable" };
  }
  const last = lastOf(results, SIGN_INS_A_PAGE);
  return { ok: true, value: await page("sign_ins", columns, found, publicKey, last && [last.account_id]) };
}

async function signInOf(
  env: Env,
  row: Record<string, Value> & { account_id: string; grant_id: string },
  columns: readonly string[],
): Promise<Found> {
  const stored = await callKeeper<StoredGrant | null>(env, row.account_id, PAUSES_MS, async (keeper) =>
    keeper.signIn(),
  );
  if (stored?.grantId !== row.grant_id || stored.ended !== null) return { row: valuesOf(row, columns), secret: null };
  const { madeAt, project = null, namedProject = null } = stored;
  const grant = await openGrant(stored, env).catch(() => null);
  return {
    row: valuesOf({ ...row, made_at: madeAt, project, named_project: namedProject }, columns),
    secret: grant && JSON.stringify(grant),
  };
}

/** Keys, each with the figures for its limits, as its gate reports them. */
export async function readKeys({ env, publicKey, after }: Reading): Promise<Result<ReadPage, Unreachable>> {
  const columns = [...KEY_COLUMNS, "figures", "unflushed"];
  const { results } = await env.DB.prepare("SELECT * FROM api_keys WHERE id > ?2 ORDER BY id LIMIT ?1")
    .bind(KEYS_A_PAGE, after?.[0] ?? "")
    .all<Record<string, Value> & { id: string; sealed: string }>();
  let found: Found[];
  try {
    found = await Promise.all(
      results.map(async (row): Promise<Found> => {
        const [secret, carried] = await Promise.all([
          opened(env, row.sealed, apiKeyPlace(row.id)),
          figuresOf(env, row.id),
        ]);
        const figures = isUnused(carried.figures) ? null : JSON.stringify(carried.figures);
        return { row: valuesOf({ ...row, figures, unflushed: carried.unflushed }, columns), secret };
      }),
    );
  } catch {
    return { ok: false, refusal: "gate_unreachable" };
  }
  const last = lastOf(results, KEYS_A_PAGE);
  return { ok: true, value: await page("api_keys", columns, found, publicKey, last && [last.id]) };
}

async function figuresOf(env: Env, keyId: string): Promise<ToldFigures> {
  await sendPendingSettlements(env, keyId);
  // A stub that has failed stays broken, so each try has its own.
  return again(PAUSES_MS, () => env.GATE.getByName(keyId).tellFigures(keyId));
}

/** Stored beside an account's secret: where it may be sent, and to which version of the account it belongs. */
const OWNER = ["base_url", "egress", "account_updated_at"];
const OWNER_SQL = `base_url, egress, accounts.updated_at AS account_updated_at, base_url AS baseUrl`;

interface Sealed {
  sealed: string;
  baseUrl: string;
  egress: string;
}

async function opened(env: Env, sealed: string, place: Place | null | undefined): Promise<string | null> {
  if (!place) return null;
  const open = await tryOpen(sealed, place, env.ENCRYPTION_KEY);
  return open.ok ? open.plain : null;
}

function valuesOf(row: Record<string, Value>, columns: readonly string[]): Value[] {
  return columns.map((column) => row[column] ?? null);
}

/** The last row of a full page; undefined if no row can follow. */
function lastOf<Row>(rows: readonly Row[], most: number): Row | undefined {
  return rows.length === most ? rows.at(-1) : undefined;
}

async function page(
  part: string,
  columns: readonly string[],
  all: readonly (Found | null)[],
  publicKey: string,
  next: readonly Value[] | undefined,
): Promise<ReadPage> {
  const found = all.filter((one) => one !== null);
  const secrets: Record<number, string> = {};
  for (const [at, { secret }] of found.entries()) if (secret !== null) secrets[at] = secret;
  const plain = utf8(JSON.stringify(secrets));
  const rows = JSON.stringify(found.map(({ row }) => row));
  const boxed = found.length > 0 ? await box(plain, publicKey, secretsPurpose(part)) : undefined;
  return { json: pageJson(part, columns, rows, boxed), rows: found.length, next: next ? writeCursor(next) : null };
}
