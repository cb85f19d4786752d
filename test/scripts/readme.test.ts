/**
 * The pages for users against the code and against each other: commands, paths, variables, routes and fields that they
 * name exist, and both languages name the same ones. Whether the sentences around them are true, only a reader can tell.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { createAccountBody } from "../../src/admin/accounts/schema.ts";
import { createApiKeyBody } from "../../src/admin/keys/schema.ts";
import { LARGEST_TRANSLATED, MOST_VALUES_TRANSLATED } from "../../src/protocols/translate/compose.ts";
import { findRoute, ROUTES } from "../../src/relay/routes.ts";

const ROOT = new URL("../../", import.meta.url);
/** By a name that the compiler does not follow: this test is checked with Node's types, the app needs the Worker's. */
const ADMIN_APP: string = "../../src/admin/app.ts";
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** Each page in both languages. */
const PAGES: readonly [english: string, chinese: string][] = [
  ["README.md", "README.zh-CN.md"],
  ...[
    "backup",
    "clients",
    "admin-api",
    "deploy",
    "limits-and-costs",
    "troubleshooting",
    "command-line",
    "security",
    "operations",
    "migrate",
    "monitoring",
    "alerts",
  ].map((page): [string, string] => [`docs/${page}.md`, `docs/zh-CN/${page}.md`]),
];

const english = PAGES.map(([page]) => read(page)).join("\n");
const chinese = PAGES.map(([, page]) => read(page)).join("\n");
const agents = read("AGENTS.md");
/** Of the repository itself, in English alone. */
const ABOUT = ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
/** Every page in docs, those for maintainers too. */
const DOCUMENTS = readdirSync(new URL("docs", ROOT)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : []));

/** Everything in a regular expression's first group, each once, sorted. */
function all(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0]))].sort();
}

const blocks = (text: string) => [...text.matchAll(/^ *```\w*\n(.*?)^ *```$/gms)].map((match) => match[1]);
/** Code spans outside the blocks. `asked` and the like differ in nothing between the languages. */
const spans = (text: string) => all(text.replace(/^ *```.*?^ *```$/gms, ""), /`([^`\n]+)`/g);
/** Where a page's links lead, from the root. */
const links = (page: string) =>
  all(read(page), /\]\((?!http)([^)#]+)(?:#[^)]*)?\)/g).map((link) => join(dirname(page), link));
/** The first cell of each row of the tables under a heading cell. */
function firstColumn(text: string, heading: string): string[] {
  const tables = all(text, new RegExp(`^\\| ${heading} +\\|.*\n((?:\\|.*\n)+)`, "gm")).join("");
  return all(tables, /^\| (.*?) \|/gm).flatMap((cell) => all(cell, /`([^`]+)`/g));
}

/** The ends of base URLs in the table of Droid's providers. */
function droidBases(text: string): string[] {
  return all(text, /^\| `[\w-]+` +\| `(\/droid\/[\w/]+)` +\|$/gm);
}

