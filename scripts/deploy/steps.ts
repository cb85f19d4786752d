/** The steps of a deployment. Each may be repeated: an interrupted run is finished by the next one. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../src/vocabulary.ts";
import { buildConsole } from "../start/console-build.ts";
import { check } from "./check.ts";
import { attached, takeDomain } from "./domain.ts";
import { explained } from "./faults.ts";
import { databaseName, namespaceTitle } from "./look.ts";
import { migrate } from "./migrate.ts";
import type { StepName } from "./plan.ts";
import { HISTORY, type Run, writeConfig } from "./run.ts";
import { saveCopy } from "./secrets.ts";
import { seconds, switchOver } from "./switch.ts";

type Done = Result<null, string>;
const DONE: Done = { ok: true, value: null };
/** In the lines that wrangler suggests for a configuration, which are TOML or JSON. */
const DATABASE_ID = /database_id"?\s*[=:]\s*"([0-9a-f-]{36})"/;
const NAMESPACE_ID = /\bid"?\s*[=:]\s*"([0-9a-f]{32})"/;

export const STEPS: Readonly<Record<StepName, (run: Run) => Promise<Done>>> = {
  async subdomain(run) {
    const taken = await run.found.api.takeSubdomain(run.subdomain);
    if (taken.ok) return DONE;
    const what = `Taking ${run.subdomain}.workers.dev`;
    return {
      ok: false,
      refusal: `${explained(what, taken.refusal)}\nAnother name: npm run deploy -- --subdomain NAME`,
    };
  },

  async database(run) {
    const name = databaseName(run.raw, run.answers.name);
    const created = await run.wrangler.run("d1", "create", name);
    if (!created.ok) return { ok: false, refusal: explained(`Creating the database ${name}`, created.refusal) };
    return keep(
      DATABASE_ID.exec(created.value.stdout)?.[1],
      (id) => (run.resources.database = { id, name }),
      "d1 create",
    );
  },

  async namespace(run) {
    const title = namespaceTitle(run.answers.name);
    const created = await run.wrangler.run("kv", "namespace", "create", title);
    if (!created.ok) return { ok: false, refusal: explained(`Creating the namespace ${title}`, created.refusal) };
    return keep(NAMESPACE_ID.exec(created.value.stdout)?.[1], (id) => (run.resources.kv = id), "kv namespace create");
  },

  // Before anything is sealed with them, so that a run which is interrupted afterwards continues with the same secrets.
  copy: async (run) => saveCopy(run.copyPath, run.answers.name, run.missing),

  build: (run) => buildConsole(run.root, run.signal),

  async bookmark(run) {
    const info = await run.wrangler.json<{ bookmark: string }>(
      "d1",
      "time-travel",
      "info",
      "DB",
      "--json",
      ...writeConfig(run, null),
    );
    if (!info.ok) return { ok: false, refusal: explained("Noting the database's bookmark", info.refusal) };
    run.bookmark = info.value.bookmark;
    const entry = { time: new Date().toISOString(), serving: run.found.serving, bookmark: run.bookmark };
    // On a line of its own, even if a killed run has left an incomplete one.
    appendFileSync(join(run.root, HISTORY), `\n${JSON.stringify(entry)}\n`);
    run.say(`  ${run.bookmark}`);
    return DONE;
  },

  async upload(run) {
    const uploaded = await withSecrets(run, (flags) =>
      run.wrangler.run("versions", "upload", ...flags, ...writeConfig(run, attached(run)), ...labels(run)),
    );
    if (uploaded.ok) {
      run.secretsGiven = true;
      sayStartUp(run, uploaded.value.stdout);
      run.uploaded = uploaded.value.versionId;
      return run.uploaded === null ? { ok: false, refusal: "wrangler did not say which version it uploaded." } : DONE;
    }
    if (!/pending Durable Object migration/.test(uploaded.refusal.message)) {
      return { ok: false, refusal: explained("Uploading the new version", uploaded.refusal) };
    }
    run.atOnce = "this version changes which Durable Objects there are, which Cloudflare does for all requests at once";
    run.say(`  Not possible by itself: ${run.atOnce}.`);
    return DONE;
  },

  migrate,

  async publish(run) {
    const deployed = await withSecrets(run, (flags) =>
      run.wrangler.run("deploy", ...flags, ...writeConfig(run, attached(run)), ...labels(run)),
    );
    if (!deployed.ok) return { ok: false, refusal: explained("Deploying", deployed.refusal) };
    run.secretsGiven = true;
    sayStartUp(run, deployed.value.stdout);
    return DONE;
  },

  async switch(run) {
    if (run.uploaded !== null) return switchOver(run, run.uploaded);
    run.say(`  All at once: ${run.atOnce}.`);
    return STEPS.publish(run);
  },

  triggers: takeDomain,

  async verify(run) {
    const { origin, login, answers } = run;
    const found = await check({
      origin,
      worker: answers.name,
      version: null,
      login,
      seconds: seconds(run, answers.domain ? 300 : 60),
      signal: run.signal,
    });
    if (found.ok) return DONE;
    const wait = answers.domain
      ? " A new domain's certificate can take some minutes: run npm run deploy again a little later."
      : "";
    return { ok: false, refusal: `It is deployed, but ${lowerFirst(found.refusal)}${wait}` };
  },
};

function labels({ root, env }: Run): string[] {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const commit = env.GITHUB_SHA?.slice(0, 12) ?? env.WORKERS_CI_COMMIT_SHA?.slice(0, 12);
  return ["--tag", version, "--message", `Edge Relay ${version}${commit ? `, ${commit}` : ""}`];
}

/** The start-up time that Cloudflare measured when it accepted the upload. */
function sayStartUp(run: Run, said: string): void {
  const [, ms] = /Worker Startup Time: (\d+) ms/.exec(said) ?? [];
  if (ms !== undefined) run.say(`  It starts in ${ms} ms`);
}

/** Writes the secrets as JSON to a file of their own while wrangler runs. In a dotenv file a `$` in a password would be expanded. */
async function withSecrets<Value>(run: Run, work: (flags: string[]) => Promise<Value>): Promise<Value> {
  if (Object.keys(run.missing).length === 0) return await work([]);
  const scratch = mkdtempSync(join(tmpdir(), "edge-relay-secrets-"));
  try {
    const path = join(scratch, "secrets.json");
    writeFileSync(path, JSON.stringify(run.missing), { mode: 0o600 });
    return await work(["--secrets-file", path]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function keep(id: string | undefined, put: (id: string) => void, command: string): Done {
  if (id === undefined)
    return { ok: false, refusal: `wrangler ${command} did not say the id of what it made. Run npm run deploy again.` };
  put(id);
  return DONE;
}

const lowerFirst = (text: string) => (text.startsWith("http") ? text : text.charAt(0).toLowerCase() + text.slice(1));
