#!/usr/bin/env node
/**
 * What `npx edge-relay` runs in a clone, on whatever Node there is. The command line is TypeScript and needs the Node that `npm ci` has
 * installed. This file is plain JavaScript, so that an older Node can run it far enough to start that one.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const OWN_NODE = process.platform === "win32" ? "node.exe" : "node";
const node = fileURLToPath(new URL(`../node_modules/node/bin/${OWN_NODE}`, import.meta.url));
const commandLine = fileURLToPath(new URL("./relay.ts", import.meta.url));

if (existsSync(node)) {
  const child = spawn(node, [commandLine, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends its Ctrl-C to both processes. Anybody else who ends this process means the other one.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => refuse(`${node}: ${error.message}`));
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 15);
  });
} else {
  refuse("The packages are missing. Run npm ci in the clone first.");
}

function refuse(line) {
  console.error(line);
  process.exitCode = 1;
}
