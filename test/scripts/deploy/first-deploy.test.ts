/** From nothing to a running relay: the uploaded Worker itself answers, on the database that was migrated through the API. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, type Place, place, ROOT } from "./deploying.ts";
import { type RealWorker, realWorker } from "./fake/real.ts";

/** A run starts wrangler some ten times, each a second or two on a quiet machine. */
const PATIENCE_MS = 900_000;

const key = ({ output }: Ended) => /cr_[0-9a-f]{64}/.exec(output)?.[0] ?? "";
const secretsOf = (there: Place, version = -1) =>
  there.cloudflare.account.workers
    .get("edge-relay")
    ?.versions.at(version)
    ?.bindings.filter(({ type }) => type === "secret_text")
    .map(({ name, text }) => `${name}=${text}`);

describe("npm run deploy in an empty account", { timeout: PATIENCE_MS }, () => {
  let real: RealWorker;
  let there: Place;
  let first: Ended;

  beforeAll(async () => {
    real = await realWorker(ROOT);
    there = await place(real);
    there.cloudflare.account.subdomain = null;
  }, PATIENCE_MS);
  afterAll(async () => {
    await there.close();
    await real.close();
  });

  it("says every step and does none, when told so", async () => {
    const { code, output } = await there.deploy(["--dry-run"]);
    expect(code).toBe(0);
    const steps = output.split("\n").filter((line) => line.startsWith("- "));
    expect(steps.map((line) => line.slice(2, 14))).toEqual([
      "Take somebod",
      "Create the D",
      "Create the K",
      "Save a copy ",
      "Build the co",
      "Migrate the ",
      "Deploy edge-",
      "Look at http",
    ]);
    expect(there.cloudflare.calls.filter((call) => !call.startsWith("GET "))).toEqual([]);
  });

  it("ends with a relay that the printed password signs in to and the printed key works at", async () => {
    first = await there.deploy();
    expect(first.errors).toBe("");
    expect(first.code).toBe(0);
    expect(first.output).toContain("It starts in 21 ms");
    const [, password = ""] = /Sign in {2}admin \/ (\S+)/.exec(first.output) ?? [];
    const body = JSON.stringify({ username: "admin", password });
    const json = { "content-type": "application/json" };
    expect((await fetch(`${there.edge.url}/admin/login`, { method: "POST", headers: json, body })).status).toBe(200);
    const usage = await fetch(`${there.edge.url}/api/usage`, { headers: { authorization: `Bearer ${key(first)}` } });
    expect(await usage.json()).toMatchObject({ requests: 0 });
  });

  it("has every migration applied, the cron set, an address taken, and one database and one namespace", async () => {
    const { account } = there.cloudflare;
    const [applied] = (await account.databases[0]?.query("SELECT name FROM d1_migrations ORDER BY id", [])) ?? [];
    expect(applied?.map(({ name }) => name)).toEqual(readdirSync(join(ROOT, "migrations")).sort());
    expect(account.databases.map(({ name }) => name)).toEqual(["edge-relay"]);
    expect(account.namespaces.map(({ title }) => title)).toEqual(["edge-relay-kv"]);
    expect(account.subdomain).toBe("somebody-s-account");
    const [, crons = ""] = /^crons = (\[.*\])$/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) ?? [];
    expect(account.workers.get("edge-relay")).toMatchObject({ crons: JSON.parse(crons), workersDev: true });
  });

  it("keeps a copy of the secrets that only its owner can read, and changes no file that git sees", () => {
    const copy = join(there.home, ".config/edge-relay/deploy-edge-relay.env");
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    for (const secret of secretsOf(there) ?? []) expect(readFileSync(copy, "utf8")).toContain(`${secret}\n`);
    const wrangler = "wrangler.toml";
    expect(readFileSync(join(there.root, wrangler), "utf8")).toBe(readFileSync(join(ROOT, wrangler), "utf8"));
    const ignored = execFileSync("git", ["check-ignore", ".deploy/wrangler.json", ".deploy/answers.json"], {
      cwd: ROOT,
    });
    expect(String(ignored).split("\n")).toHaveLength(3);
  });

  it("does it again without another database, secret or key, and gives the new version a tenth before it gives it all", async () => {
    const before = secretsOf(there);
    there.cloudflare.calls.length = 0;
    there.edge.served.length = 0;
    const again = await there.deploy();
    expect(again.code, again.errors).toBe(0);
    expect(key(again)).toBe(key(first));
    expect(secretsOf(there)).toEqual(before);
    const writes = there.cloudflare.calls.filter(
      (call) => /^(POST|PUT|PATCH|DELETE) /.test(call) && !/query$/.test(call),
    );
    expect([...new Set(writes)]).toEqual([
      "POST /workers/scripts/edge-relay/assets-upload-session",
      "POST /workers/scripts/edge-relay/versions",
      "POST /workers/scripts/edge-relay/deployments",
      "PATCH /workers/scripts/edge-relay/script-settings",
      "POST /workers/scripts/edge-relay/subdomain",
      "PUT /workers/scripts/edge-relay/schedules",
    ]);
    const worker = there.cloudflare.account.workers.get("edge-relay");
    const [old, fresh] = worker?.versions.map(({ id }) => id) ?? [];
    expect(worker?.deployments.slice(0, 2).map(({ versions }) => versions)).toEqual([
      [{ version_id: fresh, percentage: 100 }],
      [
        { version_id: old, percentage: 90 },
        { version_id: fresh, percentage: 10 },
      ],
    ]);
    expect(there.edge.served[0]).toBe(fresh);
    expect(there.cloudflare.unknown).toEqual([]);
  });
});

