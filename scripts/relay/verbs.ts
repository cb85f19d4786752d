/** The verbs, in the order of `--help`. A new verb is a file of `verbs/`, a line here, and one in `docs/command-line.md`. */
import type { Verb } from "./verb.ts";
import { accounts } from "./verbs/accounts.ts";
import { backup } from "./verbs/backup.ts";
import { connectVerb } from "./verbs/connect.ts";
import { disconnectVerb } from "./verbs/disconnect.ts";
import { doctor } from "./verbs/doctor.ts";
import { importVerb } from "./verbs/import.ts";
import { keys } from "./verbs/keys.ts";
import { requests } from "./verbs/requests.ts";
import { reseal } from "./verbs/reseal.ts";
import { restore } from "./verbs/restore.ts";
import { route } from "./verbs/route.ts";
import { setup } from "./verbs/setup.ts";
import { status } from "./verbs/status.ts";
import { statuslineVerb } from "./verbs/statusline.ts";
import { test } from "./verbs/test.ts";
import { update } from "./verbs/update.ts";
import { usage } from "./verbs/usage.ts";

export const VERBS: readonly Verb[] = [
  setup,
  status,
  accounts,
  keys,
  usage,
  requests,
  route,
  test,
  reseal,
  doctor,
  update,
  connectVerb,
  disconnectVerb,
  statuslineVerb,
  backup,
  restore,
  importVerb,
];
