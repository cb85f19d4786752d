/**
 * The status line as a process of its own: Claude Code starts one after every message, so this one loads only what it needs. `edge-relay
 * statusline` prints the same.
 */
import { homedir } from "node:os";
import { text } from "node:stream/consumers";
import { statusLine } from "./relay/connect/statusline.ts";

const { env, platform, stdin, stdout } = process;
const input = stdin.isTTY ? "" : await text(stdin);
const line = await statusLine({ env, platform, home: homedir(), now: Date.now }, input);
if (line !== "") stdout.write(`${line}\n`);
