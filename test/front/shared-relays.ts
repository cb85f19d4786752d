/**
 * Starts the relays that the files of this project share, because a start takes a bundle and a workerd, which is seconds of CPU. There is
 * one for each process that runs files, and none serves two files at once. Runs once, in vitest's own process, and passes addresses and
 * sessions to the files.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import type { TestProject } from "vitest/node";
import { workerdChildren } from "../../scripts/bench/processes.ts";
import { build, startRelay } from "../../scripts/built-worker.ts";
import { freePort } from "../../scripts/start/ports.ts";
import { ADMIN_PASSWORD } from "./admin-password.ts";

export { ADMIN_PASSWORD };

/** Base URL without a trailing slash, and the bearer token of a session. */
export interface Connection {
  url: string;
  token: string;
  /** Where the relay looks for the authorization servers of Claude and Droid. Only a test that needs one listens there. */
  signIns: string;
}

export interface SharedRelay extends Connection {
  /** Its workerd processes; only known on Linux. */
  processes: number[];
}

declare module "vitest" {
  interface ProvidedContext {
    relays: SharedRelay[];
    /** The directory of the built Worker, for a test that needs another relay. */
    built: string;
  }
}

/** As in wrangler.toml, but for the sign-ins: those of many files come from one address, in the same minute. */
const RATE_LIMITS = {
  LOGIN_LIMIT: { namespace_id: "1001", simple: { limit: 1_000, period: 60 as const } },
  UNMETERED_LIMIT: { namespace_id: "1002", simple: { limit: 600, period: 60 as const } },
};

const ROOT = join(import.meta.dirname, "../..");

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { built, dispose: forgetBuilt } = await buildRelay();
  const relays: SharedRelay[] = [];
  const opened: (() => Promise<void>)[] = [];
  for (let number = 0; number < project.config.maxWorkers; number++) {
    const others = workerdChildren();
    const { connection, dispose } = await openBuilt(built);
    relays.push({ ...connection, processes: workerdChildren().filter((pid) => !others.includes(pid)) });
    opened.push(dispose);
  }
  project.provide("relays", relays);
  project.provide("built", built);
  return async () => {
    await Promise.all(opened.map((dispose) => dispose()));
    await forgetBuilt();
  };
}

/** A relay of its own, built as for a deployment, migrated, and with a session. Also used by scripts. */
export async function openRelay(): Promise<{ connection: Connection; dispose: () => Promise<void> }> {
  const { built, dispose: forgetBuilt } = await buildRelay();
  const { connection, dispose } = await openBuilt(built);
  return {
    connection,
    async dispose() {
      await dispose();
      await forgetBuilt();
    },
  };
}

async function buildRelay(): Promise<{ built: string; dispose: () => Promise<void> }> {
  const scratch = await mkdtemp(join(tmpdir(), "edge-relay-front-"));
  const built = await build({ root: ROOT, scratch }, "front", "test/front/entry.ts");
  return { built, dispose: () => rm(scratch, { recursive: true, force: true }) };
}

/** The same for a Worker that is already built. `variables`: secrets and settings that differ. */
export async function openBuilt(
  built: string,
  variables: Record<string, string> = {},
  more: Parameters<typeof startRelay>[3] = {},
): Promise<{ connection: Connection; miniflare: Miniflare; dispose: () => Promise<void> }> {
  const signIns = `http://127.0.0.1:${await freePort()}`;
  const worker = await startRelay(
    ROOT,
    built,
    {
      OAUTH_CLAUDE_AUTHORIZE_URL: `${signIns}/oauth/authorize`,
      OAUTH_CLAUDE_TOKEN_URLS: `${signIns}/v1/oauth/token`,
      OAUTH_DROID_AUTHORIZE_URL: `${signIns}/device`,
      OAUTH_DROID_TOKEN_URLS: `${signIns}/authenticate`,
      ALLOW_PRIVATE_UPSTREAMS: "1",
      ADMIN_PASSWORD,
      JWT_SECRET: "front-jwt-secret-0123456789abcdef0123456789abcdef",
      ENCRYPTION_KEY: "front-encryption-key-0123456789abcdef01234567",
      KEY_SECRET: "front-key-secret-0123456789abcdef0123456789abcd",
      // The pepper of the claude-relay-service whose keys are imported (test/scripts/relay/import/crs-fixture.ts).
      LEGACY_KEY_PEPPER: "3f6c1b9a2e8d47056b1c9e0f4a7d2358",
      // Sign-ins to Google are imported, and never renewed.
      ...Object.fromEntries(
        ["GOOGLE", "ANTIGRAVITY"].flatMap((flow) => [
          [`OAUTH_${flow}_CLIENT_ID`, "front-client"],
          [`OAUTH_${flow}_CLIENT_SECRET`, "front-client-secret"],
        ]),
      ),
      // They are not asked for tokens, nor told that an account was deleted: nothing leaves this machine.
      ...Object.fromEntries(
        ["CODEX", "GOOGLE", "ANTIGRAVITY"].flatMap((flow) => [
          [`OAUTH_${flow}_TOKEN_URLS`, `${signIns}/v1/oauth/token`],
          [`OAUTH_${flow}_REVOKE_URL`, ""],
        ]),
      ),
      ...variables,
    },
    { ratelimits: RATE_LIMITS, ...more },
  );
  const url = new URL(worker.url).origin;
  const { access_token } = await post<{ access_token: string }>(`${url}/admin/login`, {
    username: "admin",
    password: ADMIN_PASSWORD,
  });
  const { miniflare } = worker;
  return { connection: { url, token: access_token, signIns }, miniflare, dispose: () => miniflare.dispose() };
}

async function post<Answer>(url: string, body: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