describe("npm run deploy where something is missing or fails", { timeout: PATIENCE_MS }, () => {
  let there: Place;
  beforeAll(async () => {
    there = await place();
  });
  afterAll(() => there.close());

  it("says how to sign in, to whoever is not", async () => {
    const { code, errors } = await there.deploy([], { CLOUDFLARE_API_TOKEN: undefined });
    expect(code).toBe(1);
    expect(errors).toContain("npx wrangler login");
    expect(errors).toContain("CLOUDFLARE_API_TOKEN");
    expect(there.cloudflare.calls).toEqual([]);
  });

  it("says which permissions a token needs that may not create a database", async () => {
    const answer = {
      status: 403,
      body: { success: false, errors: [{ code: 10000, message: "Authentication error" }], messages: [], result: null },
    };
    there.cloudflare.faults.push({ method: "POST", path: /^\/d1\/database$/, times: 1, answer });
    const { code, errors } = await there.deploy();
    expect(code).toBe(1);
    expect(errors).toMatch(/Creating the database edge-relay failed: .*\nAuthentication error \[code: 10000\]/s);
    expect(errors).toContain("D1 and Workers KV Storage (Edit)");
    expect(there.cloudflare.account.databases).toEqual([]);
  });

  it("stops where Cloudflare fails, and goes on from there with the same secrets", async () => {
    const down = {
      status: 503,
      body: { success: false, errors: [{ code: 10013, message: "Unknown error" }], messages: [] },
    };
    const upload = { method: "PUT", path: /^\/workers\/scripts\/edge-relay$/ };
    there.cloudflare.faults.push({ ...upload, times: 3, answer: down });
    const cut = await there.deploy();
    expect(cut.code).toBe(1);
    expect(cut.errors).toContain("run npm run deploy again");
    const { account, calls, faults } = there.cloudflare;
    expect([account.databases.length, account.namespaces.length, account.workers.size]).toEqual([1, 1, 0]);
    const copy = readFileSync(join(there.home, ".config/edge-relay/deploy-edge-relay.env"), "utf8");

    calls.length = 0;
    // Asked to wait, wrangler waits; a read that breaks off is made again.
    faults.push({ ...upload, times: 1, answer: { ...down, status: 429, headers: { "retry-after": "1" } } });
    faults.push({ method: "GET", path: /^\/workers\/subdomain$/, times: 1, answer: "reset" });
    const resumed = await there.deploy();
    expect(resumed.code, resumed.errors).toBe(0);
    expect(calls).not.toContain("POST /d1/database");
    expect(calls).not.toContain("POST /storage/kv/namespaces");
    for (const secret of secretsOf(there) ?? []) expect(copy).toContain(`${secret}\n`);
  });

  it("leaves no secret in a file where somebody stops it while the Worker is given them", async () => {
    const elsewhere = await place();
    const { calls, faults } = elsewhere.cloudflare;
    const upload = { method: "PUT", path: /^\/workers\/scripts\/edge-relay$/ };
    faults.push({ ...upload, times: 1, answer: "silence" });
    const TMPDIR = mkdtempSync(join(tmpdir(), "edge-relay-stopped-"));
    const isUploading = () => calls.includes("PUT /workers/scripts/edge-relay");
    const { code, errors } = await elsewhere.deployUntil(isUploading, { TMPDIR });
    expect(code, errors).toBe(130);
    expect(errors).toContain("Stopped.");
    expect(readdirSync(TMPDIR).filter((name) => name.startsWith("edge-relay-"))).toEqual([]);
    rmSync(TMPDIR, { recursive: true });
    await elsewhere.close();
  });

  it("makes no new ENCRYPTION_KEY for a database whose accounts the lost one sealed", async () => {
    const { account } = there.cloudflare;
    account.workers.clear();
    await account.databases[0]?.query(
      `INSERT INTO api_keys (id, name, description, owner, tags, policy, sealed, hint, created_at, updated_at)
       VALUES ('1', 'a key', '', '', '[]', '{}', 'sealed', '0000', 0, 0)`,
      [],
    );
    const { code, errors } = await there.deploy(["--secrets-file", join(there.home, "none.env")]);
    expect(code).toBe(1);
    expect(errors).toMatch(
      /has \d accounts and 1 keys, made under secrets that the Worker does not have: ENCRYPTION_KEY and KEY_SECRET/,
    );
    expect(account.workers.size).toBe(0);
  });
});

