/**
 * Part of `npm run check`: the rooms of src are in layers, and a room imports only from layers below its own. Rooms of pure decisions use
 * no storage, no network, no environment and no clock. Prints what breaks a rule, and exits with 1.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";

/** From top to bottom. Rooms on one line are neighbours and do not import each other. */
export const LAYERS: readonly (readonly string[])[] = [
  ["worker.ts"],
  ["scheduled.ts"],
  ["watch"],
  ["admin"],
  ["jobs"],
  ["backup"],
  ["account-check", "holder"],
  ["relay"],
  ["gate"],
  ["store"],
  ["pool"],
  ["alerts"],
  ["vault"],
  ["providers"],
  ["protocols"],
  ["keys"],
  ["refusal.ts"],
  ["pricing"],
  ["vocabulary.ts"],
  ["events.ts"],
  ["ground"],
];

/** Rooms, and single files, that only decide. */
const PURE: readonly string[] = [
  "src/providers/",
  "src/protocols/",
  "src/pricing/",
  "src/ground/addresses.ts",
  "src/ground/bytes.ts",
  "src/ground/calendar.ts",
  "src/ground/durations.ts",
  "src/ground/json.ts",
  "src/ground/patterns.ts",
  "src/vocabulary.ts",
  "src/refusal.ts",
  "src/alerts/alert.ts",
  "src/alerts/channels/",
  "src/alerts/from-events.ts",
  "src/alerts/message.ts",
  "src/alerts/quiet-hours.ts",
  "src/alerts/texts/",
  "src/gate/admission.ts",
  "src/gate/leases.ts",
  "src/gate/limits.ts",
  "src/gate/rules.ts",
  "src/gate/sessions.ts",
  "src/gate/standing.ts",
  "src/gate/responses.ts",
  "src/pool/choose.ts",
  "src/pool/health.ts",
  "src/pool/strategy.ts",
  "src/pool/target.ts",
];

/** What a pure room must not contain. Web Crypto is allowed: a signature depends only on its input. */
const IMPURE: readonly [pattern: RegExp, what: string][] = [
  [/from "cloudflare:workers"/, "the platform"],
  [/from "drizzle-orm/, "the database"],
  [/\bEnv\b/, "the environment"],
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, "the clock"],
  [/(?<![.\w])fetch\(/, "the network"],
  [/\bset(?:Timeout|Interval)\(|\bscheduler\.wait\(/, "a timer"],
  [/\bMath\.random\(|\brandomUUID\(/, "chance"],
];

/** Rooms whose modules are loaded once for all test files (test/modules.ts). */
const FORGETFUL = /^src\/(?:protocols|providers|pricing|ground)\//;

const IMPORT = /^\s*(?:import|export)\b[^;"]*?from\s+"(\.[^"]+)"/gm;

/** What is wrong with one source file. `path`: from the root, with forward slashes. */
export function problemsOf(path: string, text: string): string[] {
  const code = text.replace(/\/\*.*?\*\/|(?<!:)\/\/[^\n]*/gs, "");
  const problems: string[] = [];
  const own = layerOf(path);
  if (own < 0) problems.push(`${path} is in no layer: scripts/layers.ts lists them`);
  for (const [, specifier = ""] of code.matchAll(IMPORT)) {
    const target = posix.join(posix.dirname(path), specifier);
    if (!target.startsWith("src/")) problems.push(`${path} imports ${target}, which lies outside of src`);
    else if (roomOf(target) !== roomOf(path) && layerOf(target) <= own) {
      problems.push(`${path} imports ${target}: ${roomOf(target)} is not below ${roomOf(path)}`);
    }
  }
  if (FORGETFUL.test(path) && remembers(code)) problems.push(`${path} may not remember anything`);
  if (!PURE.some((room) => (room.endsWith("/") ? path.startsWith(room) : path === room))) return problems;
  for (const [pattern, what] of IMPURE)
    if (pattern.test(code)) problems.push(`${path} is pure and may not use ${what}`);
  return problems;
}

/** Whether a module has a variable that is set repeatedly. One that is set once by `??=` is the same for everybody. */
function remembers(code: string): boolean {
  return [...code.matchAll(/^(?:export )?let (\w+)/gm)].some(([, name]) =>
    new RegExp(String.raw`\b${name}\b\s*(?:[-+*/%|&^]?=(?![=>])|\+\+|--)`).test(code),
  );
}

/** The room that a file is in: a folder of src, or the file itself. */
function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function layerOf(path: string): number {
  return LAYERS.findIndex((rooms) => rooms.includes(roomOf(path)));
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  const files = globSync("src/**/*.ts", { cwd: root }).sort();
  const problems = files.flatMap((file) =>
    problemsOf(file.replaceAll("\\", "/"), readFileSync(join(root, file), "utf8")),
  );
  for (const problem of problems) console.error(problem);
  if (files.length === 0 || problems.length > 0) process.exit(1);
  console.log(`Checked the layers of ${files.length} files.`);
}
