/**
 * `npm run deploy`: a relay at Cloudflare, from nothing or from the version before. It looks at what exists, says what is left to do, and
 * does that. So a second run changes only what is new, and a run that was interrupted is finished by the next one. Whatever goes wrong is
 * one clear message and exit code 1.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { experimental_readRawConfig } from "wrangler";
import type { Result } from "../src/vocabulary.ts";
import { type Answers, faultIn, readAnswers, withNew, writeAnswers } from "./deploy/answers.ts";
import { type Ask, askAt, Stopped } from "./deploy/ask.ts";
import { check, type Login } from "./deploy/check.ts";
import type { RawConfig } from "./deploy/config.ts";
import {
  type AccountName,
  accountIn,
  databaseName,
  type Found,
  lookAtAccount,
  lookAtLogin,
  namespaceTitle,
  originOf,
} from "./deploy/look.ts";
import { type Options, readOptions, USAGE } from "./deploy/options.ts";
import { planSteps } from "./deploy/plan.ts";
import { complete, subdomainFrom } from "./deploy/questions.ts";
import { databaseRemark, rollBack } from "./deploy/rollback.ts";
import { ANSWERS, type Run } from "./deploy/run.ts";
import { sealedByLost } from "./deploy/sealed.ts";
import { onlyHere, planSecrets, readCopy, SEALING, type SecretPlan } from "./deploy/secrets.ts";
import { STEPS } from "./deploy/steps.ts";
import { wranglerIn } from "./deploy/wrangler.ts";
import { signIn } from "./start/admin-api.ts";
import { firstKey } from "./start/prepare.ts";
import { screenText } from "./start/screen.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const say = (line: string) => console.log(line);
const NOTHING_SECRET = { password: null, key: null, remark: [] as string[] };

const STOPPED = 130;
const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // The second signal does not wait for the clean-up.
    if (stopped.signal.aborted) process.exit(STOPPED);
    stopped.abort();
  });
}

try {
  const code = await main();
  process.exitCode = stopped.signal.aborted && code !== 0 ? STOPPED : code;
} catch (error) {
  if (!(error instanceof Stopped)) throw error;
  console.error("\nStopped. Nothing was changed.");
  process.exitCode = STOPPED;
}

async function main(): Promise<number> {
  const { env } = process;
  const options = readOptions(
    process.argv.slice(2),
    env,
    process.stdin.isTTY === true && process.stdout.isTTY === true,
  );
  if (!options.ok) return refuse(options.refusal);
  if (options.value.command === "help") {
    say(USAGE);
    return 0;
  }
  const prepared = await prepare(options.value, env);
  if (!prepared.ok) return refuse(prepared.refusal);
  return options.value.command === "rollback" ? await goBack(prepared.value) : await deploy(prepared.value);
}

interface Prepared {
  run: Run;
  plan: SecretPlan;
  ask: Ask;
  /** What the person has answered, not what the account says. */
  remembered: Answers;
}

