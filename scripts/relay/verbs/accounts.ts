/** `accounts`: the upstream accounts. Creating one and signing in to one have files of their own. */
import type { AccountCheckView, AccountView } from "../../../src/admin/accounts/schema.ts";
import { ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import { findAccount, type Named } from "../find.ts";
import type { Output } from "../output.ts";
import { collect } from "../pages.ts";
import type { Relay } from "../relay-session.ts";
import type { Cell } from "../table.ts";
import type { Cli, Verb } from "../verb.ts";
import { atMost, MOST, when } from "../words.ts";
import { defineAdd } from "./accounts-add.ts";
import { defineLogin } from "./accounts-login.ts";

export const accounts: Verb = {
  name: "accounts",
  summary: "the upstream accounts: lists, adds, signs in, tests, resets and removes them",
  define(command, run) {
    command
      .command("list")
      .description("every account, and how it is doing")
      .option("--search <text>", "those whose name contains it")
      .option("--limit <count>", "how many at the most", atMost, MOST)
      .action((options) => run((cli) => list(cli, options)));
    defineAdd(command.command("add"), run);
    defineLogin(command.command("login"), run);
    command
      .command("test")
      .description("sends a small real request under each key of an account; costs a few tokens")
      .argument("<account>", "its name or id")
      .option("--model <name>", "what to ask for")
      .option("--key <position>", "one of its keys, from 0")
      .action((account, options) => run((cli) => test(cli, account, options)));
    command
      .command("reset")
      .description("forgets what is held against an account")
      .argument("<account>", "its name or id")
      .action((account) => run((cli) => reset(cli, account)));
    command
      .command("rm")
      .description("removes an account, and ends its sign-in where the provider takes one back")
      .argument("<account>", "its name or id")
      .option("--yes", "do not ask")
      .action((account, { yes }) => run((cli) => remove(cli, account, yes === true)));
  },
};

async function list(cli: Cli, { search, limit }: { search?: string | undefined; limit: number }): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const { accounts: route } = relay.value.client.admin;
  const page = await collect(limit, (query) => ask(route.$get({ query: { ...query, ...(search && { search }) } })));
  if (!page.ok) return page;
  const heads = ["name", "platform", "kind", "status", "until", "priority", "base URL", "id"];
  cli.output.result(page.value, ({ items }) =>
    items.length === 0 ? "There are no accounts." : cli.output.table(heads, items.map(rowOf)),
  );
  if (page.value.next_cursor !== null) cli.output.note(`There are more than ${limit}: --limit shows them.`);
  return page;
}

type Listed = Pick<
  AccountView,
  "name" | "platform" | "kind" | "status" | "status_until" | "priority" | "base_url" | "id"
>;

function rowOf({ name, platform, kind, status, status_until, priority, base_url, id }: Listed): Cell[] {
  const style = status === "ok" ? "green" : status === "untested" || status === "paused" ? "yellow" : "red";
  return [name, platform, kind, { text: status, style }, when(status_until), priority, base_url, id];
}

/** Finds the account, and does something with it. */
async function withAccount(
  cli: Cli,
  named: string,
  work: (relay: Relay, account: Named) => Promise<Outcome>,
): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const account = await findAccount(relay.value, named);
  return account.ok ? work(relay.value, account.value) : account;
}

function test(
  cli: Cli,
  named: string,
  { model, key }: { model?: string | undefined; key?: string | undefined },
): Promise<Outcome> {
  return withAccount(cli, named, async ({ client }, { id, name }) => {
    cli.output.progress(`Testing ${name} …`);
    const checked = await ask(
      client.admin.accounts[":id"].test.$post({
        param: { id },
        query: { stream: "false", ...(key !== undefined && { key }) },
        json: { ...(model !== undefined && { model }) },
      }),
    );
    if (!checked.ok) return checked;
    // The route may also answer with events, which have no type, but it was not asked for them.
    const report = checked.value as AccountCheckView;
    cli.output.result(report, (value) => reportText(value, cli.output));
    return report.ok ? checked : failed("failed", `${name} does not work with every key.`);
  });
}

function reportText({ results, left_out, model }: AccountCheckView, output: Output): string {
  const rows = results.map(({ key, ok, diagnosis, status, ttft_ms, total_ms }): Cell[] => [
    key.hint,
    ok ? { text: "works", style: "green" } : { text: "fails", style: "red" },
    status,
    ttft_ms === null ? "" : `${ttft_ms} ms`,
    `${total_ms} ms`,
    diagnosis,
  ]);
  const more = left_out > 0 ? `\n${left_out} more keys were not tested.` : "";
  return `Asked for ${model}.\n${output.table(["key", "", "status", "first word", "whole", "diagnosis"], rows)}${more}`;
}

function reset(cli: Cli, named: string): Promise<Outcome> {
  return withAccount(cli, named, async ({ client }, { id, name }) => {
    const done = await ask(client.admin.accounts[":id"].reset.$post({ param: { id } }));
    if (done.ok) cli.output.result(done.value, () => `Nothing is held against ${name} any more.`);
    return done;
  });
}

function remove(cli: Cli, named: string, sure: boolean): Promise<Outcome> {
  return withAccount(cli, named, async ({ client }, { id, name }) => {
    const confirmed = sure ? { ok: true as const, value: true } : await cli.prompts.confirm(`Remove ${name}?`);
    if (!confirmed.ok) return confirmed;
    if (!confirmed.value) return failed("failed", `${name} stays.`);
    const done = await ask(client.admin.accounts[":id"].$delete({ param: { id } }));
    if (!done.ok) return done;
    const { bound_keys, sign_in_revocation } = done.value;
    cli.output.result(done.value, () => `${name} is removed.`);
    if (bound_keys > 0) cli.output.note(`${bound_keys} keys were bound to it, and nobody serves them now.`);
    if (sign_in_revocation === "not_offered") cli.output.note("End its sign-in at the provider's own page, too.");
    return done;
  });
}
