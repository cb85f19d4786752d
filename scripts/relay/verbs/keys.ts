/** `keys`: the relay's own keys. Their fields and limits are the API's; what is typed is passed on unchanged. */
import type { InferRequestType } from "hono/client";
import type { ListedApiKeyView } from "../../../src/admin/keys/schema.ts";
import { type AdminClient, ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import { fieldsIn, several } from "../fields.ts";
import { findKey, type Named } from "../find.ts";
import { collect } from "../pages.ts";
import type { Relay } from "../relay-session.ts";
import type { Cell } from "../table.ts";
import type { Cli, Verb } from "../verb.ts";
import { atMost, MOST, when } from "../words.ts";

type Routes = AdminClient["admin"]["api-keys"];
type CreateBody = InferRequestType<Routes["$post"]>["json"];
type UpdateBody = InferRequestType<Routes[":id"]["$patch"]>["json"];
type ListQuery = InferRequestType<Routes["$get"]>["query"];

const FIELDS = "\nFields: docs/admin-api.md, “Keys”. A list is JSON: --set 'allowed_models=[\"claude-*\"]'.";

export const keys: Verb = {
  name: "keys",
  summary: "the relay's keys: lists, creates, edits, reveals and removes them",
  define(command, run) {
    command
      .command("list")
      .description("the keys, and how they stand; the newest first")
      .option("--search <text>", "in name, description and tags; or a whole key")
      .option("--status <state>", "active, budget_used, window_full, expired, disabled, unknown, deleted, all")
      .option("--owner <name>")
      .option("--tag <tag>")
      .option("--sort <by>", "created, name, last_used, today_cost, total_cost")
      .option("--limit <count>", "how many at the most", atMost, MOST)
      .action((options) => run((cli) => list(cli, options)));
    command
      .command("create")
      .description("makes a key, and shows it")
      .argument("<name>")
      .option("--tier <template>", "the template whose fields it gets")
      .option("--set <field=value>", "any field of a key; may be repeated", several)
      .addHelpText("after", FIELDS)
      .action((name, options) => run((cli) => create(cli, name, options)));
    command
      .command("edit")
      .description("changes fields of a key; it counts from its next request on")
      .argument("<key>", "its name, its id, or the key itself")
      .option("--set <field=value>", "may be repeated", several)
      .option("--unset <field>", "takes a limit away; may be repeated", several)
      .addHelpText("after", FIELDS)
      .action((key, options) => run((cli) => edit(cli, key, options)));
    command
      .command("reveal")
      .description("shows a key itself; the audit trail notes it")
      .argument("<key>", "its name or id")
      .action((key) => run((cli) => reveal(cli, key)));
    command
      .command("rm")
      .description("stops a key; its history stays, and the console can bring it back")
      .argument("<key>", "its name, its id, or the key itself")
      .option("--yes", "do not ask")
      .action((key, { yes }) => run((cli) => remove(cli, key, yes === true)));
  },
};

interface ListOptions {
  search?: string | undefined;
  status?: string | undefined;
  owner?: string | undefined;
  tag?: string | undefined;
  sort?: string | undefined;
  limit: number;
}

async function list(cli: Cli, { limit, search, status, owner, tag, sort }: ListOptions): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const given = Object.entries({ search, status, owner, tag, sort }).filter(([, value]) => value !== undefined);
  const { "api-keys": route } = relay.value.client.admin;
  // The relay knows which states and orders there are.
  const page = await collect(limit, (query) =>
    ask(route.$get({ query: { ...query, ...Object.fromEntries(given) } as ListQuery })),
  );
  if (!page.ok) return page;
  const heads = ["name", "state", "until", "today", "total", "requests", "last used", "owner", "id"];
  cli.output.result(page.value, ({ items }) =>
    items.length === 0 ? "There are no such keys." : cli.output.table(heads, items.map(rowOf)),
  );
  if (page.value.next_cursor !== null) cli.output.note(`There are more than ${limit}: --limit shows them.`);
  return page;
}

type Listed = Pick<
  ListedApiKeyView,
  | "name"
  | "state"
  | "state_until"
  | "today_cost_usd"
  | "total_cost_usd"
  | "total_requests"
  | "last_used_at"
  | "owner"
  | "id"
>;

function rowOf(key: Listed): Cell[] {
  const style = key.state === "active" ? "green" : key.state === "unknown" ? "yellow" : "red";
  return [
    key.name,
    { text: key.state, style },
    when(key.state_until),
    `$${key.today_cost_usd}`,
    `$${key.total_cost_usd}`,
    key.total_requests,
    when(key.last_used_at),
    key.owner,
    key.id,
  ];
}

async function create(
  cli: Cli,
  name: string,
  { tier, set }: { tier?: string | undefined; set?: string[] | undefined },
): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const fields = fieldsIn(set);
  if (!fields.ok) return fields;
  const body = { ...fields.value, name, ...(tier !== undefined && { rate_limit_tier: tier }) };
  const made = await ask(relay.value.client.admin["api-keys"].$post({ json: body as CreateBody }));
  if (made.ok) cli.output.result(made.value, ({ api_key }) => api_key);
  return made;
}

/** Finds the key, and does something with it. */
async function withKey(
  cli: Cli,
  named: string,
  work: (relay: Relay, key: Named) => Promise<Outcome>,
): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const key = await findKey(relay.value, named);
  return key.ok ? work(relay.value, key.value) : key;
}

async function edit(
  cli: Cli,
  named: string,
  { set, unset }: { set?: string[] | undefined; unset?: string[] | undefined },
): Promise<Outcome> {
  const fields = fieldsIn(set, unset);
  if (!fields.ok) return fields;
  if (Object.keys(fields.value).length === 0)
    return failed("usage", "Nothing is to be changed.", "Use --set or --unset.");
  return withKey(cli, named, async ({ client }, { id }) => {
    const json = fields.value as UpdateBody;
    const changed = await ask(client.admin["api-keys"][":id"].$patch({ param: { id }, json }));
    if (changed.ok) cli.output.result(changed.value, ({ name }) => `${name} is changed.`);
    return changed;
  });
}

function reveal(cli: Cli, named: string): Promise<Outcome> {
  return withKey(cli, named, async ({ client }, { id }) => {
    const shown = await ask(client.admin["api-keys"][":id"].$get({ param: { id }, query: { reveal: "1" } }));
    if (!shown.ok) return shown;
    // The route may also answer without the key, but it was asked for it.
    if (!("api_key" in shown.value)) return failed("failed", "The relay did not show the key.");
    cli.output.result(shown.value, (value) => ("api_key" in value ? value.api_key : ""));
    return shown;
  });
}

function remove(cli: Cli, named: string, sure: boolean): Promise<Outcome> {
  return withKey(cli, named, async ({ client }, { id, name }) => {
    const confirmed = sure ? { ok: true as const, value: true } : await cli.prompts.confirm(`Stop the key ${name}?`);
    if (!confirmed.ok) return confirmed;
    if (!confirmed.value) return failed("failed", `${name} stays.`);
    const done = await ask(client.admin["api-keys"][":id"].$delete({ param: { id } }));
    if (done.ok) cli.output.result(done.value, () => `${name} is stopped.`);
    return done;
  });
}