/** Finds out what is wanted and what exists. Changes nothing yet. */
async function prepare(options: Options, env: NodeJS.ProcessEnv): Promise<Result<Prepared, string>> {
  const ask = askAt(!options.yes);
  const raw = experimental_readRawConfig({ config: join(ROOT, "wrangler.toml") }).rawConfig as RawConfig;
  const earlier = readAnswers(join(ROOT, ANSWERS));
  if (!earlier.ok) return earlier;
  const given = withNew(earlier.value, options.answers);
  const wrong = faultIn(given, Object.keys(raw.vars ?? {}));
  if (wrong !== null) return { ok: false, refusal: wrong };

  let account = given.account;
  const wrangler = wranglerIn(ROOT, env, () => account, stopped.signal);
  const accounts = await lookAtLogin(wrangler);
  if (!accounts.ok) return accounts;
  account =
    accountIn(accounts.value, given.account) ?? (options.yes ? undefined : await askAccount(ask, accounts.value));
  if (account === undefined) return { ok: false, refusal: whichAccount(accounts.value) };
  const name = given.name ?? raw.name ?? "edge-relay";
  const found = await lookAtAccount(wrangler, env, raw, { ...given, name, account });
  if (!found.ok) return found;
  const answers = { ...(await complete(given, raw, found.value, ask)), name, account };

  const copyPath =
    options.secretsFile ?? join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "edge-relay", `deploy-${name}.env`);
  const saved = readCopy(copyPath);
  if (!saved.ok) return saved;
  const plan = planSecrets(found.value.secrets, env, saved.value);
  if (!plan.ok) return plan;
  const accountName = accounts.value.find(({ id }) => id === account)?.name ?? "";
  const subdomain = await subdomainFor(found.value, answers, accountName, ask);
  const origin =
    options.checkUrl ?? (answers.domain ? `https://${answers.domain}` : `https://${name}.${subdomain}.workers.dev`);
  const password = plan.value.missing.ADMIN_PASSWORD ?? (env.ADMIN_PASSWORD || saved.value.ADMIN_PASSWORD);
  // Nobody can sign in from here to a relay behind Cloudflare Access.
  const guarded = Boolean(answers.vars?.ACCESS_TEAM_DOMAIN ?? raw.vars?.ACCESS_TEAM_DOMAIN);
  const username = answers.vars?.ADMIN_USERNAME ?? raw.vars?.ADMIN_USERNAME ?? "admin";
  const run: Run = {
    root: ROOT,
    env,
    options,
    raw,
    answers,
    wrangler,
    unstopped: wranglerIn(ROOT, env, () => account, new AbortController().signal),
    signal: stopped.signal,
    found: found.value,
    missing: plan.value.missing,
    copyPath,
    subdomain,
    origin,
    originNow: options.checkUrl ?? originOf(name, found.value, answers.domain) ?? origin,
    login: password && !guarded ? { username, password, certain: "ADMIN_PASSWORD" in plan.value.missing } : null,
    say,
    resources: {
      ...(found.value.database && { database: found.value.database }),
      ...(found.value.kv !== null && { kv: found.value.kv }),
    },
    uploaded: null,
    secretsGiven: false,
    atOnce: null,
    breaking: false,
    bookmark: null,
  };
  const { domain, placement } = answers;
  const asked = { ...(domain !== undefined && { domain }), ...(placement !== undefined && { placement }) };
  return { ok: true, value: { run, plan: plan.value, ask, remembered: { ...given, ...asked, name, account } } };
}

async function deploy({ run, plan, ask, remembered }: Prepared): Promise<number> {
  const { options, answers, found } = run;
  const elsewhere = run.raw.routes !== undefined || options.checkUrl !== null;
  if (answers.workersDev === false && !answers.domain && !elsewhere)
    return refuse("Without a domain and without workers.dev nobody reaches the relay. Give --domain.");
  const sealed = options.dryRun ? { ok: true as const } : await sealedByLost(run, plan.made);
  if (!sealed.ok) return refuse(sealed.refusal);
  const copy = await wantsCopy(run, plan, ask);
  if (!copy.ok) return refuse(copy.refusal);
  const steps = planSteps({
    found,
    answers,
    secrets: plan,
    copy: copy.value ? run.copyPath : null,
    databaseName: databaseName(run.raw, answers.name),
    namespaceTitle: namespaceTitle(answers.name),
    subdomain: run.subdomain,
    origin: run.origin,
  });
  if (options.dryRun) {
    say("Nothing is done (--dry-run). These would be the steps:");
    for (const { says } of steps) say(`- ${says}`);
    return 0;
  }
  writeAnswers(join(ROOT, ANSWERS), remembered);
  for (const { name, says } of steps) {
    if (stopped.signal.aborted) return refuse("Stopped. What is done is kept: run npm run deploy again.");
    say(`- ${says}`);
    const done = await STEPS[name](run);
    if (!done.ok) return refuse(done.refusal + onlyHere(run, plan.made, copy.value));
  }
  return await showScreen(run, copy.value);
}

