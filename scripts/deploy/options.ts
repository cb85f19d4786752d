/**
 * The command line of `npm run deploy`, and the variables that replace it where nobody types (CI). Pure. A flag counts before a variable, a
 * variable before an answer from an earlier run.
 */
import { parseArgs } from "node:util";
import type { Result } from "../../src/vocabulary.ts";
import type { Answers } from "./answers.ts";

export interface Options {
  command: "deploy" | "rollback" | "help";
  /** The version to go back to; null: the previous one. */
  version: string | null;
  /** Describe every step, do none. */
  dryRun: boolean;
  /** Ask nothing. */
  yes: boolean;
  /** In CI no secret is printed, and none is generated that nobody would ever see. */
  ci: boolean;
  /** Where a copy of the secrets is kept; null: in the user's configuration directory. */
  secretsFile: string | null;
  /** Make new secrets although the database has values that the lost ones sealed. */
  newSecrets: boolean;
  /** Take the name even from a DNS record or another Worker's domain. */
  replaceDns: boolean;
  /** The address for the check from outside, if it differs from the relay's own; null: the relay's own. */
  checkUrl: string | null;
  /** How long the new version may take to answer, in seconds; null: the default of each step. */
  checkSeconds: number | null;
  answers: Answers;
}

type Environment = Record<string, string | undefined>;

export const USAGE = `npm run deploy -- [options]          from nothing to a running relay, or a new version of it
npm run deploy -- rollback [VERSION]  back to the version before, or to this one

  --dry-run               say every step, do none
  --yes                   ask nothing (also where there is no terminal, and in CI)
  --domain HOST           a domain of your own, or none                      DEPLOY_DOMAIN
  --placement REGION      where it runs: aws:us-east-1, smart, or none       DEPLOY_PLACEMENT
  --[no-]workers-dev      whether the workers.dev address answers            DEPLOY_WORKERS_DEV=1|0
  --subdomain NAME        your account's part of workers.dev, the first time DEPLOY_SUBDOMAIN
  --name NAME             the Worker's name                                  DEPLOY_NAME
  --account ID            the Cloudflare account                             CLOUDFLARE_ACCOUNT_ID
  --var NAME=VALUE        a variable of [vars]; may be repeated              DEPLOY_VARS (one a line)
  --backup-bucket NAME    an R2 bucket for scheduled backups, or none        DEPLOY_BACKUP_BUCKET
  --[no-]email            whether it may send e-mail alerts                  DEPLOY_EMAIL=1|0
  --secrets-file FILE     where the copy of the secrets is kept              DEPLOY_SECRETS_FILE
  --new-secrets           make lost secrets anew: what they sealed stays lost
  --replace-dns           let a DNS record of the same name give way
  --check-url URL         look at the relay here, when not at its own address DEPLOY_CHECK_URL
  --check-seconds N       how long it may take to answer                     DEPLOY_CHECK_SECONDS

Secrets that are missing are taken from ADMIN_PASSWORD, JWT_SECRET, ENCRYPTION_KEY and KEY_SECRET in the environment, else made.
What you answer is remembered in .deploy/answers.json. CLOUDFLARE_API_TOKEN takes the place of wrangler login.`;

