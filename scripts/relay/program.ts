/** From a command line to an exit code: parses, finds the verb, runs it, and prints what it refuses. */
import { Command, CommanderError, type OptionValues } from "@commander-js/extra-typings";
import { VERSION } from "../../src/ground/version.ts";
import { Failed } from "./client.ts";
import { findConnection, type Where } from "./connection.ts";
import { EXIT, type Outcome } from "./failure.ts";
import { createOutput, failureJson } from "./output.ts";
import { createPrompts } from "./prompts.ts";
import { openRelay } from "./relay-session.ts";
import type { System } from "./system.ts";
import type { Cli, Run } from "./verb.ts";
import { VERBS } from "./verbs.ts";

const ENVIRONMENT = `
Which relay: --url, --profile, EDGE_RELAY_URL, EDGE_RELAY_PROFILE, the profile that \`setup\` made, else the one of \`npm start\`.
As whom: EDGE_RELAY_TOKEN, or EDGE_RELAY_USERNAME and EDGE_RELAY_PASSWORD, else what \`setup\` has kept.
Exit codes: 0 done, 1 failed, 2 makes no sense, 3 not signed in, 4 not reachable, 130 stopped.`;

/** `argv`: without the program's own name. Returns the exit code. */
export async function runCommandLine(argv: readonly string[], system: System): Promise<number> {
  let exit: number = EXIT.ok;
  /** The options of the verb that runs. */
  let given: OptionValues = {};
  const run: Run = async (work) => {
    const cli = createCli(system, given);
    const outcome = await settled(work(cli));
    if (outcome.ok) return;
    exit = EXIT[outcome.refusal.exit];
    cli.output.failure(outcome.refusal);
  };
  const program = createProgram(system, run, argv.includes("--json"));
  program.hook("preAction", (_program, command) => {
    given = command.optsWithGlobals();
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

const HINT = "Add --help for what there is.";

/** The whole program, for its help too. `json`: also of a line that makes no sense. */
export function createProgram(system: Pick<System, "stdout" | "stderr">, run: Run, json = false): Command {
  const program = new Command("edge-relay")
    .description("The command line of an Edge Relay: what its admin API can do.")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError(json ? false : HINT)
    .configureOutput({
      writeOut: (text) => void system.stdout.write(text),
      writeErr: (text) => void system.stderr.write(text),
      outputError: (text, write) => write(json ? `${usageJson(text)}\n` : text),
    })
    .addHelpText("after", ENVIRONMENT);
  for (const { name, summary, define } of VERBS) {
    const command = program.command(name).description(summary);
    define(command, run);
    addSharedOptions(command);
  }
  return program;
}

/** `text`: as Commander says it, `error: …`. */
function usageJson(text: string): string {
  const message = text.replace(/^error: /, "").trim();
  return failureJson({ exit: "usage", message, advice: HINT });
}

/** Added to each verb that has an action, so that they may come after it, where people type them. */
function addSharedOptions(command: Command): void {
  for (const each of command.commands) addSharedOptions(each as Command);
  if (command.commands.length > 0) return;
  command
    .optionsGroup("Options of every verb:")
    .option("--url <origin>", "the relay's address, such as https://relay.example.com")
    .option("--profile <name>", "a relay that `setup` has kept")
    .option("--json", "print the result as JSON")
    .helpOption("-h, --help", "print this");
}

function createCli(system: System, given: OptionValues): Cli {
  const { url, profile, json } = given as Where & { json?: boolean };
  const prompts = createPrompts(system);
  const where = { url, profile };
  const connection = () => findConnection(system, where);
  return {
    system,
    output: createOutput(system, json === true),
    prompts,
    where,
    connection,
    relay() {
      const found = connection();
      return found.ok ? { ok: true, value: openRelay(system, prompts, found.value) } : found;
    },
  };
}

/** A failed request that no verb has turned into a value is a failure all the same. */
async function settled(work: Promise<Outcome>): Promise<Outcome> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failed) return { ok: false, refusal: error.failure };
    throw error;
  }
}
