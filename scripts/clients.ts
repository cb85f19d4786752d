/**
 * `npm run clients`: real clients, directly from the registry, through the relay. Each is asked to run a command in its shell and must
 * come back with what that printed. Without options it starts a relay and an upstream of its own. `--url http://127.0.0.1:8787 --key
 * cr_…` uses a running relay (with the demo upstream or real accounts, which then cost real money). `--only claude-2.1.329,droid`
 * selects rows by name, or by the beginning of a name; `--lanes gemini,droid` selects them by the routes that they use, `--lanes all`
 * selects every row.
 *
 * Exit code 1 if a client fails, 2 if it was called wrongly. Telemetry and updates of the clients are off.
 */
import { parseArgs } from "node:util";
import { type Client, LANES, WIRED } from "./clients/client.ts";
import { install } from "./clients/install.ts";
import { CLIENTS } from "./clients/table.ts";
import { givenTarget, ownTarget, type Target } from "./clients/target.ts";
import { runTrial } from "./clients/trial.ts";

const USAGE = "node scripts/clients.ts [--only name,…] [--lanes lane,…|all] [--url URL --key cr_…]";

interface Line {
  client: string;
  result: string;
  turns: string;
  requests: string;
  time: string;
}

// Exit handlers end the clients that are still running. A signal alone would not run them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "string") {
    console.error(`${options}\n${USAGE}`);
    return 2;
  }
  const target = options.given ? givenTarget(options.given.url, options.given.key) : await ownTarget();
  try {
    const lines: Line[] = [];
    for (const client of options.clients) lines.push(await lineOf(client, target));
    console.log(`\n${tableOf(lines)}`);
    return lines.every(({ result }) => result === "passed") ? 0 : 1;
  } finally {
    await target.stop();
  }
}

/** Runs one client. Prints at once what went wrong. */
async function lineOf(client: Client, target: Target): Promise<Line> {
  const { name } = client;
  console.log(`${name} …`);
  const command = await install(client);
  if (!command.ok) {
    console.error(command.refusal);
    return { client: name, result: "not installed", turns: "-", requests: "-", time: "-" };
  }
  const { faults, turns, requests, elapsedMs, details } = await runTrial(client, command.value, target);
  if (faults.length > 0) console.error(`${details}\n${faults.map((fault) => `✗ ${fault}`).join("\n")}`);
  return {
    client: name,
    result: faults.length > 0 ? "FAILED" : "passed",
    turns: client.expects === "refusal" ? "refused" : String(turns),
    requests: String(requests),
    time: `${(elapsedMs / 1000).toFixed(1)} s`,
  };
}

function readOptions(): { clients: Client[]; given: { url: string; key: string } | null } | string {
  const text = { type: "string" } as const;
  let values: { only?: string; lanes?: string; url?: string; key?: string };
  try {
    values = parseArgs({ options: { only: text, lanes: text, url: text, key: text } }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { only, lanes, url, key } = values;
  if ((url === undefined) !== (key === undefined)) return "--url and --key go together.";
  if (url !== undefined && !URL.canParse(url)) return `--url: "${url}" is not a URL.`;
  const wanted = listOf(only);
  const unknown = wanted?.filter((name) => !CLIENTS.some((client) => client.name.startsWith(name))) ?? [];
  if (unknown.length > 0)
    return `No such client: ${unknown.join(", ")}. There are: ${CLIENTS.map(({ name }) => name).join(", ")}.`;
  // A row that is named is run whatever its lane.
  const open: readonly string[] = lanes === "all" || (wanted && !lanes) ? LANES : (listOf(lanes) ?? WIRED);
  const strange = open.filter((lane) => !LANES.some((each) => each === lane));
  if (strange.length > 0) return `No such lane: ${strange.join(", ")}. There are: ${LANES.join(", ")}, all.`;
  const clients = CLIENTS.filter(
    ({ name, lane }) => open.includes(lane) && (!wanted || wanted.some((start) => name.startsWith(start))),
  );
  return { clients, given: url !== undefined && key !== undefined ? { url, key } : null };
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(",").map((each) => each.trim());
}

function tableOf(lines: Line[]): string {
  const head: Line = { client: "client", result: "result", turns: "turns", requests: "requests", time: "time" };
  const columns = ["client", "result", "turns", "requests", "time"] as const;
  const widths = columns.map((column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  return [head, ...lines]
    .map((line) =>
      columns
        .map((column, at) => line[column].padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
