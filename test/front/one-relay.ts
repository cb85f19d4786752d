/**
 * Starts the relay that all files of this project share, since a start is a bundle and a workerd: seconds of CPU for
 * each file otherwise. Runs in vitest's own process, once, and hands its address and a session to the files.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { unstable_splitSqlQuery as splitSqlQuery, unstable_startWorker as startWorker } from "wrangler";

export const ADMIN_PASSWORD = "front-door-password";

/** Base URL without a trailing slash, and the bearer token of a session. */
export interface Connection {
  url: string;
  token: string;
}

declare module "vitest" {
  interface ProvidedContext {
    relay: Connection;
  }
}

const ROOT = new URL("../../", import.meta.url);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { connection, dispose } = await openRelay();
  project.provide("relay", connection);
  return dispose;
}

/** A relay of its own, migrated and signed in to. Also for scripts. */
export async function openRelay(): Promise<{ connection: Connection; dispose: () => Promise<void> }> {
  // wrangler wants the assets' directory, also where nobody has built the console.
  await mkdir(new URL("dist/console/", ROOT), { recursive: true });
  const worker = await startRelay();
  const url = (await worker.url).origin;
  const folder = new URL("migrations/", ROOT);
  for (const file of (await readdir(folder)).sort()) {
    for (const sql of splitSqlQuery(await readFile(new URL(file, folder), "utf8"))) {
      await post(`${url}/__test`, { sql });
    }
  }
  const { access_token } = await post<{ access_token: string }>(`${url}/admin/login`, {
    username: "admin",
    password: ADMIN_PASSWORD,
  });
  return { connection: { url, token: access_token }, dispose: () => worker.dispose() };
}

async function post<Answer>(url: string, body: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

/**
 * `createTestHarness` would be shorter, but sends the Worker's outgoing requests through Node's fetch, which hides
 * the very resets and hang-ups that these tests are about.
 */
function startRelay(): ReturnType<typeof startWorker> {
  return startWorker({
    config: new URL("wrangler.toml", ROOT).pathname,
    entrypoint: new URL("test/front/entry.ts", ROOT).pathname,
    bindings: {
      ALLOW_PRIVATE_UPSTREAMS: { type: "plain_text", value: "1" },
      ADMIN_PASSWORD: secret(ADMIN_PASSWORD),
      JWT_SECRET: secret("front-jwt-secret-0123456789abcdef0123456789abcdef"),
      ENCRYPTION_KEY: secret("front-encryption-key-0123456789abcdef01234567"),
      KEY_SECRET: secret("front-key-secret-0123456789abcdef0123456789abcd"),
    },
    dev: {
      server: { hostname: "127.0.0.1", port: 0 },
      inspector: false,
      persist: false,
      watch: false,
      logLevel: "none",
    },
  });
}

function secret(value: string): { type: "secret_text"; value: string } {
  return { type: "secret_text", value };
}
