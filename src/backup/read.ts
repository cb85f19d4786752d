/**
 * Reads a backup page by page. Each page reads a bounded amount, and the caller keeps where a part continues, so any page may be read
 * again. A backup that is made while requests run has each thing as it was when its page was read; earlier pages have nothing of what
 * came later. Each key's figures are written to D1 before they are read, and the sums come after them, so the sums include all that the
 * figures do.
 */
import type { Result } from "../vocabulary.ts";
import type { Value } from "./file/page.ts";
import { type PartName, plainPart, SETTINGS } from "./parts.ts";
import { pageJson, type ReadPage, readRows } from "./read-rows.ts";
import {
  type Reading,
  readChannels,
  readCredentials,
  readEgressHeaders,
  readKeySecrets,
  readKeys,
  readSignIns,
  type Unreachable,
} from "./read-secrets.ts";

export async function readPart(part: PartName, reading: Reading): Promise<Result<ReadPage, Unreachable>> {
  const { env, after } = reading;
  switch (part) {
    case "sign_ins":
      return readSignIns(reading);
    case "api_keys":
      return readKeys(reading);
    case "settings":
      return { ok: true, value: await readSettings(env) };
    case "key_secrets":
      return { ok: true, value: await readKeySecrets(reading) };
    case "credentials":
      return { ok: true, value: await readCredentials(reading) };
    case "alert_channels":
      return { ok: true, value: await readChannels(reading) };
    case "egress_headers":
      return { ok: true, value: await readEgressHeaders(reading) };
    default: {
      const plain = plainPart(part);
      if (!plain) throw new Error(`Nobody says how ${part} is read`);
      return { ok: true, value: await readRows(env.DB, plain, after) };
    }
  }
}

async function readSettings(env: Env): Promise<ReadPage> {
  const { results } = await env.DB.prepare(
    "SELECT name, value FROM settings WHERE name IN (SELECT value FROM json_each(?1)) ORDER BY name",
  )
    .bind(JSON.stringify(SETTINGS))
    .all<{ name: string; value: string }>();
  const rows: Value[][] = results.map(({ name, value }) => [name, value]);
  return { json: pageJson("settings", ["name", "value"], JSON.stringify(rows)), rows: rows.length, next: null };
}