describe.each(PAGES)("%s and %s", (one, other) => {
  test("have the same blocks, code spans and headings", () => {
    expect(blocks(read(other))).toEqual(blocks(read(one)));
    expect(spans(read(other))).toEqual(spans(read(one)));
    const headings = (text: string) => [...text.matchAll(/^(#+) /gm)].map((match) => match[1]);
    expect(headings(read(other))).toEqual(headings(read(one)));
  });

  test("have the same links, each within its language", () => {
    const english = new Map(PAGES.map(([page, translated]) => [translated, page]));
    const inEnglish = (page: string) => [...new Set(links(page).map((link) => english.get(link) ?? link))].sort();
    expect(inEnglish(other)).toEqual(inEnglish(one));
  });

  test("link to nothing that is missing", () => {
    for (const link of [...links(one), ...links(other)]) expect(existsSync(new URL(link, ROOT)), link).toBe(true);
  });
});

test("every npm script that is named exists, and the table names them all", () => {
  for (const name of all(`${english}${agents}`, /npm run ([a-z:]+)/g)) expect(packageJson.scripts).toHaveProperty(name);
  const table = firstColumn(agents, "command").map((command) => command.replace(/^npm (run )?/, ""));
  expect(table).toEqual(expect.arrayContaining(Object.keys(packageJson.scripts)));
});

test.each(ABOUT)("%s links to nothing that is missing", (page) => {
  for (const link of links(page)) expect(existsSync(new URL(link, ROOT)), link).toBe(true);
});

test("every file and directory that is named exists", () => {
  const named = [...spans(english), ...spans(agents), ...DOCUMENTS.flatMap((page) => spans(read(page)))];
  const paths = named.filter((span) => /^(src|admin|scripts|test|docs|migrations|\.ci)\/\S*$/.test(span));
  expect(paths.length).toBeGreaterThan(80);
  for (const path of [...paths, ...links("AGENTS.md")]) expect(existsSync(new URL(path, ROOT)), path).toBe(true);
});

test("every file that is named without its folder is in the repository", () => {
  const names = new Set(["src", "admin/src", "scripts", "test"].flatMap(filesBelow));
  const bare = DOCUMENTS.flatMap((page) => spans(read(page))).filter((span) => /^[\w.-]+\.tsx?$/.test(span));
  for (const name of bare) expect(names.has(name), name).toBe(true);
});

test("every room of the source is named", () => {
  const rooms = firstColumn(agents, "room").filter((span) => span.startsWith("src/"));
  expect(rooms.sort()).toEqual(sourceRooms());
});

test("every variable that is named is one that the project or a client reads", () => {
  const project = ["wrangler.toml", ".dev.vars.example", "vitest.config.ts"];
  const commandLine = [
    "scripts/relay/connection.ts",
    "scripts/relay/config-directory.ts",
    "scripts/relay/output.ts",
    "scripts/relay/connect/given-key.ts",
    "scripts/relay/connect/clients/claude.ts",
    "scripts/relay/doctor/base-urls.ts",
    "scripts/relay/backup/passphrase.ts",
    "src/admin/metrics/routes.ts",
    "src/keys/legacy-key.ts",
    "scripts/relay/import/claude-proxy.ts",
    "scripts/relay/verbs/import.ts",
    "src/backup/schedule/bucket.ts",
  ];
  const scripts = ["start/settings.ts", "start/accounts.ts", "deploy/options.ts", "deploy/config.ts"];
  const ours = [...project, ...commandLine, ...scripts.map((path) => `scripts/${path}`)];
  // What a client reads is what it is given where it is run for real.
  const clients = ["claude", "codex", "gemini", "droid"].map((client) => `scripts/clients/${client}-rows.ts`);
  // And what was seen of it in the client itself is written down there.
  const readers = [...ours, ...clients, "docs/client-behaviour.md"].map(read).join("\n");
  const named = all(english, /`([A-Z][A-Z]*(?:_[A-Z]+)*)`|\b([A-Z]+_[A-Z_]+)\b/g).filter((name) => name.length > 3);
  for (const name of named) expect(readers.includes(name), name).toBe(true);
});

test("every route in the table is one", () => {
  const routes = firstColumn(english, "path").filter((span) => /^(GET|POST) /.test(span));
  expect(routes.length).toBeGreaterThan(5);
  for (const route of routes.filter((each) => each !== "GET /health")) {
    const [method = "", pattern = ""] = route.split(" ");
    const path = pattern.replace("{model}", "gemini-2.5-flash").replace("{id}", "resp_0123");
    expect(findRoute(method, path, new Headers()), route).toBeDefined();
  }
});

test("every base URL that a client is given leads to routes", () => {
  const bases = all(english, /"?https:\/\/relay\.example\.com(\/[\w/]+)/g);
  // Pages for people stand below `/web/`.
  const clients = bases.filter((base) => !base.startsWith("/web/"));
  const ends = droidBases(english);
  expect(clients.length).toBeGreaterThan(5);
  expect(ends).toHaveLength(3);
  for (const base of [...clients, ...ends]) {
    expect(
      ROUTES.some(({ path }) => path.startsWith(base)),
      base,
    ).toBe(true);
  }
});

test("the bounds of a translation are those of the code", () => {
  const megabytes = `${LARGEST_TRANSLATED / 1_000_000} MB`;
  const values = MOST_VALUES_TRANSLATED.toLocaleString("en-US");
  const pages = [english, chinese, read("docs/design.md")];
  for (const page of pages) expect(page).toContain(values);
  for (const page of [...pages, read("README.md"), read("README.zh-CN.md")]) expect(page).toContain(megabytes);
});

test("every admin call in the table is a route", async () => {
  const { admin } = (await import(ADMIN_APP)) as { admin: { routes: { method: string; path: string }[] } };
  const routes = new Set(
    admin.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`),
  );
  const calls = firstColumn(english, "call");
  expect(calls.length).toBeGreaterThan(10);
  for (const call of calls) expect(routes.has(call), call).toBe(true);
});

describe("fields", () => {
  test("the table has every field of a key and no other", () => {
    expect(firstColumn(english, "field").sort()).toEqual(Object.keys(createApiKeyBody.shape).sort());
    expect(firstColumn(chinese, "字段").sort()).toEqual(Object.keys(createApiKeyBody.shape).sort());
  });

  test("every field of an account is named", () => {
    expect(spans(english)).toEqual(expect.arrayContaining(Object.keys(createAccountBody.shape)));
  });
});

/** The names of the files in a folder and in those below it. */
function filesBelow(folder: string): string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" }).map((path) => basename(path));
}

/** The directories of src, and the files beside them that are more than a list of words. */
function sourceRooms(): string[] {
  const names = readdirSync(new URL("src", ROOT), { withFileTypes: true });
  const rooms = names.filter((entry) => entry.isDirectory()).map(({ name }) => `src/${name}/`);
  return [...rooms, "src/events.ts", "src/scheduled.ts", "src/worker.ts"].sort();
}
