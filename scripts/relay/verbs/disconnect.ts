/** `disconnect`: removes from a client's configuration what `connect` has put there, and nothing else. */
import { CLIENTS } from "../connect/clients/clients.ts";
import { disconnect, type Restored } from "../connect/connect.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Cli, Verb } from "../verb.ts";

export const disconnectVerb: Verb = {
  name: "disconnect",
  summary: "puts a client's configuration back as it was; what somebody has changed in it since stays",
  define(command, run) {
    command
      .argument("<client>", "what `connect` was given")
      .action((name) => run(async (cli) => disconnectClient(cli, name.toLowerCase())));
  },
};

function disconnectClient({ system, output }: Cli, id: string): Outcome {
  const client = CLIENTS.find((each) => each.id === id);
  if (!client?.connects) return failed("usage", `\`connect\` writes nothing for ${id}.`);
  const restored = disconnect(system, id);
  if (!restored.ok) return restored;
  const done = { client: id, files: restored.value };
  output.result(done, () => [`${client.name} is disconnected.`, ...restored.value.flatMap(fileText)].join("\n"));
  return { ok: true, value: done };
}

const OUTCOMES: Record<Restored["outcome"], string> = {
  restored: "as it was before",
  "taken out": "our settings are out, what else was changed stays",
  removed: "removed, for there was none before",
  gone: "was gone already",
};

function fileText({ path, outcome, changed, copy }: Restored): string[] {
  return [
    `${path}: ${OUTCOMES[outcome]}`,
    ...changed.map((name) => `  ${name} was changed since, and stays as it is`),
    ...(copy === null ? [] : [`  as it was before connecting: ${copy}`]),
  ];
}
