/** `statusline`: one line about a key for Claude Code's status line, which pipes in what it knows of its session. Never fails. */
import { text } from "node:stream/consumers";
import { statusLine } from "../connect/statusline.ts";
import { DONE } from "../failure.ts";
import type { Verb } from "../verb.ts";

export const statuslineVerb: Verb = {
  name: "statusline",
  summary: "one line with what a key has spent and its limits, for Claude Code's status line",
  define(command, run) {
    command.action(() =>
      run(async ({ system, output }) => {
        const input = system.stdin.isTTY ? "" : await text(system.stdin);
        const line = await statusLine(system, input);
        if (line !== "") output.result({ line }, () => line);
        return DONE;
      }),
    );
  },
};