async function goBack({ run }: Prepared): Promise<number> {
  if (run.found.serving === null) return refuse(`There is no Worker ${run.answers.name} yet.`);
  const version = await rollBack(run);
  if (!version.ok) return refuse(version.refusal);
  if (run.options.dryRun) return 0;
  const { originNow: origin, login, answers, options } = run;
  // A version that is too old to report its name answers without it.
  const { signal } = run;
  const seconds = options.checkSeconds ?? 60;
  const seen = await check({ origin, worker: answers.name, version: null, login, seconds, signal });
  if (!seen.ok) return refuse(`Version ${version.value} serves, but: ${seen.refusal}`);
  say(`Version ${version.value} serves everything, and answers at ${origin}.`);
  say(databaseRemark(ROOT, version.value));
  return 0;
}

/** Whether a copy of new secrets is saved. In CI nobody would ever see a generated secret, so there they must be given. */
async function wantsCopy(
  { options, copyPath }: Run,
  { made, missing }: SecretPlan,
  ask: Ask,
): Promise<Result<boolean, string>> {
  if (made.length === 0) return { ok: true, value: Object.keys(missing).length > 0 && existsSync(copyPath) };
  if (options.dryRun) return { ok: true, value: true };
  if (options.ci && options.secretsFile === null) {
    return {
      ok: false,
      refusal: `The Worker lacks ${made.join(", ")}. In CI they are not made, for nobody would see them: set them in the environment, or deploy once from your own machine.`,
    };
  }
  if (made.some((name) => SEALING.includes(name))) {
    say(
      "New secrets are made, and Cloudflare never shows a secret again. Without ENCRYPTION_KEY nobody can read your accounts' credentials,",
    );
    say(
      "not after a restored backup and not in another Worker: every one would have to be entered again. Without KEY_SECRET no key works.",
    );
  }
  return { ok: true, value: await ask.yes(`Save a copy in ${copyPath}, readable by you alone?`) };
}

/** The same screen as after `npm start`, without secrets if others can read the output. */
async function showScreen(run: Run, copied: boolean): Promise<number> {
  const { origin, login, options, answers, copyPath } = run;
  const { password, key, remark } = options.ci || login === null ? NOTHING_SECRET : await ownKey(origin, login);
  const username = login?.username ?? "admin";
  const notes = [...remark, ...(copied ? [`A copy of the secrets: ${copyPath}`] : [])];
  const ending = `npm run deploy brings a new version, npm run deploy -- rollback the one before. Log: npx wrangler tail ${answers.name}`;
  const colours = process.stdout.isTTY && !process.env.NO_COLOR;
  say(screenText({ origin, username, password, key, demoFor: [], notes, ending }, colours));
  return 0;
}

async function ownKey(origin: string, { username, password, certain }: Login) {
  const api = await signIn(origin, username, password);
  const made = api.ok ? await firstKey(api.value, "Made by npm run deploy") : api;
  if (made.ok) return { password, key: made.value, remark: ["Add an account in the console, or nobody answers yet."] };
  const remark = `No key is shown: ${made.refusal.message}`;
  return { password: certain ? password : null, key: null, remark: [remark] };
}

async function askAccount(ask: Ask, accounts: readonly AccountName[]): Promise<string | undefined> {
  for (const { id, name } of accounts) say(`  ${id}  ${name}`);
  const known = (text: string) => (accounts.some(({ id }) => id === text) ? null : "One of these, please.");
  return (await ask.text("Which account", accounts[0]?.id ?? "", known)) || undefined;
}

function whichAccount(accounts: readonly AccountName[]): string {
  if (accounts.length === 0) return "The token does not say which account it is for. Set CLOUDFLARE_ACCOUNT_ID.";
  const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
  return `The login reaches several accounts. Say which: npm run deploy -- --account ID\n${list}`;
}

/** The account's subdomain of workers.dev, or the one that it will get. */
async function subdomainFor(found: Found, answers: Answers, accountName: string, ask: Ask): Promise<string> {
  if (found.subdomain !== null) return found.subdomain;
  const offered = answers.subdomain ?? subdomainFrom(accountName);
  if (answers.subdomain !== undefined || !(answers.workersDev ?? !answers.domain)) return offered;
  return await ask.text("Your account's part of workers.dev, once for all its Workers", offered, (text) =>
    faultIn({ subdomain: text }, []),
  );
}

function refuse(message: string): number {
  console.error(message);
  return 1;
}
