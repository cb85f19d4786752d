/** `npm run deploy` as a person or CI runs it: the real script with the real wrangler, in a copy of the checkout, against the fake. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { emptyAccount, TOKEN, type Version } from "./fake/account.ts";
import { type FakeCloudflare, startCloudflare } from "./fake/cloudflare.ts";
import { type FakeEdge, type Serve, smallRelay, startEdge } from "./fake/edge.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

export interface Place {
  cloudflare: FakeCloudflare;
  edge: FakeEdge;
  /** The copy of the checkout. A test may change its files. */
  root: string;
  home: string;
  /** Versions whose relay answers with 500. */
  broken: (version: Version) => boolean;
  /** Versions that do not answer yet. */
  sick: (version: Version) => boolean;
  /** Deploys, and presses Ctrl-C once this is true. */
  deployUntil(isSo: () => boolean, env?: Record<string, string | undefined>): Promise<Ended>;
  deploy(args?: string[], env?: Record<string, string | undefined>): Promise<Ended>;
  /** Runs a line of the documentation, or one that was printed, in bash; `npx` finds what is installed. */
  paste(line: string, input?: string): Promise<Ended>;
  close(): Promise<void>;
}

/** An empty account and a fresh clone. `real`: what serves instead of the small relay. */
export async function place(real?: {
  serve: Serve;
  createDatabase: ReturnType<typeof emptyAccount>["createDatabase"];
}): Promise<Place> {
  const scratch = mkdtempSync(join(tmpdir(), "edge-relay-deploy-"));
  const root = join(scratch, "clone");
  const home = join(scratch, "home");
  mkdirSync(home);
  cloneInto(root);
  const account = { ...emptyAccount(), ...(real && { createDatabase: real.createDatabase }) };
  const cloudflare = await startCloudflare(account);
  const made: Pick<Place, "broken" | "sick"> = { broken: () => false, sick: () => false };
  const small = smallRelay(
    account,
    (version) => made.broken(version),
    (version) => made.sick(version),
  );
  const edge = await startEdge(account, real?.serve ?? small);
  const own: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    CLOUDFLARE_API_BASE_URL: cloudflare.url,
    CLOUDFLARE_API_TOKEN: TOKEN,
    DEPLOY_CHECK_URL: edge.url,
    DEPLOY_CHECK_SECONDS: "20",
    FAKE_EDGE: edge.url,
    NO_COLOR: "1",
  };
  return Object.assign(made, {
    cloudflare,
    edge,
    root,
    home,
    deploy: (args: string[] = [], env: Record<string, string | undefined> = {}) =>
      run(root, [process.execPath, "scripts/deploy.ts", ...args], { ...own, ...env }),
    deployUntil: (isSo: () => boolean, env: Record<string, string | undefined> = {}) =>
      run(root, [process.execPath, "scripts/deploy.ts"], { ...own, ...env }, undefined, isSo),
    paste: (line: string, input?: string) => {
      const PATH = [join(ROOT, "node_modules/.bin"), dirname(process.execPath), process.env.PATH].join(delimiter);
      return run(
        root,
        ["bash", "-c", `npx() { "$@"; }; ${line}`],
        { ...own, PATH, WRANGLER_SEND_METRICS: "false" },
        input,
      );
    },
    async close() {
      await Promise.all([cloudflare.close(), edge.close()]);
      rmSync(scratch, { recursive: true, force: true });
    },
  });
}

/** Copies what a deployment reads of a checkout. The console is a placeholder that is newer than everything it is built from. */
function cloneInto(root: string): void {
  mkdirSync(root);
  for (const part of [
    "src",
    "scripts",
    "migrations",
    "wrangler.toml",
    "package.json",
    "tsconfig.json",
    "package-lock.json",
  ]) {
    cpSync(join(ROOT, part), join(root, part), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  mkdirSync(join(root, "dist/console/web"), { recursive: true });
  writeFileSync(join(root, "dist/console/web/index.html"), "<!doctype html><title>Console</title>");
}

function run(
  cwd: string,
  [program = "", ...args]: string[],
  env: Record<string, string | undefined>,
  input?: string,
  stopWhen?: () => boolean,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env: env as NodeJS.ProcessEnv, stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(input);
    const watching = setInterval(() => {
      if (!stopWhen?.()) return;
      clearInterval(watching);
      child.kill("SIGINT");
    }, 20);
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.once("close", (code) => {
      clearInterval(watching);
      resolve({ code, output, errors });
    });
  });
}
