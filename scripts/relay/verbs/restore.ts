/**
 * `restore`: a backup into an empty relay, or what another relay lacks of it. The file is first read completely; then it is said what would
 * be done, and only if somebody wants that, it is done. After an interruption the same command begins again.
 */
import type { RowsView, TotalsView } from "../../../src/admin/backup/schema.ts";
import { type Counted, countAgain } from "../backup/counting.ts";
import { deriveFrom, knownPassphrase } from "../backup/passphrase.ts";
import { askForPermit } from "../backup/permit.ts";
import { BackupReader, type Contents } from "../backup/reading.ts";
import { type Report, type Sending, sendPage } from "../backup/sending.ts";
import { ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Output } from "../output.ts";
import type { Relay } from "../relay-session.ts";
import type { Cli, Verb } from "../verb.ts";

interface Options {
  dryRun?: true | undefined;
  yes?: true | undefined;
}

/** Sums and logs are many rows, of which only missing ones are added. They are not looked up beforehand. */
const HISTORY = new Set([
  ...["usage_daily", "usage_hourly", "client_hourly", "refusals_hourly", "audit", "requests"],
  ...["key_figures", "account_answers"],
]);

/** The relay checks what these parts bring before anything is written, so that a refused secret leaves nothing half done. */
const CHECKED_FIRST = new Set(["key_secrets", "credentials", "egress_headers", "sign_ins", "alert_channels"]);

/** The free plan's D1 rows per day. A new hour takes two, because of its index. */
const ROWS_A_DAY = 100_000;

export const restore: Verb = {
  name: "restore",
  summary: "brings a backup into a relay: says first what it would make, keep and rename",
  define(command, run) {
    command
      .argument("<file>", "a backup, of `backup` or from the bucket of scheduled ones")
      .option("--dry-run", "say what would become of it, and do nothing")
      .option("--yes", "do it without asking")
      .action((file, options) => run((cli) => restoreFile(cli, file, options)));
  },
};

async function restoreFile(cli: Cli, file: string, options: Options): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const reader = await BackupReader.open(file);
  if (!reader.ok) return reader;
  try {
    return await restoreFrom(cli, relay.value, reader.value, options);
  } finally {
    await reader.value.close();
  }
}

async function restoreFrom(cli: Cli, relay: Relay, reader: BackupReader, options: Options): Promise<Outcome> {
  const { output, system, prompts } = cli;
  const passphrase = await knownPassphrase(cli);
  if (!passphrase.ok) return passphrase;
  output.progress("Reading the file…");
  const contents = await reader.verify(deriveFrom(passphrase.value));
  if (!contents.ok) return contents;
  const before = await ask(relay.client.admin.backup.totals.$get());
  if (!before.ok) return before;
  const { header } = reader;
  // 0: no migration is recorded.
  if (before.value.schema > 0 && header.schema > before.value.schema) {
    const message = `The backup is of a later version (tables ${header.schema}) than the relay (${before.value.schema}).`;
    return failed("failed", `${message} Nothing was changed.`, "Bring the relay up to date first.");
  }
  const permit = await askForPermit(cli, relay, { purpose: "restore" });
  if (!permit.ok) return permit;
  const sending: Sending = {
    ...{ relay, permit: permit.value.permit, signal: system.signal },
    ...{ dryRun: true, withSecrets: false },
  };
  const planned = await sendAll(reader, sending, output, (part) => !HISTORY.has(part));
  if (!planned.ok) return planned;
  const plan = { file: header, contents: contents.value, planned: planned.value, before: before.value };
  if (options.dryRun) {
    output.result(planView(plan), () => planText(plan, relay, output));
    return { ok: true, value: null };
  }
  if (!options.yes) {
    output.note(planText(plan, relay, output));
    const wanted = await prompts.confirm("Restore it?");
    if (!wanted.ok) return wanted;
    if (!wanted.value) return failed("failed", "Nothing was changed.");
  }

  const checked = await sendAll(reader, { ...sending, withSecrets: true }, output, (part) => CHECKED_FIRST.has(part));
  if (!checked.ok) return checked;
  const done = await sendAll(reader, { ...sending, dryRun: false, withSecrets: true }, output, () => true);
  if (!done.ok) return { ok: false, refusal: { ...done.refusal, advice: brokenOff(done.refusal.advice) } };
  const after = await ask(relay.client.admin.backup.totals.$get());
  if (!after.ok) return after;
  const counted = countAgain(contents.value, done.value, before.value.totals, after.value.totals);
  output.result({ restored: done.value, counted }, () => doneText(done.value, counted, output));
  const wrong = counted.filter(({ problem }) => problem !== null);
  return wrong.length === 0
    ? { ok: true, value: null }
    : failed("failed", wrong.map(({ part, problem }) => `${part}: ${problem}`).join("; "));
}

