/**
 * Every command that a page names is run somewhere: by a test, by a script, or by what CI runs. A command that is nowhere in the list
 * below fails, and so does a line of the list that no page needs any more. What a person alone can do says why.
 */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { Command } from "@commander-js/extra-typings";
import { describe, expect, test } from "vitest";
import { VERBS } from "../../scripts/relay/verbs.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const PAGES = [
  ...["README.md", "AGENTS.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
  ...readdirSync(new URL("docs", ROOT)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

interface Witness {
  command: RegExp;
  /** Where it is run, and by which words; or why nobody but a person can. */
  run: readonly [file: string, words: string] | { byHand: string };
}

const CI = ".ci/run";
const SMOKE = ".ci/smoke";
const script = (name: string, file: string, words: string): Witness => ({
  command: new RegExp(`^npm run ${name}$`),
  run: [file, words],
});
const DEPLOY_TESTS = "test/scripts/deploy";

const WITNESSES: readonly Witness[] = [
  { command: /^npm ci$/, run: [CI, "npm ci"] },
  { command: /^npm start$/, run: [SMOKE, "npm start"] },
  { command: /^npm test(?: -- test\/\w+)?$/, run: [CI, "npm test"] },
  { command: /^bash \.ci\/run$/, run: [CI, "step "] },
  script("check", CI, "npm run check"),
  script("test:long", CI, "npm run test:long"),
  script("clients", CI, "npm run clients"),
  script("lock", "package.json", "complete-lock.mjs --check"),
  script("types", "package.json", "wrangler types --include-runtime=false --strict-vars=false --check"),
  script("build", "test/scripts/console-size.test.ts", "vite.config.ts"),
  script("bench", "test/scripts/bench.test.ts", "../../scripts/bench/"),
  script("scale", "test/scripts/scale.test.ts", "../../scripts/scale/"),
  script("chaos", "test/chaos/chaos.test.ts", "CHAOS_REQUESTS"),
  script("backup:scale", "test/front/backup.test.ts", "BACKUP_"),
  { command: /^npm run startup$/, run: { byHand: "a measurement, for a quiet machine" } },
  { command: /^npm run screenshots$/, run: { byHand: "pictures that somebody looks at" } },
  { command: /^npm run deploy(?: -- .+)?$/, run: [`${DEPLOY_TESTS}/deploying.ts`, "deploy.ts"] },
  { command: /^npm run relay(?: --)?$/, run: ["test/front/command-line.ts", "runCommandLine"] },
  { command: /^(?:npx )?edge-relay$/, run: ["test/front/command-line.ts", "runCommandLine"] },
  { command: /^npx vitest$/, run: ["scripts/test.ts", "vitest"] },
  { command: /^wrangler dev$/, run: ["scripts/start/worker.ts", "dev"] },
  { command: /^npx wrangler d1 time-travel info DB/, run: ["scripts/deploy/steps.ts", '"time-travel"'] },
  { command: /^wrangler versions deploy$/, run: ["scripts/deploy/switch.ts", '"versions", "deploy"'] },
  { command: /^openssl rand -hex \d+$/, run: [SMOKE, "ADMIN_PASSWORD"] },
  { command: /^curl -N \S+\/v1\/messages /, run: [SMOKE, "curl -N"] },
  {
    command: /^curl -s -X POST -u admin:PASSWORD \$RELAY\/admin\/login$/,
    run: ["test/admin/sessions.test.ts", "Basic"],
  },
  { command: /^curl .*\$RELAY\/admin\/api-keys /, run: ["test/front/relay-under-test.ts", "/admin/api-keys"] },
  { command: /^curl .*\$RELAY\/admin\/reseal /, run: ["test/admin/resealing.ts", "/admin/reseal"] },
  { command: /^claude$/, run: ["scripts/clients/claude-rows.ts", "@anthropic-ai/claude-code"] },
  { command: /^gemini$/, run: ["scripts/clients/gemini-rows.ts", "@google/gemini-cli"] },
  {
    command: /^(?:redis-cli --raw EVAL|cat dump\.lua|psql -At|sqlite3 -json)/,
    run: { byHand: "the machine of another relay" },
  },
  { command: /^node scripts\/data-transfer-enhanced\.js export$/, run: { byHand: "another relay's own script" } },
  { command: /^git merge --ff-only$/, run: ["scripts/relay/verbs/update.ts", '"merge", "--ff-only"'] },
  { command: /^git (?:clone|pull)\b/, run: { byHand: "there is no remote to take it from" } },
  { command: /^wrangler rollback$/, run: { byHand: "the design says why it is not used" } },
  { command: /^git merge --ff-only$/, run: ["test/scripts/relay/update.test.ts", "git merge --ff-only"] },
  { command: /^npx wrangler login$/, run: { byHand: "a browser and an account" } },
  { command: /^npx wrangler tail --config \.deploy\/wrangler\.json$/, run: { byHand: "a deployed relay" } },
  {
    command: /^npx wrangler secret put [A-Z_]+ --config \.deploy\/wrangler\.json$/,
    run: { byHand: "a deployed relay, and a secret to type" },
  },
  { command: /^npx wrangler d1 time-travel restore\b/, run: { byHand: "a database at Cloudflare, with a past" } },
  { command: /^npx wrangler r2 object get /, run: { byHand: "a bucket at Cloudflare" } },
];

const PROGRAM = /^(?:npm|npx|node|bash|git|curl|wrangler|edge-relay|openssl|claude|codex|gemini|aider|vitest)\b/;
/** What a shell knows by itself, and what only prepares a line. */
const SHELL =
  /^(?:export |umask |for |while |do$|do echo |done$|echo |[A-Z]+=\{\}$|[A-Z]+=https:|jq\b|cd |\{|"|select|break)/;

/** The commands of a page: the lines of its shell blocks, taken apart, and the spans that begin with a program. */
function commandsOf(page: string): { command: string; page: string }[] {
  const text = read(page);
  const blocks = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = ""]) =>
    block.replace(/\\\n\s*/g, ""),
  );
  const lines = blocks.flatMap((block) => block.replace(/'\{[^']*\}'/g, "'{}'").split("\n")).flatMap(partsOf);
  const spans = [...text.replace(/^ *```[\s\S]*?^ *```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  // A name such as `claude` is a command only in a block.
  const named = spans.filter((span) => PROGRAM.test(span) && span.includes(" "));
  return [...lines, ...named].map((command) => ({ command, page }));
}

/** What a line runs: both sides of `&&` and pipes, and what stands in `$(…)`; without variables set before it. */
function partsOf(line: string): string[] {
  const inner = [...line.matchAll(/\$\(((?:[^()'"]|'[^']*'|"[^"]*")*)\)/g)].flatMap(([, command = ""]) =>
    partsOf(command),
  );
  const outer = line
    .replace(/\$\((?:[^()'"]|'[^']*'|"[^"]*")*\)/g, "…")
    .split(/ (?:&&|\|\|?) |; /)
    .map((part) => part.replace(/(?:^|\s)(?:#.*|>+ ?\S+)$/g, "").trim())
    .map((part) => part.replace(/^(?:[A-Z_]+=\S*\s+)+/, "").trim())
    .filter((part) => part !== "" && !/^[A-Z_]+=\S*$/.test(part));
  return [...inner, ...outer];
}

const commands = PAGES.flatMap(commandsOf).filter(({ command }) => !SHELL.test(command));
const EDGE_RELAY = /^(?:npx )?edge-relay (.+)$/;
const ofTheCommandLine = commands.flatMap(({ command, page }) => {
  const [, line] = EDGE_RELAY.exec(command) ?? [];
  return line === undefined ? [] : [{ line, page }];
});
const others = commands.filter(({ command }) => !EDGE_RELAY.test(command));

test("every command of a page is run by a test or a script, or says why only a person can", () => {
  expect(others.length).toBeGreaterThan(40);
  const unseen = others.filter(({ command }) => !WITNESSES.some((each) => each.command.test(command)));
  expect(unseen).toEqual([]);
});

test("no message has wrangler work on another Worker than the one that was deployed", () => {
  const sources = globSync("{src,scripts}/**/*.ts", { cwd: ROOT }).map(read);
  const lines = sources.flatMap(
    (text) => text.match(/npx wrangler (?:secret put|tail|d1 migrations)\b[^`";)]*/g) ?? [],
  );
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => !/ --config \.deploy\/wrangler\.json|tail \$\{answers\.name\}/.test(line))).toEqual([]);
});

/** By its own name; or as an answer, which is what an option becomes. */
test("every option of a deployment that a page gives is given in its tests", () => {
  const tests = readdirSync(new URL(DEPLOY_TESTS, ROOT)).flatMap((name) =>
    /\.ts$/.test(name) ? [read(`${DEPLOY_TESTS}/${name}`)] : [],
  );
  const given = others.flatMap(
    ({ command }) => /^npm run deploy -- (.+)$/.exec(command)?.[1]?.match(/--[\w-]+|^rollback/g) ?? [],
  );
  expect(given.length).toBeGreaterThan(3);
  for (const option of given)
    expect(
      tests.some((each) => each.includes(`"${option}`) || each.includes(`${option.slice(2)}: "`)),
      option,
    ).toBe(true);
});

test.each(WITNESSES)("$command stands in a page, and is run where it is said to be", ({ command, run }) => {
  expect(others.some((each) => command.test(each.command))).toBe(true);
  if ("byHand" in run) return;
  const [file, words] = run;
  expect(read(file)).toContain(words);
});

describe("the command line's verbs", () => {
  const tests = ["test/front", "test/scripts/relay"]
    .flatMap((folder) => readdirSync(new URL(folder, ROOT)).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith(".test.ts"))
    .map(read)
    .join("\n");
  const program = new Command();
  for (const { name, define } of VERBS) define(program.command(name), async () => {});

  test.each(ofTheCommandLine)("edge-relay $line, in $page", ({ line }) => {
    const [verb = "", ...rest] = line.split(" ");
    const command = program.commands.find((each) => each.name() === verb);
    expect(command, `there is no verb ${verb}`).toBeDefined();
    // A verb of its own, or one below another.
    const below = command?.commands.find((each) => each.name() === rest[0]);
    const called = [verb, ...(below ? [below.name()] : [])].map((name) => `"${name}"`);
    expect(tests, `no test runs ${called}`).toMatch(new RegExp(`[[(]\\s*${called.join(",\\s*")}`));
    const shared = ["--url", "--profile", "--json", "--help"];
    const known = [...shared, ...((below ?? command)?.options.map(({ long }) => long ?? "") ?? [])];
    for (const option of rest.filter((word) => word.startsWith("--"))) {
      expect(known, option).toContain(option);
      expect(shared.includes(option) || tests.includes(`"${option}"`), `no test gives ${option}`).toBe(true);
    }
  });
});