const FLAGS = {
  "dry-run": { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
  domain: { type: "string" },
  placement: { type: "string" },
  "workers-dev": { type: "boolean" },
  subdomain: { type: "string" },
  name: { type: "string" },
  account: { type: "string" },
  var: { type: "string", multiple: true },
  "backup-bucket": { type: "string" },
  email: { type: "boolean" },
  "secrets-file": { type: "string" },
  "new-secrets": { type: "boolean" },
  "replace-dns": { type: "boolean" },
  "check-url": { type: "string" },
  "check-seconds": { type: "string" },
} as const;

/** `terminal`: whether somebody could answer a question. */
export function readOptions(args: string[], env: Environment, terminal: boolean): Result<Options, string> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { ok: false, refusal: error instanceof Error ? error.message : String(error) };
  }
  const { values, positionals } = parsed;
  const [command = "deploy", version = null, ...rest] = positionals;
  if (!isCommand(command) || rest.length > 0 || (command === "deploy" && version !== null)) {
    return {
      ok: false,
      refusal: `"${positionals.join(" ")}" is not understood. npm run deploy -- --help lists what is.`,
    };
  }
  const vars = variablesIn([...(env.DEPLOY_VARS?.split("\n") ?? []), ...(values.var ?? [])]);
  if (!vars.ok) return vars;
  const seconds = values["check-seconds"] ?? env.DEPLOY_CHECK_SECONDS;
  if (seconds && !/^[1-9]\d{0,3}$/.test(seconds)) {
    return { ok: false, refusal: `--check-seconds must be a whole number of seconds, not "${seconds}".` };
  }
  const checkUrl = values["check-url"] ?? (env.DEPLOY_CHECK_URL || null);
  // A password is sent there.
  if (checkUrl !== null && !/^(https:\/\/[^/]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)\/?$/.test(checkUrl)) {
    return {
      ok: false,
      refusal: `--check-url must be an origin such as https://relay.example.com, not "${checkUrl}".`,
    };
  }
  const ci = Boolean(env.CI) && env.CI !== "false" && env.CI !== "0";
  return {
    ok: true,
    value: {
      command: values.help ? "help" : command,
      version,
      dryRun: values["dry-run"] ?? false,
      yes: values.yes || ci || !terminal,
      ci,
      secretsFile: values["secrets-file"] ?? (env.DEPLOY_SECRETS_FILE || null),
      newSecrets: values["new-secrets"] ?? false,
      replaceDns: values["replace-dns"] ?? false,
      checkUrl: checkUrl?.replace(/\/$/, "") ?? null,
      checkSeconds: seconds ? Number(seconds) : null,
      answers: given({
        // The dashboard's name for the Worker, if Cloudflare's own builds deploy it.
        name: values.name ?? (env.DEPLOY_NAME || env.WRANGLER_CI_OVERRIDE_NAME || undefined),
        account: values.account ?? (env.CLOUDFLARE_ACCOUNT_ID || undefined),
        domain: lowerCase(orNone(values.domain ?? env.DEPLOY_DOMAIN)),
        placement: orNone(values.placement ?? env.DEPLOY_PLACEMENT),
        workersDev: values["workers-dev"] ?? yesOrNo(env.DEPLOY_WORKERS_DEV),
        subdomain: values.subdomain ?? (env.DEPLOY_SUBDOMAIN || undefined),
        backupBucket: orNone(values["backup-bucket"] ?? env.DEPLOY_BACKUP_BUCKET),
        email: values.email ?? yesOrNo(env.DEPLOY_EMAIL),
        vars: Object.keys(vars.value).length > 0 ? vars.value : undefined,
      }),
    },
  };
}

function parse(args: string[]) {
  return parseArgs({ args, options: FLAGS, allowPositionals: true, allowNegative: true });
}

const isCommand = (text: string): text is "deploy" | "rollback" => text === "deploy" || text === "rollback";

/** An empty variable counts as not set: GitHub passes a repository's variable that does not exist as empty. */
function orNone(text: string | undefined): string | null | undefined {
  if (!text) return undefined;
  return text === "none" ? null : text;
}

function yesOrNo(text: string | undefined): boolean | undefined {
  return text ? text === "1" || text === "true" : undefined;
}

function variablesIn(lines: string[]): Result<Record<string, string>, string> {
  const vars: Record<string, string> = {};
  for (const line of lines.filter((each) => each.trim() !== "")) {
    const [, name, value] = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (!name || value === undefined) return { ok: false, refusal: `"${line}" is not NAME=value.` };
    vars[name] = value.trim();
  }
  return { ok: true, value: vars };
}

const lowerCase = (text: string | null | undefined) => text?.toLowerCase() ?? (text === null ? null : undefined);

/** Only those that were given. */
function given(answers: { [Name in keyof Answers]: Answers[Name] | undefined }): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== undefined));
}
