/**
 * Restores a backup, some rows at a time. It changes nothing that is here: if the place of a row is taken, what is there stays. So any
 * step may be repeated, and an interrupted restore is begun again from the start. A dry run answers the same and writes nothing.
 */

import { ALERT_SETTING, areAlertSettings } from "../alerts/settings.ts";
import { parse } from "../ground/json.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";
import { bindingProblem } from "../vault/exit.ts";
import { wayOf } from "../vault/places.ts";
import type { Result } from "../vocabulary.ts";
import type { Value } from "./file/page.ts";
import { type PartName, plainPart, SETTINGS } from "./parts.ts";
import { type NamedRow, namedRows, unreadable } from "./rows.ts";
import { valueProblem } from "./values.ts";
import { writeKeys } from "./write-keys.ts";
import { writeRows } from "./write-rows.ts";
import { writeChannels, writeCredentials, writeEgressHeaders, writeKeySecrets, writeSignIns } from "./write-secrets.ts";

/** Some rows of a part, as in a page, with the box already opened. */
export interface GivenRows {
  part: PartName;
  columns: string[];
  rows: Value[][];
  /** A row's place in `rows` → its secret. */
  secrets: Record<number, string>;
  dryRun: boolean;
}

export interface Written {
  /** How many were new here; in a dry run: would be. */
  made: number;
  /** How many exist here already and stay unchanged. */
  kept: number;
  /** Restored under another name, because theirs is taken. */
  renamed: { id: string; from: string; to: string }[];
  /** Restored, but something is missing. */
  lacking: { id: string; reason: Lack }[];
}

export type Lack =
  /** It could not be opened when the backup was made. */
  | "no_secret"
  /** Nobody is signed in to the account: the backup has no sign-ins, or this one had ended. */
  | "sign_in_needed"
  /** The account or channel leads to an address to which this relay does not send; it is left out. */
  | "address_refused"
  /** The account leaves through a binding that this relay does not have; it is left out. */
  | "binding_missing"
  /** The account's kind does not exist here. */
  | "unknown_kind"
  /** The key was used here before, and its limits go by that use. */
  | "figures_kept";

/** Why none of the rows is written. */
export type WriteFault =
  /** It is not a page of this part. */
  { fault: "unreadable"; why: string } | { fault: "gate_unreachable" | "keeper_unreachable" };

export type WriteResult = Result<Written, WriteFault>;

export function writePart(env: Env, given: GivenRows, now: number): Promise<WriteResult> {
  switch (given.part) {
    case "settings":
      return writeSettings(env, given);
    case "key_secrets":
      return writeKeySecrets(env, given, now);
    case "credentials":
      return writeCredentials(env, given);
    case "alert_channels":
      return writeChannels(env, given);
    case "egress_headers":
      return writeEgressHeaders(env, given);
    case "sign_ins":
      return writeSignIns(env, given);
    case "api_keys":
      return writeKeys(env, given);
    case "accounts":
      return writeAccounts(env, given);
    default: {
      const plain = plainPart(given.part);
      if (!plain) throw new Error(`Nobody says how ${given.part} is written`);
      return writeRows(env, plain, given);
    }
  }
}

/** A backup cannot bring in an address or a binding that could not be entered here. */
async function writeAccounts(env: Env, given: GivenRows): Promise<WriteResult> {
  const plain = plainPart("accounts");
  if (!plain) throw new Error("Accounts are a part");
  const problem = valueProblem(plain.table, given);
  if (problem !== null) return unreadable(problem);
  const named = namedRows(given);
  const allowPrivate = env.ALLOW_PRIVATE_UPSTREAMS === "1";
  const refusalOf = (row: NamedRow): Lack | null => {
    const way = wayOf({ baseUrl: row.text("base_url"), egress: row.text("egress") || '{"via":"direct"}' });
    if (!way) return "address_refused";
    const { baseUrl, egress } = way;
    // The mark of a whole address is no part of the address.
    const addresses = [baseUrl.replace(/#$/, ""), ...(egress.via === "gateway" ? [egress.baseUrl] : [])];
    if (!addresses.every((address) => checkUpstreamUrl(address, { allowPrivate }).ok)) return "address_refused";
    return egress.via === "binding" && bindingProblem(env, egress.name) !== null ? "binding_missing" : null;
  };
  const refusals = named.map(refusalOf);
  const rows = given.rows.filter((_, at) => refusals[at] === null);
  const written = await writeRows(env, plain, { ...given, rows });
  if (!written.ok) return written;
  const lacking = named.flatMap((row, at) => {
    const reason = refusals[at] ?? null;
    return reason === null ? [] : [{ id: row.text("id"), reason }];
  });
  return { ok: true, value: { ...written.value, lacking } };
}

/** Settings that nobody has set here. A new relay begins with the strategy `priority`. */
const SET_HERE = "NOT (settings.name = 'pool_strategy' AND settings.value = 'priority')";

async function writeSettings(env: Env, { columns, rows, dryRun }: GivenRows): Promise<WriteResult> {
  const [name, value] = [columns.indexOf("name"), columns.indexOf("value")];
  const given = rows.map((row) => ({ name: row[name], value: row[value] }));
  if (!given.every((row) => SETTINGS.some((known) => known === row.name) && typeof row.value === "string")) {
    return unreadable("a setting is not known here");
  }
  const alerts = given.find((row) => row.name === ALERT_SETTING);
  if (alerts && !areAlertSettings(parse(String(alerts.value))))
    return unreadable("the settings of alerts cannot be read");
  const json = JSON.stringify(given);
  const taken = await env.DB.prepare(
    `SELECT count(*) AS count FROM settings JOIN json_each(?1) AS given ON settings.name = given.value ->> 'name'
     WHERE ${SET_HERE} OR settings.value = given.value ->> 'value'`,
  )
    .bind(json)
    .first<{ count: number }>();
  const kept = taken?.count ?? 0;
  if (!dryRun) {
    await env.DB.prepare(
      `INSERT INTO settings (name, value) SELECT value ->> 'name', value ->> 'value' FROM json_each(?1) WHERE true
       ON CONFLICT DO UPDATE SET value = excluded.value WHERE NOT (${SET_HERE})`,
    )
      .bind(json)
      .run();
  }
  return { ok: true, value: { ...NOTHING, made: given.length - kept, kept } };
}

export const NOTHING: Written = { made: 0, kept: 0, renamed: [], lacking: [] };
