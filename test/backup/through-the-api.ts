/** Backups and restores in the way of the command line, page by page through the admin API; and a switch to another relay. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { PageView, RowsView, TotalsView } from "../../src/admin/backup/schema.ts";
import { type Page, secretsPurpose } from "../../src/backup/file/page.ts";
import { makeRecipient, type Recipient, unbox, unlock } from "../../src/backup/file/recipient.ts";
import type { Extra } from "../../src/backup/parts.ts";
import { forgetKeySecrets } from "../../src/store/key-secrets.ts";
import { forgetLegacyKeys } from "../../src/store/legacy-keys.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin, PASSWORD, signInAgain } from "../admin/client.ts";
import { emptyTables } from "../tables.ts";

/** Replaces scrypt, which the command line uses. */
const derive = async () => new Uint8Array(32).fill(7);

export interface Opened extends Page {
  secrets: Record<string, string>;
}

export interface Backup {
  recipient: Recipient;
  /** The unchanged answers, for tests that look for what must not be in them. */
  answers: string[];
  pages: Opened[];
}

export async function permitFor(purpose: "backup" | "restore", more: object = {}): Promise<string> {
  const { status, body } = await asAdmin("POST", "/admin/backup/permits", { purpose, password: PASSWORD, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body.permit);
}

export async function takeBackup(extras: Extra[] = []): Promise<Backup> {
  const recipient = await makeRecipient({ name: "scrypt", n: 2, r: 1, p: 1, salt: "c2FsdA" }, derive);
  const own = await unlock(recipient, derive);
  if (!own) throw new Error("the recipient does not open");
  const given = { purpose: "backup", password: PASSWORD, public_key: recipient.public_key, with: extras };
  const { body } = await asAdmin("POST", "/admin/backup/permits", given);
  const answers: string[] = [];
  const pages: Opened[] = [];
  for (const part of body.parts as string[]) {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const asked = await asAdmin("POST", "/admin/backup/pages", { permit: body.permit, part, cursor });
      expect(asked.status, JSON.stringify(asked.body)).toBe(200);
      answers.push(JSON.stringify(asked.body));
      const { page, next_cursor } = asked.body as unknown as PageView;
      const plain = page.box && (await unbox(page.box, own, recipient.public_key, secretsPurpose(part)));
      pages.push({ ...page, secrets: plain ? JSON.parse(new TextDecoder().decode(plain)) : {} });
      cursor = next_cursor;
    }
  }
  return { recipient, answers, pages };
}

export type Report = Record<string, RowsView>;

/** For each part, the totals of what was done with its rows. `only`: just these parts. */
export async function restore(pages: Opened[], { dryRun = false, only }: { dryRun?: boolean; only?: string[] } = {}) {
  const permit = await permitFor("restore");
  const report: Report = {};
  for (const { part, columns, rows, secrets } of pages) {
    if (only && !only.includes(part)) continue;
    const sent = { permit, part, columns, rows, secrets: dryRun ? {} : secrets, dry_run: dryRun };
    const { status, body } = await asAdmin("POST", "/admin/backup/rows", sent);
    expect(status, `${part}: ${JSON.stringify(body)}`).toBe(200);
    const { made, kept, renamed, lacking } = body as unknown as RowsView;
    const before = report[part] ?? { made: 0, kept: 0, renamed: [], lacking: [] };
    report[part] = {
      made: before.made + made,
      kept: before.kept + kept,
      renamed: [...before.renamed, ...renamed],
      lacking: [...before.lacking, ...lacking],
    };
  }
  return report;
}

export async function totals(): Promise<Record<string, unknown>> {
  const { body } = await asAdmin("GET", "/admin/backup/totals");
  return Object.fromEntries((body as unknown as TotalsView).totals.map(({ part, ...rest }) => [part, rest]));
}

export const ANOTHER = {
  ENCRYPTION_KEY: "another-encryption-key-0123456789abcdef01234567",
  KEY_SECRET: "another-key-secret-0123456789abcdef0123456789ab",
};

/** From now on the relay is another one: with its own secrets, an empty database, and no objects. */
export async function moveToAnotherRelay(secrets: Partial<Env> = ANOTHER): Promise<void> {
  await reset();
  await emptyTables();
  Object.assign(env, secrets);
  forgetSnapshot();
  forgetKeySecrets();
  forgetLegacyKeys();
  await signInAgain();
}
