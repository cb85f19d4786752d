/**
 * What the agents beside this file share. Each is a program that uses a client library as people do: one prompt, one tool, two turns. It is
 * started with the library's directory and the prompt, with BASE_URL and API_KEY set.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The one tool: its description and the JSON Schema of its input. */
export const SHELL = {
  name: "shell",
  description: "Runs a command in a shell and returns what it printed.",
  parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
} as const;

export interface Task {
  prompt: string;
  baseUrl: string;
  apiKey: string;
}

export function readTask(): Task {
  const prompt = process.argv[3];
  const { BASE_URL: baseUrl, API_KEY: apiKey } = process.env;
  if (!prompt || !baseUrl || !apiKey) throw new Error("Needs a library, a prompt, BASE_URL and API_KEY.");
  return { prompt, baseUrl, apiKey };
}

/** The library `name`, from the directory in which it was installed. The caller states the part of it that it uses. */
export function load<Library>(name: string): Library {
  const directory = process.argv[2];
  if (!directory) throw new Error("Needs the library's directory.");
  return createRequire(join(directory, "package.json"))(name) as Library;
}

/** Does what the model asked for, but only if that is to print something, because nobody watches. */
export function runShell(input: unknown): string {
  const command = typeof input === "object" && input !== null && "command" in input ? String(input.command) : "";
  const words = /^echo ([\w .-]*)$/.exec(command)?.[1];
  if (words === undefined) throw new Error(`Not a harmless command: ${command}`);
  return execFileSync("echo", words.split(" "), { encoding: "utf8" });
}
