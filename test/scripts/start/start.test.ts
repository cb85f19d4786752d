/** `npm start` as a person has it: the real script, a real port, the printed line pasted into bash. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../scripts/start/ports.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** A first start builds the console and migrates a database. */
const PATIENCE_MS = 600_000;

const secret = "0123456789abcdef".repeat(4);
let state = "";
let port = 0;

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

/** Starts it; `screen` resolves once it is printed, `ended` once the process is gone. */
function start(env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, ["scripts/start.ts"], {
    cwd: ROOT,
    // Every secret comes from the environment, so the checkout's own .dev.vars is neither used nor made.
    env: {
      PATH: process.env.PATH ?? "",
      HOME: state,
      PORT: String(port),
      EDGE_RELAY_STATE: state,
      ADMIN_PASSWORD: "of the environment",
      JWT_SECRET: secret,
      ENCRYPTION_KEY: secret,
      KEY_SECRET: secret,
      METRICS_TOKEN: secret,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  let output = "";
  let errors = "";
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, output, errors })));
  const screen = new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      if (output.includes("Ctrl-C")) resolve(output);
    });
    ended.then((end) => reject(new Error(end.errors)));
  });
  // Not every test waits for a screen.
  screen.catch(() => {});
  return { child, screen, ended };
}

/** The command line as `npx edge-relay` runs it, in its own process; nothing is typed. */
function relayCommand(...args: string[]): string {
  return execFileSync(process.execPath, ["scripts/edge-relay.mjs", ...args], {
    cwd: ROOT,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", HOME: state, PORT: String(port), ADMIN_PASSWORD: "of the environment" },
    // What it says when it fails is part of the error.
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Started here and not gone yet: one that a failed test leaves behind would keep the run from ending. */
const running = new Set<ChildProcess>();

const keyOn = (screen: string) => /cr_[0-9a-f]{64}/.exec(screen)?.[0];

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), "edge-relay-start-"));
  port = await freePort();
});
afterEach(async () => {
  for (const child of running) {
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await closed;
  }
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

describe("npm start", { timeout: PATIENCE_MS }, () => {
  it("prints a curl line that streams an answer, is tested from the command line, stops on SIGTERM with 0, and keeps the key for the next start, where a provider key takes its platform from the demo", async () => {
    const first = start();
    const screen = await first.screen;
    expect(screen).toContain("Sign in  admin / of the environment");
    expect(screen).toContain("demo upstream, not by a model: Anthropic, OpenAI, Gemini.");

    const line = screen.split("\n").find((text) => text.startsWith("curl ")) ?? "";
    const answer = execFileSync("bash", ["-c", line], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(answer).toMatch(/^event: message_start\n/);
    expect(answer).toMatch(/event: message_stop\ndata: .*\n\n$/);
    expect((await fetch(`http://127.0.0.1:${port}/web/`)).status).toBe(200);
    // A secret that need not be there reaches the Worker too.
    const scraped = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${secret}` } });
    expect(await scraped.text()).toContain("edge_relay_info{");

    const tested = JSON.parse(relayCommand("test", "--json")) as { platform: string; ok: boolean }[];
    expect(tested.map(({ platform, ok }) => [platform, ok]).sort()).toEqual([
      ["anthropic", true],
      ["gemini", true],
      ["openai", true],
    ]);

    first.child.kill("SIGTERM");
    expect(await first.ended).toMatchObject({ code: 0, errors: "" });
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();

    const second = start({ OPENAI_API_KEY: "sk-real" });
    expect(keyOn(await second.screen)).toBe(keyOn(screen));
    expect(await second.screen).toContain("demo upstream, not by a model: Anthropic, Gemini.");
    expect(await second.screen).toContain("Account demo openai is switched off");
    second.child.kill("SIGINT");
    expect((await second.ended).code).toBe(0);
  });

  it("says in one line that the port is taken, or the password too short", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const busy = await start().ended;
    await new Promise((resolve) => server.close(resolve));
    const short = await start({ ADMIN_PASSWORD: "short" }).ended;
    for (const { code, output, errors } of [busy, short]) {
      expect([code, output, errors.split("\n").length]).toEqual([1, "", 2]);
    }
    expect(busy.errors).toContain(`Port ${port} is already in use.`);
    expect(short.errors).toContain("ADMIN_PASSWORD in the environment is too short");
  });
});