describe("npm run deploy in CI", { timeout: PATIENCE_MS }, () => {
  const secret = (name: string) => `${name}-`.padEnd(40, "0");
  const given = Object.fromEntries(
    ["ADMIN_PASSWORD", "JWT_SECRET", "ENCRYPTION_KEY", "KEY_SECRET"].map((name) => [name, secret(name)]),
  );
  let there: Place;
  beforeAll(async () => {
    there = await place();
  });
  afterAll(() => there.close());

  it("makes no secret that nobody would see", async () => {
    const { code, errors } = await there.deploy([], { CI: "true" });
    expect(code).toBe(1);
    expect(errors).toContain("set them in the environment");
    expect(there.cloudflare.account.databases).toEqual([]);
  });

  it("takes everything from variables, and prints no secret", async () => {
    const env = {
      ...given,
      CI: "true",
      DEPLOY_NAME: "team-relay",
      DEPLOY_PLACEMENT: "aws:us-east-1",
      DEPLOY_VARS: "TIMEZONE_OFFSET=8",
      DEPLOY_BACKUP_BUCKET: "relay-backups",
      DEPLOY_EMAIL: "1",
      DEPLOY_DOMAIN: "",
    };
    const { code, output, errors } = await there.deploy([], env);
    expect(code, errors).toBe(0);
    expect(output).toContain("Edge Relay is running");
    for (const value of Object.values(given)) expect(output + errors).not.toContain(value);
    const { account } = there.cloudflare;
    const version = account.workers.get("team-relay")?.versions[0];
    expect(version?.placement).toMatchObject({ region: "aws:us-east-1" });
    expect(version?.bindings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "TIMEZONE_OFFSET", text: "8" }),
        expect.objectContaining({ name: "BACKUPS", bucket_name: "relay-backups" }),
        expect.objectContaining({ name: "ALERT_EMAIL", type: "send_email" }),
        expect.objectContaining({ name: "JWT_SECRET", text: secret("JWT_SECRET") }),
      ]),
    );
    expect([account.buckets, account.databases.map(({ name }) => name)]).toEqual([["relay-backups"], ["team-relay"]]);
  });

  it("refuses a domain that is none, before anything is asked of Cloudflare", async () => {
    there.cloudflare.calls.length = 0;
    const { code, errors } = await there.deploy(["--domain", "https://relay.example.com/"]);
    expect([code, there.cloudflare.calls]).toEqual([1, []]);
    expect(errors).toContain("is no host name");
  });
});

describe("wrangler deploy --dry-run", { timeout: PATIENCE_MS }, () => {
  it("bundles the Worker that wrangler.toml describes", async () => {
    const there = await place();
    writeFileSync(join(there.home, "empty.env"), "");
    const args = ["node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run"];
    const env = { PATH: process.env.PATH, HOME: there.home, WRANGLER_SEND_METRICS: "false" };
    const output = execFileSync(process.execPath, args, { cwd: there.root, env, encoding: "utf8" });
    expect(output).toContain("--dry-run: exiting now.");
    await there.close();
  });
});
