/** The verbs, in the order of `--help`. A new verb is a file of `verbs/`, a line here, and one in `docs/command-line.md`. */
import type { Verb } from "./verb.ts";
import { setup } from "./verbs/setup.ts";
import { status } from "./verbs/status.ts";

export const VERBS: readonly Verb[] = [setup, status];
