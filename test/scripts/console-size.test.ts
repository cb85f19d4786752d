/** What a browser fetches of the console's code, compressed: a free plan and a phone both pay for it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** kB of gzip: what is there before anybody has signed in, and what a page brings with it. */
const FIRST_SCREEN_KB = 40;
const PAGE_KB = 10;

const out = mkdtempSync(join(tmpdir(), "edge-relay-console-"));
const read = (file: string) => readFileSync(join(out, "web", file), "utf8");
const kilobytes = (files: Iterable<string>) =>
  [...files].reduce((sum, file) => sum + gzipSync(read(file)).length, 0) / 1_000;

beforeAll(async () => {
  const root = join(import.meta.dirname, "../../admin");
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "silent",
    build: { outDir: join(out, "web") },
  });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** The files that a file's own code asks for, at once and with everything that those ask for: what `import` names without a condition. */
function closure(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, imported = ""] of read(file).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
    closure(`assets/${imported}`, seen);
  return seen;
}

const scripts = () => readdirSync(join(out, "web/assets")).filter((file) => file.endsWith(".js"));
const entry = () => /src="\/web\/(assets\/[\w.-]+\.js)"/.exec(read("index.html"))?.[1] ?? "";
const named = (name: string) =>
  scripts()
    .filter((file) => file.startsWith(`${name}-`))
    .map((file) => `assets/${file}`);

/** Files of sentences: one for each page and language, of the same name in both. */
const SPOKEN = readdirSync(join(import.meta.dirname, "../../admin/src/locale/en")).map((file) =>
  file.replace(/\.ts$/, ""),
);

/** The files, and of the sentences that they fetch the heavier language: a person gets one of the two. */
function weight(files: Iterable<string>): number {
  const all = [...files];
  const fetched = all.flatMap((file) =>
    [...read(file).matchAll(/import\(["'`]\.\/([\w.-]+\.js)["'`]\)/g)].map(([, name = ""]) => name),
  );
  const spoken = SPOKEN.map((page) => fetched.filter((name) => name.replace(/-[\w-]{8}\.js$/, "") === page));
  const heavier = spoken.map((languages) => Math.max(0, ...languages.map((name) => kilobytes([`assets/${name}`]))));
  return kilobytes(all) + heavier.reduce((sum, kB) => sum + kB, 0);
}

describe("the console's code", () => {
  test(`is at most ${FIRST_SCREEN_KB} kB for the first screen, in either language`, () => {
    const languages = named("zh-cn").map((file) => kilobytes([file]));
    expect(languages.length).toBe(1);
    expect(weight(closure(entry())) + Math.max(...languages)).toBeLessThan(FIRST_SCREEN_KB);
  });

  test(`is at most ${PAGE_KB} kB more for each page`, () => {
    const first = closure(entry());
    const pages = named("page");
    expect(pages.length).toBeGreaterThan(5);
    for (const page of pages) {
      const more = [...closure(page)].filter((file) => !first.has(file));
      expect(weight(more), more.join(" ")).toBeLessThan(PAGE_KB);
    }
  });

  test(`is at most ${PAGE_KB} kB more for each part of what a key's holder is shown`, () => {
    const parts = ["usage", "spent"].flatMap(named);
    const asks = named("page").filter((page) =>
      parts.some((part) => read(page).includes(part.replace("assets/", "./"))),
    );
    expect({ asks: asks.length, parts: parts.length }).toEqual({ asks: 1, parts: 2 });
    const there = closure(entry());
    for (const part of [...asks, ...parts]) {
      const more = [...closure(part)].filter((file) => !there.has(file));
      expect(weight(more), more.join(" ")).toBeLessThan(PAGE_KB);
      for (const file of more) there.add(file);
    }
  });
});
