/**
 * `accounts add`: creates an account with a provider's key. The key is never on the command line, where every user of the machine could
 * read it: it is asked for, piped in, or taken from a variable.
 */
import { readFileSync } from "node:fs";
import type { Command } from "@commander-js/extra-typings";
import type { InferRequestType } from "hono/client";
import { object, parse } from "../../../src/ground/json.ts";
import { type AdminClient, ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import { type Fields, fieldsIn, several } from "../fields.ts";
import type { Cli, Run } from "../verb.ts";

type CreateBody = InferRequestType<AdminClient["admin"]["accounts"]["$post"]>["json"];

interface Options {
  name?: string | undefined;
  platform?: string | undefined;
  kind: string;
  baseUrl?: string | undefined;
  keyEnv?: string | undefined;
  keyStdin?: true | undefined;
  from?: string | undefined;
  set?: string[] | undefined;
}

/** Fields that contain a credential. If one of them is given, nobody is asked for a key. */
const CREDENTIALS = ["api_key", "api_keys", "aws_access_key_id", "service_account", "oauth", "credentials_file"];

export function defineAdd(command: Command, run: Run): void {
  command
    .description("adds an account with a provider's key, which is asked for, piped in, or taken from a variable")
    .option("--name <name>", "what to call it")
    .option("--platform <platform>", "anthropic, openai, gemini, droid")
    .option("--kind <kind>", "api-key, azure, bedrock, vertex", "api-key")
    .option("--base-url <url>", "where to ask; the provider's own address where it is left out")
    .option("--key-env <variable>", "the environment variable that has the key")
    .option("--key-stdin", "read the key from stdin")
    .option("--from <file>", "a JSON file with the fields of POST /admin/accounts; `-` is stdin")
    .option("--set <field=value>", "any other field; may be repeated", several)
    .addHelpText("after", "\nFields: docs/admin-api.md, “Accounts”.")
    .action((options) => run((cli) => add(cli, options)));
}

async function add(cli: Cli, options: Options): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const body = await bodyOf(cli, options);
  if (!body.ok) return body;
  // The relay decides which fields exist.
  const made = await ask(relay.value.client.admin.accounts.$post({ json: body.value as CreateBody }));
  if (!made.ok) return made;
  const { id, name } = made.value;
  cli.output.result(made.value, () => `${name} is added, as ${id}.`);
  cli.output.note(`Whether it works: edge-relay accounts test ${id}`);
  return made;
}

async function bodyOf(cli: Cli, options: Options): Promise<Outcome<Fields>> {
  const { name, platform, kind, baseUrl, from, set } = options;
  const file = from === undefined ? { ok: true as const, value: {} } : await fileOf(cli, from);
  if (!file.ok) return file;
  const fields = fieldsIn(set);
  if (!fields.ok) return fields;
  const given: Fields = {
    kind,
    ...file.value,
    ...fields.value,
    ...(name !== undefined && { name }),
    ...(platform !== undefined && { platform }),
    ...(baseUrl !== undefined && { base_url: baseUrl }),
  };
  if (CREDENTIALS.some((field) => field in given)) return { ok: true, value: given };
  const key = await keyOf(cli, options);
  return key.ok ? { ok: true, value: { ...given, api_key: key.value } } : key;
}

async function fileOf({ prompts }: Cli, path: string): Promise<Outcome<Fields>> {
  const content = path === "-" ? await prompts.piped() : contentOf(path);
  if (!content.ok) return content;
  const fields = object(parse(content.value));
  return fields ? { ok: true, value: fields } : failed("usage", `${path} is no JSON object.`);
}

function contentOf(path: string): Outcome<string> {
  try {
    return { ok: true, value: readFileSync(path, "utf8") };
  } catch (error) {
    return failed("usage", error instanceof Error ? error.message : String(error));
  }
}

async function keyOf({ system, prompts }: Cli, { keyEnv, keyStdin }: Options): Promise<Outcome<string>> {
  if (keyEnv !== undefined) {
    const key = system.env[keyEnv];
    return key ? { ok: true, value: key } : failed("usage", `The variable ${keyEnv} is not set.`);
  }
  if (keyStdin) {
    const read = await prompts.piped();
    return read.ok ? { ok: true, value: read.value.trim() } : read;
  }
  if (prompts.possible) return prompts.secret("The provider's key: ");
  return failed("usage", "There is no key.", "Pipe it in with --key-stdin, or name its variable with --key-env.");
}
