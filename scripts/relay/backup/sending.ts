/** Sends the pages of a backup to a relay, in portions that it accepts, and counts the results for their rows. */
import type { RowsView } from "../../../src/admin/backup/schema.ts";
import type { PartName } from "../../../src/backup/parts.ts";
import { ask } from "../client.ts";
import type { Outcome } from "../failure.ts";
import type { Relay } from "../relay-session.ts";
import { askPatiently } from "./permit.ts";
import type { OpenPage } from "./reading.ts";

/** The admin API accepts bodies of 256 kB. */
const BODY_BYTES = 200_000;

export type Report = Partial<Record<string, RowsView>>;

export interface Sending {
  relay: Relay;
  permit: string;
  dryRun: boolean;
  /** In a dry run before anybody has decided, no secret leaves this machine. */
  withSecrets: boolean;
  signal: AbortSignal;
}

/** Adds the results to `report`. */
export async function sendPage(page: OpenPage, report: Report, sending: Sending): Promise<Outcome<null>> {
  const { relay, permit, dryRun, withSecrets, signal } = sending;
  for (const portion of portionsOf(page, withSecrets)) {
    const { part, columns, rows, secrets } = portion;
    const json = { permit, part: part as PartName, columns, rows, secrets, dry_run: dryRun };
    const sent = await askPatiently(signal, () => ask(relay.client.admin.backup.rows.$post({ json })));
    if (!sent.ok) return sent;
    report[part] = added(report[part], sent.value);
  }
  return { ok: true, value: null };
}

function portionsOf(page: OpenPage, withSecrets: boolean): OpenPage[] {
  const portions: OpenPage[] = [];
  let room = 0;
  for (const [at, row] of page.rows.entries()) {
    const secret = withSecrets ? page.secrets[at] : undefined;
    const bytes = Buffer.byteLength(JSON.stringify(row)) + Buffer.byteLength(JSON.stringify(secret ?? "")) + 10;
    if (portions.length === 0 || bytes > room) {
      portions.push({ part: page.part, columns: page.columns, rows: [], secrets: {} });
      room = BODY_BYTES;
    }
    room -= bytes;
    const portion = portions.at(-1);
    if (secret !== undefined && portion) portion.secrets[portion.rows.length] = secret;
    portion?.rows.push(row);
  }
  return portions;
}

function added(before: RowsView | undefined, now: RowsView): RowsView {
  if (!before) return now;
  return {
    made: before.made + now.made,
    kept: before.kept + now.kept,
    renamed: [...before.renamed, ...now.renamed],
    lacking: [...before.lacking, ...now.lacking],
  };
}
