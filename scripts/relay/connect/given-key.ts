/** The key that a client should use: where it comes from, and the key itself, if it is known here. */
import { spawn } from "node:child_process";
import { ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Cli } from "../verb.ts";
import { type Client, KEY_VARIABLE, type KeySource } from "./clients/client.ts";

export interface Given {
  key?: string | undefined;
  keyStdin?: true | undefined;
  newKey?: string | undefined;
  keyEnv?: string | undefined;
  keyCommand?: string | undefined;
}

/** `cr_`, or the prefix that keys from elsewhere have. */
const KEY = /^[\w-]{16,200}$/;
const COMMAND_PATIENCE_MS = 30_000;

/** Refuses if the client cannot get the key in this way. */
export function noKeySource({ name, connects }: Client, { keyEnv, keyCommand }: Given) {
  if (keyEnv !== undefined && keyCommand !== undefined)
    return failed("usage", "--key-env and --key-command exclude each other.");
  if (keyEnv !== undefined && !/^[A-Za-z_]\w*$/.test(keyEnv))
    return failed("usage", `${keyEnv} is no variable's name.`);
  const fixed = connects?.keyVariable;
  if (keyEnv !== undefined && fixed !== undefined && keyEnv !== fixed)
    return failed("usage", `${name} takes its key from ${fixed} and from no other variable.`);
  const wanted = keyCommand !== undefined ? "command" : keyEnv !== undefined ? "environment" : null;
  if (!connects || wanted === null || connects.keySources.includes(wanted)) return null;
  const words = {
    file: "from its file",
    environment: "from a variable (--key-env)",
    command: "from a command (--key-command)",
  };
  return failed("usage", `${name} takes its key ${connects.keySources.map((each) => words[each]).join(" or ")} only.`);
}

export interface FoundKey {
  source: KeySource;
  /** Null: it is in a variable that is not set here. */
  key: string | null;
  /** Deletes a key that was created for this client. Missing if another key was given. */
  takeBack?: () => Promise<Outcome<unknown>>;
}

export async function keyFor(cli: Cli, { connects }: Client, given: Given): Promise<Outcome<FoundKey>> {
  const { env } = cli.system;
  if (given.keyCommand !== undefined) {
    const printed = await outputOf(given.keyCommand, env);
    if (!printed.ok) return printed;
    const key = checked(printed.value);
    return key.ok
      ? { ok: true, value: { source: { from: "command", command: given.keyCommand }, key: key.value } }
      : key;
  }
  if (given.keyEnv !== undefined || connects?.keySources[0] === "environment") {
    const variable = given.keyEnv ?? connects?.keyVariable ?? KEY_VARIABLE;
    const value = given.key ?? env[variable] ?? env.EDGE_RELAY_KEY;
    const key = value === undefined ? { ok: true as const, value: null } : checked(value);
    return key.ok ? { ok: true, value: { source: { from: "environment", variable }, key: key.value } } : key;
  }
  if (given.newKey !== undefined && !given.keyStdin) return newKeyOf(cli, given.newKey);
  const typed = await keyItself(cli, given);
  const key = typed.ok ? checked(typed.value) : typed;
  return key.ok ? { ok: true, value: { source: { from: "file", key: key.value }, key: key.value } } : key;
}

async function keyItself(cli: Cli, { key, keyStdin }: Given): Promise<Outcome<string>> {
  const { system, prompts } = cli;
  if (keyStdin) return prompts.piped();
  const given = key ?? system.env.EDGE_RELAY_KEY;
  if (given !== undefined) return { ok: true, value: given };
  if (prompts.possible) return prompts.secret("The relay key (cr_…): ");
  return failed("usage", "There is no key.", "Set EDGE_RELAY_KEY, or give --key, --key-stdin or --new-key.");
}

async function newKeyOf(cli: Cli, name: string): Promise<Outcome<FoundKey>> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const keys = relay.value.client.admin["api-keys"];
  const made = await ask(keys.$post({ json: { name } }));
  if (!made.ok) return made;
  const { id, api_key: key } = made.value;
  const takeBack = () => ask(keys[":id"].$delete({ param: { id } }));
  return { ok: true, value: { source: { from: "file", key }, key, takeBack } };
}

/** It is never repeated in a message, because it may be a secret all the same. */
function checked(typed: string): Outcome<string> {
  const key = typed.trim();
  if (KEY.test(key)) return { ok: true, value: key };
  return failed(
    "usage",
    "This is not a relay key.",
    "A key is one word, such as cr_ and 64 digits; the console shows it.",
  );
}

function outputOf(command: string, env: Cli["system"]["env"]): Promise<Outcome<string>> {
  return new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      env,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: COMMAND_PATIENCE_MS,
    });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (piece) => {
      printed += piece;
    });
    child.once("error", (error) => resolve(failed("failed", `The key's command cannot be run: ${error.message}`)));
    child.once("close", (code) => {
      if (code === 0) resolve({ ok: true, value: printed });
      else resolve(failed("failed", `The key's command ended with ${code ?? "a signal"}.`));
    });
  });
}
