/** `requests`: the request log, newest last, and with `--follow` new requests as they come. */
import { setTimeout as sleep } from "node:timers/promises";
import type { InferRequestType } from "hono/client";
import type { RequestView } from "../../../src/admin/requests/schema.ts";
import { type AdminClient, ask } from "../client.ts";
import type { Outcome } from "../failure.ts";
import { findAccount, findKey } from "../find.ts";
import { collect } from "../pages.ts";
import type { Relay } from "../relay-session.ts";
import { printable } from "../table.ts";
import { rangeIn, TIME_FORMS } from "../times.ts";
import type { Cli, Verb } from "../verb.ts";
import { atMost } from "../words.ts";

type Query = InferRequestType<AdminClient["admin"]["requests"]["$get"]>["query"];

interface Options {
  follow?: true | undefined;
  key?: string | undefined;
  account?: string | undefined;
  model?: string | undefined;
  status?: string | undefined;
  outcome?: string | undefined;
  client?: string | undefined;
  session?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  limit: number;
}

/** Each look is a request to the Worker and some rows of D1. */
const BETWEEN_LOOKS_MS = 2_000;
const SHOWN = 20;
/** If more came between two looks, the rest is not caught up with at once. */
const MOST_AT_ONCE = 1_000;

export const requests: Verb = {
  name: "requests",
  summary: "the request log; --follow shows what comes",
  define: (command, run) =>
    void command
      .option("-f, --follow", "go on with what comes, until Ctrl-C")
      .option("--key <key>", "of one key: its name, its id, or the key itself")
      .option("--account <account>", "of one account: its name or id")
      .option("--model <name>")
      .option("--status <status>", "such as 429, or a class such as 5xx")
      .option(
        "--outcome <outcome>",
        "completed, client_left, upstream_broke, upstream_error, refused, upstream_unreachable and others",
      )
      .option("--client <id>", "such as claude_code")
      .option("--session <id>", "of one session of a client")
      .option("--from <time>", TIME_FORMS)
      .option("--to <time>", "the same")
      .option("--limit <count>", "how many of those that there are", atMost, SHOWN)
      .action((options) => run((cli) => show(cli, options))),
};

async function show(cli: Cli, options: Options): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const filters = await filtersOf(cli, relay.value, options);
  if (!filters.ok) return filters;
  const read = (limit: number, more: Record<string, string> = {}) =>
    collect(limit, (page) =>
      ask(relay.value.client.admin.requests.$get({ query: { ...filters.value, ...more, ...page } as Query })),
    );
  const first = await read(options.limit);
  if (!first.ok) return first;
  const items = first.value.items.toReversed();
  if (!options.follow) {
    cli.output.result(items, () => items.map(lineOf).join("\n") || "There are no such requests.");
    return first;
  }
  for (const item of items) cli.output.line(item, lineOf);
  return follow(cli, items.at(-1)?.id, (since) => read(MOST_AT_ONCE, since === undefined ? {} : { since }));
}

type Log = Outcome<{ items: RequestView[] }>;

/** Runs until somebody stops it, which counts as success. */
async function follow(
  { system, output }: Cli,
  last: string | undefined,
  read: (since: string | undefined) => Promise<Log>,
): Promise<Outcome> {
  let since = last;
  for (;;) {
    try {
      await sleep(BETWEEN_LOOKS_MS, undefined, { signal: system.signal });
    } catch {
      return { ok: true, value: null };
    }
    const page = await read(since);
    if (!page.ok) return page.refusal.exit === "interrupted" ? { ok: true, value: null } : page;
    for (const item of page.value.items.toReversed()) output.line(item, lineOf);
    since = page.value.items[0]?.id ?? since;
  }
}

function lineOf(request: RequestView): string {
  const { time, status, outcome, platform, client, model, served_model, duration_ms, cost_usd, id } = request;
  const served = served_model !== null && served_model !== model ? `${model} → ${served_model}` : model;
  const tokens = `${request.input_tokens + request.cache_read_tokens} in, ${request.output_tokens} out`;
  const parts = [time.replace("T", " ").slice(0, 19), status, outcome, platform, client, served, tokens];
  return printable([...parts, `${duration_ms} ms`, `$${cost_usd}`, id].join("  "));
}

async function filtersOf({ system }: Cli, relay: Relay, options: Options): Promise<Outcome<Record<string, string>>> {
  const { model, status, outcome, client, session } = options;
  const range = rangeIn(options, system.now());
  if (!range.ok) return range;
  const key = options.key === undefined ? null : await findKey(relay, options.key);
  if (key && !key.ok) return key;
  const account = options.account === undefined ? null : await findAccount(relay, options.account);
  if (account && !account.ok) return account;
  const query = {
    ...range.value,
    key_id: key?.value.id,
    account_id: account?.value.id,
    model,
    status,
    outcome,
    client,
    session_id: session,
  };
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ok: true, value: Object.fromEntries(given) };
}
