/**
 * One run of one client without a person: an empty home, an empty working directory, an environment with nothing of the user who started
 * it, and proxies that lead nowhere.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Client } from "./client.ts";
import { connectClient } from "./connected.ts";
import { newLoop } from "./loop.ts";
import { runBounded } from "./process.ts";
import { Tap } from "./tap.ts";
import type { Target } from "./target.ts";
import { booked, faultsOf, turnsOf } from "./verdict.ts";

export interface Trial {
  faults: string[];
  turns: number;
  requests: number;
  elapsedMs: number;
  /** What was sent, and what the client printed, for a person who looks for the cause of a fault. */
  details: string;
}

const LIMIT_MS = 90_000;
/** Well formed, so that only its MAC shows that it is forged. */
const FORGED_KEY = `cr_${"0".repeat(64)}`;
/** Nothing listens here. Telemetry, updates and other look-ups fail at once, and no client needs them. */
const NOWHERE = "http://127.0.0.1:9";
const TAIL_LINES = 25;

export async function runTrial(client: Client, command: string[], target: Target): Promise<Trial> {
  const loop = newLoop();
  const run = await target.begin(client, loop);
  const key = client.expects === "refusal" && !client.refusal ? FORGED_KEY : run.key;
  const directory = mkdtempSync(join(tmpdir(), "relay-client-"));
  // A killed process may still be writing.
  const clean = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", clean);
  const tap = new Tap(target.origin);
  try {
    const home = join(directory, "home");
    const work = join(directory, "work");
    const temporary = join(directory, "tmp");
    for (const path of [home, work, temporary]) mkdirSync(path);
    const place = { origin: await tap.start(), key, temporary };
    for (const [path, content] of Object.entries(client.files?.(place) ?? {})) {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), content);
    }
    const env = { ...surroundings(home, temporary), ...client.env(place) };
    const connection = client.connectedAs ? await connectClient(client.connectedAs, place, env) : null;
    const [program = "", ...first] = command;
    const finished = await runBounded(program, [...first, ...client.args(loop)], { cwd: work, env, limitMs: LIMIT_MS });
    const { exchanges } = tap;
    const behind = await run.behind(client.expects === "refusal" ? 0 : booked(client, exchanges).length);
    const connectionFaults = connection ? [...connection.faults, ...(await connection.end())] : [];
    const evidence = { client, loop, finished, exchanges, behind, scripted: target.scripted };
    const passed = exchanges.map(
      ({ method, path, status, body }) => `${method} ${path} → ${status} (${body.length} B)`,
    );
    const said = finished.output.replaceAll(key, "cr_…").trimEnd().split("\n").slice(-TAIL_LINES);
    return {
      faults: [...faultsOf(evidence), ...connectionFaults],
      turns: turnsOf(evidence),
      requests: exchanges.length,
      elapsedMs: finished.elapsedMs,
      details: [...passed, ...said].join("\n"),
    };
  } finally {
    await tap.stop();
    clean();
    process.off("exit", clean);
  }
}

function surroundings(home: string, temporary: string): Record<string, string> {
  const { PATH = "", SHELL = "/bin/sh" } = process.env;
  const proxies = { HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, NO_PROXY: "127.0.0.1,localhost" };
  const terminal = { LANG: "C.UTF-8", TERM: "dumb", NO_COLOR: "1" };
  return { PATH, SHELL, HOME: home, TMPDIR: temporary, ...terminal, ...proxies };
}
