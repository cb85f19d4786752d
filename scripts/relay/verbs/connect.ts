/** `connect`: writes a client's own configuration, so that it calls the relay. If there is none to write, it shows what to enter. */

import type { Client, KeySource, Wanted } from "../connect/clients/client.ts";
import { CLIENTS } from "../connect/clients/clients.ts";
import { connect, planConnection } from "../connect/connect.ts";
import { type FoundKey, type Given, keyFor, noKeySource } from "../connect/given-key.ts";
import { listed, listText } from "../connect/list.ts";
import { statusLineCommand } from "../connect/statusline-command.ts";
import { type Trial, tryOut } from "../connect/trial.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Cli, Verb } from "../verb.ts";

interface Options extends Given {
  model?: string | undefined;
  statusLine?: true | undefined;
  trial?: boolean | undefined;
  list?: true | undefined;
}

const NAMES = CLIENTS.map(({ id }) => id).join(", ");

export const connectVerb: Verb = {
  name: "connect",
  summary:
    "writes a client's own configuration, so that it calls the relay with a key; `--list` tells what is connected",
  define(command, run) {
    command
      .argument("[client]", `one of ${NAMES}`)
      .option("--list", "the clients, and which of them are connected")
      .option("--key <key>", "the relay key; better set as EDGE_RELAY_KEY, where no list of processes shows it")
      .option("--key-stdin", "read the key from stdin")
      .option("--new-key <name>", "make a key of this name, signed in as the relay's admin")
      .option("--key-env <variable>", "leave the key in this variable of your environment")
      .option("--key-command <command>", "let the client run this command for the key each time")
      .option("--model <name>", "the model that the client is to ask for")
      .option("--status-line", "Claude Code: show what the key has spent, and its limits")
      .option("--no-trial", "do not send the one small request that tries it out")
      .action((name, options) => run((cli) => connectClient(cli, name, options)));
  },
};

async function connectClient(cli: Cli, name: string | undefined, options: Options): Promise<Outcome> {
  if (name === undefined || options.list) return showList(cli);
  const client = CLIENTS.find(({ id }) => id === name.toLowerCase());
  if (!client) return failed("usage", `There is no client ${name}.`, `There are: ${NAMES}.`);
  const impossible = noKeySource(client, options) ?? noStatusLine(client, options);
  if (impossible) return impossible;
  const to = cli.connection();
  if (!to.ok) return to;
  const found = await keyFor(cli, client, options);
  if (!found.ok) return found;
  const done = await connectWith(cli, client, to.value.url, found.value, options);
  // Otherwise the key would stay valid, although no client and no person has it.
  if (!done.ok) await found.value.takeBack?.();
  return done;
}

async function connectWith(
  cli: Cli,
  client: Client,
  origin: string,
  { source, key }: FoundKey,
  options: Options,
): Promise<Outcome> {
  if (!client.connects) return showEntries(cli, client, origin, options, source);
  const wanted: Wanted = {
    origin,
    key: source,
    model: options.model ?? null,
    ...(options.statusLine && { statusLine: statusLineCommand(cli.system) }),
  };
  // The plan is made first: if a file cannot be read properly, no request is sent.
  const planned = planConnection(cli.system, client, wanted);
  if (!planned.ok) return planned;
  const trial = await tried(cli, client, wanted, key, options);
  if (!trial.ok) return trial;
  const connected = connect(cli.system, client, wanted);
  if (!connected.ok) return connected;
  for (const name of client.connects.shadows(wanted)) {
    const value = cli.system.env[name];
    if (value && !own(client, wanted).has(value))
      cli.output.note(`${name} is set in your environment, which goes before what was written: unset it.`);
  }
  const files = connected.value.files.map(({ path }) => path);
  const done = { client: client.id, origin: wanted.origin, files, trial: trial.value };
  cli.output.result(done, () => connectedText(client, done, source));
  return { ok: true, value: done };
}

/** Values that are written anyway: whoever has the same in the environment is led to the relay, too. */
function own(client: Client, wanted: Wanted): ReadonlySet<unknown> {
  return new Set(client.connects?.files(wanted).flatMap(({ settings }) => settings.map(({ value }) => value)));
}

/** Null: the relay was not asked. */
async function tried(
  { system, output }: Cli,
  client: Client,
  { origin, model }: Wanted,
  key: string | null,
  { trial }: Options,
): Promise<Outcome<Trial | null>> {
  if (trial === false) return { ok: true, value: null };
  if (key === null) {
    output.note("Not tried out: the key is in no variable here.");
    return { ok: true, value: null };
  }
  output.progress(`Asking ${origin} …`);
  return tryOut(system, client, origin, key, model);
}

function noStatusLine(client: Client, { statusLine }: Options) {
  return statusLine && client.id !== "claude" ? failed("usage", `${client.name} has no status line.`) : null;
}

interface Done {
  client: string;
  origin: string;
  files: string[];
  trial: Trial | null;
}

function connectedText(client: Client, { origin, files, trial }: Done, key: KeySource): string {
  return [
    `${client.name} is connected to ${origin}.`,
    ...files.map((file) => `Written: ${file}`),
    ...(trial ? [trialText(trial)] : []),
    ...(key.from === "environment" ? [`Before you start it: export ${key.variable}=<the key>`] : []),
    ...(client.connects?.remarks ?? []),
    `Back again: edge-relay disconnect ${client.id}`,
  ].join("\n");
}

function trialText({ model, refused, elapsedMs }: Trial): string {
  if (refused === null) return `Tried out: ${model} answered in ${elapsedMs} ms.`;
  return `Tried out: the relay takes the key, but did not answer for ${model}: ${refused}`;
}

/** For clients that only a person can configure. */
function showEntries(cli: Cli, client: Client, origin: string, options: Options, source: KeySource): Outcome {
  if (source.from !== "file") return failed("usage", `${client.name} wants the key itself.`, "Give it with --key.");
  const entries = client.shown(origin, source.key);
  const titles = { terminal: "In a terminal", baseUrl: "Base URL", apiKey: "API key", file: "File", code: "Code" };
  const shown = { client: client.id, origin, entries, ...(options.model !== undefined && { model: options.model }) };
  cli.output.result(shown, () =>
    [
      `${client.name} has no file that could be written; paste or enter this:`,
      ...entries.map(({ title, file, text }) => `\n${file ?? titles[title]}\n${text}`),
    ].join("\n"),
  );
  return { ok: true, value: shown };
}

function showList({ system, output }: Cli): Outcome {
  const rows = listed(system);
  if (!rows.ok) return rows;
  output.result(rows.value, (value) => listText(value, output));
  return rows;
}
