/** `route`: which account would serve a request, and why the others would not. Nothing is sent. */
import type { InferRequestType } from "hono/client";
import type { RouteAccountView, RouteView } from "../../../src/admin/route/schema.ts";
import { type AdminClient, ask } from "../client.ts";
import type { Outcome } from "../failure.ts";
import { findKey } from "../find.ts";
import type { Output } from "../output.ts";
import type { Cell } from "../table.ts";
import type { Cli, Verb } from "../verb.ts";
import { when } from "../words.ts";

type Query = InferRequestType<AdminClient["admin"]["route"]["$get"]>["query"];

interface Options {
  key: string;
  protocol?: string | undefined;
  client?: string | undefined;
  address?: string | undefined;
}

export const route: Verb = {
  name: "route",
  summary: "who would serve a request: each account, yes, or why not",
  define: (command, run) =>
    void command
      .argument("<model>", "as a client names it")
      .requiredOption("--key <key>", "whose request it would be: its name, its id, or the key itself")
      .option("--protocol <format>", "anthropic, chat, responses or gemini; by the model's name where it is left out")
      .option("--client <id>", "such as claude_code")
      .option("--address <ip>", "where it would come from")
      .action((model, options) => run((cli) => show(cli, model, options))),
};

async function show(cli: Cli, model: string, { key, protocol, client, address }: Options): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const found = await findKey(relay.value, key);
  if (!found.ok) return found;
  const query = {
    key: found.value.id,
    model,
    // The relay knows which formats there are.
    protocol: (protocol ?? formatFor(model)) as Query["protocol"],
    ...(client !== undefined && { client }),
    ...(address !== undefined && { address }),
  };
  const answer = await ask(relay.value.client.admin.route.$get({ query }));
  if (answer.ok) cli.output.result(answer.value, (view) => routeText(view, cli.output));
  return answer;
}

/** The format of the model's own provider, which is what its clients speak. */
function formatFor(model: string): string {
  if (model.startsWith("claude")) return "anthropic";
  if (/^(?:gpt-|o\d|codex)/.test(model)) return "responses";
  return /^gem(?:ini|ma)/.test(model) ? "gemini" : "chat";
}

function routeText({ path, chain, refusal, accounts }: RouteView, output: Output): string {
  const alias = chain === null ? [] : [`An alias makes of it: ${chain.map(({ model }) => model).join(", then ")}`];
  const gate =
    refusal === null
      ? output.paint("green", "The key's limits and rules would let it in.")
      : output.paint("red", `The key would be refused, ${refusal.status}: ${refusal.message}`);
  const heads = ["", "account", "platform", "kind", "would be asked for", "or why not", "until"];
  const table = accounts.length === 0 ? "There are no accounts." : output.table(heads, accounts.map(rowOf));
  return [`POST ${path}`, ...alias, gate, "", table].join("\n");
}

function rowOf(account: RouteAccountView): Cell[] {
  const { position, account_name, platform, kind, serves, model, protocol, translated, why_not, until } = account;
  const asked = serves ? `${model} (${protocol}${translated ? ", translated" : ""})` : "";
  const place: Cell = serves ? { text: String(position ?? ""), style: "green" } : { text: "no", style: "red" };
  const why = account.last_resort ? "last resort: in a cooldown" : (why_not ?? "").replaceAll("_", " ");
  return [place, account_name, platform, kind, asked, why, when(until)];
}
