/** `backup`: a whole relay in one encrypted file. The relay returns pages, with secrets in boxes; the file is made here. */
import { existsSync } from "node:fs";
import { makeRecipient, type Recipient, recipientIn, recipientText } from "../../../src/backup/file/recipient.ts";
import type { Extra } from "../../../src/backup/parts.ts";
import { deriveFrom, newKdf, newPassphrase } from "../backup/passphrase.ts";
import { askForPermit, askPatiently } from "../backup/permit.ts";
import { BackupWriter } from "../backup/writing.ts";
import { ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Relay } from "../relay-session.ts";
import type { Cli, Verb } from "../verb.ts";

interface Options {
  signIns?: true | undefined;
  requests?: true | undefined;
  recipient?: string | undefined;
  makeKey?: true | undefined;
}

interface Made {
  file: string;
  bytes: number;
  made_at: string;
  rows: Record<string, number>;
}

export const backup: Verb = {
  name: "backup",
  summary: "writes accounts, keys, settings, sums and the audit trail into one encrypted file",
  define(command, run) {
    command
      .argument("[file]", "where to (edge-relay-<host>-<time>.backup)")
      .option(
        "--sign-ins",
        "with the sign-ins of accounts; restore them only where this relay does not go on using them",
      )
      .option("--requests", "with the request log")
      .option("--recipient <key>", "encrypt to this backup key instead of asking for a passphrase")
      .option("--make-key", "make no backup but a backup key, for --recipient and for the Worker's BACKUP_KEY")
      .action((file, options) => run((cli) => (options.makeKey ? makeKey(cli) : backUp(cli, file, options))));
  },
};

async function makeKey(cli: Cli): Promise<Outcome> {
  const made = await newRecipient(cli);
  if (!made.ok) return made;
  const key = recipientText(made.value);
  cli.output.result({ key }, () => key);
  return { ok: true, value: { key } };
}

async function backUp(cli: Cli, file: string | undefined, options: Options): Promise<Outcome> {
  const { output, system } = cli;
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const madeAt = new Date(system.now()).toISOString();
  const path =
    file ?? `edge-relay-${new URL(relay.value.origin).hostname}-${madeAt.slice(0, 16).replace(/:/g, "")}.backup`;
  if (existsSync(path)) return failed("usage", `${path} is there already, and stays as it is.`);
  const recipient = options.recipient === undefined ? await newRecipient(cli) : givenRecipient(options.recipient);
  if (!recipient.ok) return recipient;
  const extras: Extra[] = [
    ...(options.signIns ? ["sign_ins" as const] : []),
    ...(options.requests ? ["requests" as const] : []),
  ];
  const written = await write(cli, relay.value, { path, madeAt, recipient: recipient.value, extras });
  if (!written.ok) return written;
  output.result(written.value, made);
  return written;
}

/** The file that is to be written. */
interface NewBackup {
  path: string;
  /** ISO 8601. */
  madeAt: string;
  recipient: Recipient;
  extras: Extra[];
}

async function write(cli: Cli, relay: Relay, { path, madeAt, recipient, extras }: NewBackup): Promise<Outcome<Made>> {
  const { output, system } = cli;
  const { public_key } = recipient;
  const permit = await askForPermit(cli, relay, { purpose: "backup", public_key, with: extras });
  if (!permit.ok) return permit;
  const { schema, parts } = permit.value;
  let writer: BackupWriter;
  try {
    const { origin } = relay;
    writer = await BackupWriter.begin(path, { schema, made_at: madeAt, relay: origin, with: extras, recipient });
  } catch (error) {
    return failed("failed", `${path} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
  try {
    for (const part of parts) {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const json = { permit: permit.value.permit, part, ...(cursor !== undefined && { cursor }) };
        const read = await askPatiently(system.signal, () => ask(relay.client.admin.backup.pages.$post({ json })));
        if (!read.ok) return read;
        await writer.add(read.value.page);
        output.progress(`${part}: ${writer.rows[part] ?? 0}`);
        cursor = read.value.next_cursor;
      }
    }
    const bytes = await writer.end();
    if (bytes === null)
      return failed("failed", `${path} has come there meanwhile, and stays as it is: nothing was kept.`);
    return { ok: true, value: { file: path, bytes, made_at: madeAt, rows: writer.rows } };
  } finally {
    // Removes nothing if the file is already in its place.
    await writer.abandon();
  }
}

async function newRecipient(cli: Cli): Promise<Outcome<Recipient>> {
  const passphrase = await newPassphrase(cli);
  if (!passphrase.ok) return passphrase;
  return { ok: true, value: await makeRecipient(newKdf(), deriveFrom(passphrase.value)) };
}

function givenRecipient(text: string): Outcome<Recipient> {
  const recipient = recipientIn(text);
  return recipient
    ? { ok: true, value: recipient }
    : failed("usage", "This is no backup key.", "`edge-relay backup --make-key` makes one.");
}

function made({ file, bytes, rows }: Made): string {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const kept = `${rows.api_keys ?? 0} keys, ${rows.accounts ?? 0} accounts, ${all.toLocaleString("en-US")} rows in all`;
  return `Wrote ${file}: ${kept}, ${Math.ceil(bytes / 1024).toLocaleString("en-US")} kB.\nWhoever has it and its passphrase has the relay's secrets.`;
}
