/** What `npx edge-relay` runs, in a process of its own: exit codes and signals come through, and a pipe has the result alone. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "edge-relay-process-"));
/** A relay that takes every request and answers none. */
const silent = createServer(() => {});
let url = "";

beforeAll(async () => {
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
  rmSync(home, { recursive: true, force: true });
});

function start(...args: string[]) {
  const env = { PATH: process.env.PATH ?? "", HOME: home, EDGE_RELAY_URL: url, EDGE_RELAY_TOKEN: "none" };
  const child = spawn(process.execPath, [join(ROOT, packageJson.bin["edge-relay"]), ...args], { cwd: home, env });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (printed.out += chunk));
  child.stderr.on("data", (chunk) => (printed.err += chunk));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...printed }));
  return { child, ended };
}

it("hands over to the Node of the clone, from whatever folder, and gives its exit code back", async () => {
  const [version, wrong] = await Promise.all([start("--version").ended, start("statsu").ended]);
  expect(version).toEqual({ code: 0, out: `${packageJson.version}\n`, err: "" });
  expect(wrong).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Did you mean status?") });
});

it("ends with 130 when it is told to stop while a relay keeps it waiting", async () => {
  const asked = once(silent, "request");
  const { child, ended } = start("status");
  await asked;
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 130, out: "" });
});

it.skipIf(!existsSync("/dev/full"))(
  "says in one line that a full disk has not taken the result, and ends with 1",
  async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [join(ROOT, "scripts/relay.ts"), "connect", "--list"], {
      env: { PATH: process.env.PATH ?? "", HOME: home },
      stdio: ["ignore", full, "pipe"],
    });
    let err = "";
    child.stderr?.on("data", (chunk) => (err += chunk));
    const [code] = await once(child, "close");
    closeSync(full);
    expect([code, err]).toEqual([1, expect.stringMatching(/^error: The result cannot be written: ENOSPC.*\n$/)]);
  },
);
