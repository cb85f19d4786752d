/**
 * Which clients are run: one row per client and way of using it. Versions are pinned, so that a failure is due to the relay and not to a
 * new release of a client. Facts in the rows come from the clients themselves, measured on the wire.
 */
import { CLAUDE } from "./claude-rows.ts";
import type { Client } from "./client.ts";
import { CODEX } from "./codex-rows.ts";
import { CONNECTED } from "./connected-rows.ts";
import { DROID } from "./droid-rows.ts";
import { GEMINI } from "./gemini-rows.ts";
import { LIBRARIES } from "./library-rows.ts";
import { SUBSCRIBED } from "./subscribed-rows.ts";
import { TRANSLATED } from "./translated-rows.ts";

export const CLIENTS: readonly Client[] = [
  ...CLAUDE,
  ...CODEX,
  ...GEMINI,
  ...DROID,
  ...LIBRARIES,
  ...SUBSCRIBED,
  ...TRANSLATED,
  ...CONNECTED,
];
