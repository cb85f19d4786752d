/**
 * `import`: brings accounts, groups and keys here from another relay. First it says what it would do, and does that after a yes. It is safe
 * to repeat. No secret is printed.
 */
import { readFileSync } from "node:fs";
import { legacyDigest, legacyKeyId, pepperFingerprint } from "../../../src/keys/legacy-key.ts";
import { ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import { act, type Done } from "../import/act.ts";
import type { Draft, KeyDraft } from "../import/draft.ts";
import { readHere } from "../import/here.ts";
import { type KeyIdOf, type Plan, planOf } from "../import/plan.ts";
import { type Report, reportOf, reportText } from "../import/report.ts";
import { convert, SOURCE_NAMES } from "../import/sources.ts";
import type { Cli, Verb } from "../verb.ts";

interface Options {
  from?: string | undefined;
  encryptionKeyFile?: string | undefined;
  acceptTerms?: boolean | undefined;
  shareSignIns?: boolean | undefined;
  dryRun?: boolean | undefined;
  yes?: boolean | undefined;
}

const MORE = `
What it reads: docs/migrate.md. The old ENCRYPTION_KEY of claude-relay-service opens its credentials; it comes from a file
(its .env, or the key alone) or from CRS_ENCRYPTION_KEY. Run it again after a break: what is here already is not made twice.`;

export const importVerb: Verb = {
  name: "import",
  summary: "moves accounts, groups and keys here from another relay; keys keep their value",
  define: (command, run) =>
    void command
      .argument("<file...>", "exports of one relay, or of several")
      .option("--from <relay>", `where a file does not say it: ${SOURCE_NAMES.join(", ")}`)
      .option("--encryption-key-file <file>", "the file that has claude-relay-service's ENCRYPTION_KEY")
      .option("--accept-terms", "you have read the terms of the providers whose sign-ins are imported")
      .option("--share-sign-ins", "sign-ins serve keys of every owner")
      .option("--dry-run", "only say what would be done")
      .option("--yes", "do it without asking")
      .addHelpText("after", MORE)
      .action((files, options) => run((cli) => importFiles(cli, files, options))),
};

interface Shown {
  reports: Report[];
  /** Null: nothing was done. */
  done: Done[] | null;
}

async function importFiles(cli: Cli, files: string[], options: Options): Promise<Outcome> {
  const { dryRun, yes, from, acceptTerms, shareSignIns, encryptionKeyFile } = options;
  if (from !== undefined && !SOURCE_NAMES.includes(from))
    return failed("usage", `There is no import from ${from}.`, `Known: ${SOURCE_NAMES.join(", ")}.`);
  const encryptionKey = encryptionKeyOf(cli, encryptionKeyFile);
  if (!encryptionKey.ok) return encryptionKey;
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const system = await ask(relay.value.client.admin.system.$get());
  if (!system.ok) return system;
  const drafts = draftsOf(files, {
    ...{ encryptionKey: encryptionKey.value, now: cli.system.now(), from },
    offsetHours: system.value.deployment.timezone_offset_hours,
  });
  if (!drafts.ok) return drafts;

  const here = await readHere(relay.value);
  if (!here.ok) return here;
  const choices = { termsAcknowledged: acceptTerms === true, share: shareSignIns === true };
  const keyIds = await keyIdsOf(drafts.value, encryptionKey.value);
  const plans: Plan[] = [];
  for (const draft of drafts.value) {
    // For the others, the pepper may be any text.
    const hasDigests = draft.keys.some(({ body }) => body.digest !== undefined);
    const fingerprint =
      hasDigests && encryptionKey.value !== null ? await pepperFingerprint(encryptionKey.value) : null;
    plans.push(planOf(draft, here.value, choices, keyIds, fingerprint));
  }
  const reports = plans.map(reportOf);
  const table = (heads: string[], rows: (string | number)[][]) => cli.output.table(heads, rows);
  const text = reports.map((report) => reportText(report, table)).join("\n\n");
  if (dryRun || (!yes && !cli.prompts.possible)) {
    const shown: Shown = { reports, done: null };
    cli.output.result(shown, () => text);
    cli.output.note("Nothing was changed. With --yes it is done.");
    return { ok: true, value: shown };
  }
  cli.output.note(text);
  if (!yes) {
    const answer = await cli.prompts.confirm(`Import this into ${relay.value.origin}?`);
    if (!answer.ok) return answer;
    if (!answer.value) return failed("failed", "Nothing was changed.");
  }
  const done: Done[] = [];
  for (const plan of plans) {
    // By now the groups and accounts of the previous file exist.
    const now = done.length === 0 ? here : await readHere(relay.value);
    if (!now.ok) return now;
    const did = await act(relay.value, plan, now.value, { signal: cli.system.signal, progress: cli.output.progress });
    if (!did.ok) return did;
    done.push(did.value);
  }
  const shown: Shown = { reports, done };
  cli.output.result(shown, () => done.map((did, at) => doneText(plans[at]?.source ?? "", did, table)).join("\n\n"));
  const failures = done.flatMap((did) => did.failed).length;
  return failures === 0
    ? { ok: true, value: shown }
    : failed("failed", `${failures} could not be imported; the rest was.`);
}

/** Every file must be readable before anything is done. Two files of one relay make one draft. */
function draftsOf(files: readonly string[], context: Parameters<typeof convert>[1]): Outcome<Draft[]> {
  const drafts = new Map<string, Draft>();
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      return failed("usage", `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
    }
    const converted = convert(text, context);
    if (!converted.ok)
      return failed(
        "usage",
        `${file} ${converted.refusal}.`,
        "docs/migrate.md says how exports are made. Nothing was changed.",
      );
    const draft = converted.value;
    const known = drafts.get(draft.source);
    drafts.set(draft.source, known ? merged(known, draft) : draft);
  }
  return { ok: true, value: [...drafts.values()] };
}

/** If both have something, the first one counts. */
function merged(first: Draft, second: Draft): Draft {
  const unite = <Item extends { ref: string }>(a: Item[], b: Item[]) => [
    ...a,
    ...b.filter(({ ref }) => !a.some((one) => one.ref === ref)),
  ];
  return {
    source: first.source,
    accounts: unite(first.accounts, second.accounts),
    groups: unite(first.groups, second.groups),
    keys: unite(first.keys, second.keys),
    findings: [...first.findings, ...second.findings],
  };
}

/** The bare key, or its line in a `.env`. */
function encryptionKeyOf({ system }: Cli, file: string | undefined): Outcome<string | null> {
  if (file === undefined) return { ok: true, value: system.env.CRS_ENCRYPTION_KEY || null };
  try {
    const text = readFileSync(file, "utf8");
    const [, line] = /^\s*(?:export\s+)?ENCRYPTION_KEY\s*=\s*(.*?)\s*$/m.exec(text) ?? [];
    const key = (line ?? text.trim()).replace(/^(["'])(.*)\1$/, "$2");
    return key === "" || key.includes("\n")
      ? failed("usage", `${file} has no ENCRYPTION_KEY.`)
      : { ok: true, value: key };
  } catch (error) {
    return failed("usage", `${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** The ids that keys will have here, if their digest is known. */
async function keyIdsOf(drafts: readonly Draft[], pepper: string | null): Promise<KeyIdOf> {
  const ids = new Map<KeyDraft, string>();
  for (const key of drafts.flatMap(({ keys }) => keys)) {
    const { digest, api_key } = key.body;
    const known = digest ?? (pepper !== null && api_key !== undefined ? await legacyDigest(api_key, pepper) : null);
    if (known) ids.set(key, legacyKeyId(known));
  }
  return (draft) => ids.get(draft) ?? null;
}

function doneText(
  source: string,
  { created, here, failed: failures }: Done,
  table: (heads: string[], rows: (string | number)[][]) => string,
): string {
  const rows = (["accounts", "groups", "keys"] as const).map((what) => [what, created[what], here[what]]);
  const lines = failures.map(({ about, name, reason }) => `- ${about} ${name}: ${reason}`);
  return [
    `From ${source}`,
    table(["what", "imported", "here already"], rows),
    ...(lines.length > 0 ? [`Not imported:\n${lines.join("\n")}`] : []),
  ].join("\n\n");
}
