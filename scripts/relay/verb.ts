/**
 * What a verb of the command line is. Each is a file of `verbs/` and a line in `verbs.ts`. `program.ts` handles the options that all of
 * them share, and failures.
 */
import type { Command } from "@commander-js/extra-typings";
import type { Connection, Where } from "./connection.ts";
import type { Outcome } from "./failure.ts";
import type { Output } from "./output.ts";
import type { Prompts } from "./prompts.ts";
import type { Relay } from "./relay-session.ts";
import type { System } from "./system.ts";

export interface Verb {
  name: string;
  /** One line for the list in `--help` and the table in the docs. */
  summary: string;
  /** Adds arguments, options and sub-verbs. Each action passes its work to `run`. */
  define(command: Command, run: Run): void;
}

/** Runs a verb's work, which prints its result itself. A refusal is printed and becomes the exit code. */
export type Run = (work: (cli: Cli) => Promise<Outcome>) => Promise<void>;

/** What a verb can use. */
export interface Cli {
  system: System;
  output: Output;
  prompts: Prompts;
  /** Which relay the options name, as they were typed. */
  where: Where;
  /** That relay, or the default one, and as whom. Asks nobody. */
  connection(): Outcome<Connection>;
  /** The same, signed in. A person is asked for a password only when something is sent. */
  relay(): Outcome<Relay>;
}
