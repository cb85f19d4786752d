/** What `npm run deploy` understands, and the files that others read about it: the workflow, the button's descriptions, the pages. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { faultIn, withNew } from "../../../scripts/deploy/answers.ts";
import { configFor } from "../../../scripts/deploy/config.ts";
import { type Options, readOptions, USAGE } from "../../../scripts/deploy/options.ts";
import { versionBefore } from "../../../scripts/deploy/rollback.ts";
import { SECRET_RULES } from "../../../src/ground/secrets.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const understood = (args: string[], env: Record<string, string> = {}): Options => {
  const options = readOptions(args, env, true);
  if (!options.ok) throw new Error(options.refusal);
  return options.value;
};

it("a flag wins over a variable, an empty variable is none, and “none” takes an answer back", () => {
  const env = {
    DEPLOY_DOMAIN: "a.example.com",
    DEPLOY_PLACEMENT: "",
    DEPLOY_EMAIL: "0",
    DEPLOY_VARS: "LOG_LEVEL=warn\n",
  };
  const { answers } = understood(["--domain", "none", "--var", "TIMEZONE_OFFSET=8", "--no-workers-dev"], env);
  expect(answers).toEqual({
    domain: null,
    email: false,
    workersDev: false,
    vars: { LOG_LEVEL: "warn", TIMEZONE_OFFSET: "8" },
  });
  const remembered = { domain: "b.example.com", placement: "smart", vars: { LOG_LEVEL: "info" } };
  expect(withNew(remembered, answers)).toMatchObject({ domain: null, placement: "smart", vars: { LOG_LEVEL: "warn" } });
});

it("nobody is asked in CI or without a terminal, and what is not understood is refused", () => {
  expect(understood([], { CI: "true" })).toMatchObject({ yes: true, ci: true });
  expect(understood([])).toMatchObject({ yes: false, ci: false, command: "deploy" });
  for (const args of [
    ["--domian", "x"],
    ["deploy", "x"],
    ["undo"],
    ["--var", "novalue"],
    ["--check-url", "ftp://x"],
    ["--check-url", "http://relay.example.com"],
  ]) {
    expect(readOptions(args, {}, true).ok, args.join(" ")).toBe(false);
  }
});

it("an answer of the wrong form is refused in one sentence", () => {
  const known = ["TIMEZONE_OFFSET"];
  for (const answers of [
    { domain: "https://relay.example.com" },
    { domain: "localhost" },
    { name: "Relay" },
    { placement: "Frankfurt" },
    { backupBucket: "A" },
    { vars: { JWT_SECRET: "x" } },
  ]) {
    expect(faultIn(answers, known)).toMatch(/^[^\n]+\.$/);
  }
  expect(
    faultIn({ domain: "relay.example.com", placement: "aws:us-east-1", vars: { TIMEZONE_OFFSET: "8" } }, known),
  ).toBeNull();
});

it("the generated configuration keeps what wrangler.toml says, and adds what was asked for and nothing else", () => {
  const raw = {
    name: "edge-relay",
    main: "src/worker.ts",
    assets: { directory: "dist/console" },
    vars: { LOG_LEVEL: "info" },
  };
  const resources = { database: { id: "d", name: "edge-relay" }, kv: "k" };
  const plain = configFor(raw, {}, resources, null);
  expect(plain).toMatchObject({ main: "../src/worker.ts", workers_dev: true, preview_urls: false });
  for (const name of ["r2_buckets", "send_email", "routes", "placement"]) expect(plain).not.toHaveProperty(name);
  const asked = {
    backupBucket: "b",
    email: true,
    placement: "smart",
    domain: "r.example.com",
    vars: { LOG_LEVEL: "warn" },
  };
  expect(configFor(raw, asked, resources, "r.example.com")).toMatchObject({
    r2_buckets: [{ binding: "BACKUPS", bucket_name: "b" }],
    send_email: [{ name: "ALERT_EMAIL" }],
    placement: { mode: "smart" },
    routes: [{ pattern: "r.example.com", custom_domain: true }],
    workers_dev: false,
    vars: { LOG_LEVEL: "warn" },
  });
});

it("the version before is the last other one that served, and of an upgrade that was cut short the larger share", () => {
  const deployment = (versions: Record<string, number>, created_on = "2026-11-27T00:00:00Z") => ({
    created_on,
    versions: Object.entries(versions).map(([version_id, percentage]) => ({ version_id, percentage })),
  });
  expect(versionBefore([deployment({ c: 100 }), deployment({ b: 90, c: 10 }), deployment({ b: 100 })])).toBe("b");
  expect(versionBefore([deployment({ b: 90, c: 10 }), deployment({ b: 100 })])).toBe("b");
  expect(versionBefore([deployment({ a: 100 })])).toBeNull();
});

it("every line of the pages that calls npm run deploy is understood, and every option is in the table and the help", () => {
  const pages = ["README.md", "docs/deploy.md"].map(read).join("\n");
  const lines = [...pages.matchAll(/npm run deploy -- ([^`\n]+)/g)].map(([, args = ""]) => args.trim().split(" "));
  expect(lines.length).toBeGreaterThan(4);
  for (const args of lines) expect(readOptions(args, {}, true).ok, args.join(" ")).toBe(true);
  const named = (text: string) => new Set([...text.matchAll(/--(?:\[no-\])?([a-z][a-z-]+)/g)].map(([, flag]) => flag));
  const table = read("docs/deploy.md")
    .split("\n")
    .filter((line) => line.startsWith("| `--"))
    .join("\n");
  const flags = [...named(USAGE)].filter((flag) => flag !== "help");
  for (const flag of flags) expect(table, flag).toContain(`--${flag}`);
  for (const variable of table.match(/DEPLOY_\w+/g) ?? []) expect(USAGE).toContain(variable);
});

it("the workflow hands over every variable that a deployment reads, and runs scripts that exist", () => {
  const workflow = read(".github/workflows/deploy.yml");
  for (const name of new Set(USAGE.match(/(?:DEPLOY|CLOUDFLARE)_[A-Z_]+/g))) {
    if (name !== "DEPLOY_SECRETS_FILE") expect(workflow).toContain(`${name}: \${{ `);
  }
  for (const name of Object.keys(SECRET_RULES)) expect(workflow).toContain(`${name}: \${{ secrets.${name} }}`);
  for (const [, script = ""] of workflow.matchAll(/npm run (\w+)/g)) expect(packageJson.scripts).toHaveProperty(script);
});

it("the deploy button finds what it asks for: each secret named and described, and one script that deploys", () => {
  const example = read(".dev.vars.example");
  const described = Object.keys(packageJson.cloudflare.bindings);
  for (const name of Object.keys(SECRET_RULES)) {
    expect(example).toMatch(new RegExp(`^${name}=$`, "m"));
    expect(described).toContain(name);
  }
  const wrangler = read("wrangler.toml");
  for (const name of described.filter((each) => !(each in SECRET_RULES)))
    expect(wrangler).toContain(`binding = "${name}"`);
  expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining(["build", "deploy"]));
});