function brokenOff(advice: string | undefined): string {
  const again = "What is restored by now stays. Run the same line again: it goes on with what is missing.";
  return advice === undefined ? again : `${advice} ${again}`;
}

async function sendAll(
  reader: BackupReader,
  sending: Sending,
  output: Output,
  isWanted: (part: string) => boolean,
): Promise<Outcome<Report>> {
  const report: Report = {};
  for await (const page of reader.pages()) {
    if (!isWanted(page.part)) continue;
    const sent = await sendPage(page, report, sending);
    if (!sent.ok) return sent;
    const { made = 0, kept = 0 } = report[page.part] ?? {};
    output.progress(`${sending.dryRun ? "Looking at" : "Restoring"} ${page.part}: ${made + kept}`);
  }
  return { ok: true, value: report };
}

interface Plan {
  file: BackupReader["header"];
  contents: Contents;
  planned: Report;
  before: TotalsView;
}

interface PlannedPart {
  part: string;
  backup: number;
  here: number;
  /** How many would be created; null: as many as are missing, which is not looked up beforehand. */
  made: number | null;
  kept: number | null;
  renamed: RowsView["renamed"];
}

function planView({ file, contents, planned, before }: Plan) {
  const parts = Object.entries(contents.rows)
    .filter(([, rows]) => rows > 0)
    .map(([part, backup]): PlannedPart => {
      const here = before.totals.find((total) => total.part === part)?.rows ?? 0;
      const seen = planned[part];
      // Into an empty relay, all of them.
      const made = seen?.made ?? (here === 0 ? backup : null);
      const kept = seen?.kept ?? (here === 0 ? 0 : null);
      return { part, backup, here, made, kept, renamed: seen?.renamed ?? [] };
    });
  const { made_at, relay, schema } = file;
  return { made_at, relay, schema, parts };
}

function planText(plan: Plan, { origin }: Relay, output: Output): string {
  const { made_at, relay, parts } = planView(plan);
  const table = output.table(
    ["part", "in the backup", "in the relay", "would be made", "would stay"],
    parts.map(({ part, backup, here, made, kept }) => [
      ...[part, backup, here],
      made ?? "those that are not here",
      kept ?? "those that are here",
    ]),
  );
  const written = parts.reduce(
    (sum, { part, made, backup }) => sum + (made ?? backup) * (part === "usage_hourly" ? 2 : 1),
    0,
  );
  return [
    `A backup of ${relay || "a relay"} of ${made_at}, for ${origin}. What is in the relay stays as it is.`,
    "",
    table,
    ...namesOf(plan.planned),
    ...lacksOf(plan.planned),
    ...(written > ROWS_A_DAY
      ? [
          `\nSome ${written.toLocaleString("en-US")} rows of D1 would be written. The free plan has ${ROWS_A_DAY.toLocaleString("en-US")} a day: accounts and keys come first, and the rest goes on with the same line the next day.`,
        ]
      : []),
  ].join("\n");
}

function doneText(report: Report, counted: readonly Counted[], output: Output): string {
  const table = output.table(
    ["part", "made", "was here", "in the backup", "in the relay now", ""],
    counted.map(({ part, rows, problem }) => [
      ...[part, report[part]?.made ?? 0, report[part]?.kept ?? 0, rows.backup, rows.here],
      problem === null ? "ok" : { text: problem, style: "red" as const },
    ]),
  );
  return [table, ...namesOf(report), ...lacksOf(report)].join("\n");
}

function lacksOf(report: Report): string[] {
  const lines = Object.entries(report).flatMap(([part, view]) =>
    (view?.lacking ?? []).map(({ id, reason }) => `${part} ${id}: ${LACKS[reason]}`),
  );
  return lines.length > 0 ? ["", ...lines] : [];
}

const LACKS: Record<RowsView["lacking"][number]["reason"], string> = {
  no_secret: "its secret could not be opened when the backup was made",
  sign_in_needed: "nobody is signed in; sign in to it again",
  address_refused: "it leads to an address that this relay does not send to, and was left out",
  binding_missing: "it leaves through a binding that this relay does not have, and was left out",
  unknown_kind: "this relay does not know its kind",
  figures_kept: "it was used here before, and its limits go by that",
};

function namesOf(report: Report): string[] {
  const lines = Object.entries(report).flatMap(([part, view]) =>
    (view?.renamed ?? []).map(({ from, to }) => `${part}: ${from} is a name that is taken; it is called ${to}.`),
  );
  return lines.length > 0 ? ["", ...lines] : [];
}
