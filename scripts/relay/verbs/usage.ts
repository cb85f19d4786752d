/** `usage`: tokens and money, summed up by the requested groups. */
import type { InferRequestType } from "hono/client";
import type { UsageItem, UsageSums } from "../../../src/admin/usage/schema.ts";
import { type AdminClient, ask } from "../client.ts";
import type { Outcome } from "../failure.ts";
import { findAccount, findKey } from "../find.ts";
import { collect } from "../pages.ts";
import type { Relay } from "../relay-session.ts";
import type { Cell } from "../table.ts";
import { rangeIn, TIME_FORMS } from "../times.ts";
import type { Cli, Verb } from "../verb.ts";
import { atMost, MOST } from "../words.ts";

type Query = InferRequestType<AdminClient["admin"]["usage"]["$get"]>["query"];

interface Options {
  by: string;
  thenBy?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  key?: string | undefined;
  account?: string | undefined;
  model?: string | undefined;
  client?: string | undefined;
  limit: number;
}

export const usage: Verb = {
  name: "usage",
  summary: "tokens and money, by day, key, account, model and more",
  define: (command, run) =>
    void command
      .option("--by <group>", "day, hour, key, account, model, tag, client, platform, group", "day")
      .option("--then-by <group>", "a second one")
      .option("--from <time>", `${TIME_FORMS}; without it the last 30 days`)
      .option("--to <time>", "the same; without it now")
      .option("--key <key>", "of one key: its name, its id, or the key itself")
      .option("--account <account>", "of one account: its name or id")
      .option("--model <name>")
      .option("--client <id>", "such as claude_code")
      .option("--limit <count>", "how many lines at the most", atMost, MOST)
      .action((options) => run((cli) => show(cli, options))),
};

async function show(cli: Cli, options: Options): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const query = await queryOf(cli, relay.value, options);
  if (!query.ok) return query;
  let totals: UsageSums | undefined;
  const page = await collect(options.limit, async (part) => {
    const read = await ask(relay.value.client.admin.usage.$get({ query: { ...query.value, ...part } as Query }));
    if (read.ok) totals = read.value.totals;
    return read;
  });
  if (!page.ok) return page;
  const groups = [options.by, ...(options.thenBy === undefined ? [] : [options.thenBy])];
  const heads = [...groups, "requests", "errors", "input", "cached", "output", "cost"];
  cli.output.result({ ...page.value, totals }, ({ items }) => {
    const rows = items.map((item) => [...groups.map((group) => nameOf(item, group)), ...figures(item)]);
    const sum = totals ? [[...groups.map((_group, at) => (at === 0 ? "total" : "")), ...figures(totals)]] : [];
    return cli.output.table(heads, [...rows, ...sum]);
  });
  if (page.value.next_cursor !== null) cli.output.note(`There are more than ${options.limit}: --limit shows them.`);
  return page;
}

/** Keys, accounts and groups by name if they have one. */
function nameOf(item: UsageItem, group: string): string {
  const named = Reflect.get(item, `${group}_name`) ?? Reflect.get(item, `${group}_id`) ?? Reflect.get(item, group);
  return typeof named === "string" ? named : "none";
}

function figures(sums: UsageSums): Cell[] {
  const input = sums.input_tokens + sums.cache_write_5m_tokens + sums.cache_write_1h_tokens;
  const counts = [sums.requests, sums.errors, input, sums.cache_read_tokens, sums.output_tokens];
  return [...counts.map((count) => count.toLocaleString("en-US")), `$${sums.cost_usd}`];
}

async function queryOf({ system }: Cli, relay: Relay, options: Options): Promise<Outcome<Record<string, string>>> {
  const { by, thenBy, model, client } = options;
  const range = rangeIn(options, system.now());
  if (!range.ok) return range;
  const key = options.key === undefined ? null : await findKey(relay, options.key);
  if (key && !key.ok) return key;
  const account = options.account === undefined ? null : await findAccount(relay, options.account);
  if (account && !account.ok) return account;
  const query = {
    group_by: by,
    then_by: thenBy,
    ...range.value,
    key_id: key?.value.id,
    account_id: account?.value.id,
    model,
    client,
  };
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ok: true, value: Object.fromEntries(given) };
}
