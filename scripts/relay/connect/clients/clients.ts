/** The clients, in the order in which they are shown. A new one is a file here and a line below. */
import { claude } from "./claude.ts";
import type { Client } from "./client.ts";
import { cline } from "./cline.ts";
import { codex } from "./codex.ts";
import { droid } from "./droid.ts";
import { aider, cherryStudio, curl, sdks, sillyTavern } from "./entered.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";
import { zed } from "./zed.ts";

export const CLIENTS: readonly Client[] = [
  claude,
  codex,
  gemini,
  droid,
  opencode,
  zed,
  cherryStudio,
  cline,
  aider,
  sillyTavern,
  sdks,
  curl,
];
