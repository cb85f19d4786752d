/**
 * `test`: one small real request for each platform, sent through the relay like a client's, and its result. Keys are created for it, valid
 * for these platforms and some minutes, and stopped when it has ended, in whatever way.
 */
import type { AccountView } from "../../../src/admin/accounts/schema.ts";
import type { Kind } from "../../../src/providers/kind.ts";
import type { Platform } from "../../../src/vocabulary.ts";
import { ask, Failed } from "../client.ts";
import type { Connection } from "../connection.ts";
import { failed, type Outcome } from "../failure.ts";
import { findKey } from "../find.ts";
import type { Output } from "../output.ts";
import { collect } from "../pages.ts";
import { openRelay, type Relay } from "../relay-session.ts";
import type { Cell } from "../table.ts";
import { type Tried, tryRequest } from "../trial.ts";
import type { Cli, Verb } from "../verb.ts";

interface Options {
  platform?: string | undefined;
  model?: string | undefined;
  key?: string | undefined;
}

/** More accounts than any relay has. */
const MOST_ACCOUNTS = 1_000;
/** A request may take some minutes, and an interrupted run must not leave keys behind that stay valid for long. */
const KEY_LIFE_MS = 15 * 60_000;
const MOST_COST_USD = "1";
/** People who press Ctrl-C do not want to wait. */
const STOPPED_WITHIN_MS = 10_000;

export const test: Verb = {
  name: "test",
  summary: "sends one small real request for each platform through the relay; costs a few tokens",
  define: (command, run) =>
    void command
      .option("--platform <platform>", "this one alone")
      .option("--model <name>", "what to ask for, with --platform")
      .option("--key <key>", "send them with this key (its name or id); the audit trail notes that it was read")
      .action((options) => run((cli) => testAll(cli, options))),
};

interface Report extends Tried {
  platform: Platform;
  /** Null if nobody was asked. */
  model: string | null;
  account: string | null;
}

async function testAll(cli: Cli, options: Options): Promise<Outcome> {
  const connection = cli.connection();
  if (!connection.ok) return connection;
  const opened = cli.relay();
  if (!opened.ok) return opened;
  const relay = opened.value;
  if (options.model !== undefined && options.platform === undefined) {
    return failed("usage", "--model wants --platform: a model is of one platform.");
  }
  const listed = await collect(MOST_ACCOUNTS, (query) => ask(relay.client.admin.accounts.$get({ query })));
  if (!listed.ok) return listed;
  // Loaded only here, because the kinds take longer to load than most verbs take.
  const { KINDS } = await import("../../../src/providers/kinds.ts");
  const asked = askedOf(listed.value.items, KINDS, options);
  if (asked.length === 0)
    return failed("failed", "There are no accounts to test.", "Add one: `edge-relay accounts add`.");

  const reports: Report[] = [];
  for (const each of asked) {
    cli.output.progress(`Asking ${each.platform} …`);
    const report =
      each.model === null ? notAsked(each) : await testOne(cli, relay, connection.value, each, options.key);
    if (!report.ok) return report;
    reports.push(report.value);
  }
  cli.output.result(reports, (all) => reportText(all, cli.output));
  const bad = reports.filter(({ ok }) => !ok).map(({ platform }) => platform);
  return bad.length === 0 ? { ok: true, value: reports } : failed("failed", `Not answered: ${bad.join(", ")}.`);
}

interface Asked {
  platform: Platform;
  /** Null if every account serves only the client for which it was issued. */
  model: string | null;
  protocol: AccountView["protocols"][number];
  clients: readonly string[];
}

type Listed = Pick<AccountView, "platform" | "kind" | "status" | "allowed_models" | "model_mapping">;

/** The platforms with an account in use, and the model to ask each for. */
function askedOf(accounts: readonly Listed[], kinds: readonly Kind[], { platform, model }: Options): Asked[] {
  const inUse = accounts.filter(({ status }) => status !== "paused" && status !== "expired");
  const platforms = [...new Set(inUse.map((account) => account.platform))];
  return platforms.flatMap((each): Asked[] => {
    if (platform !== undefined && platform !== each) return [];
    const own = inUse.flatMap((account) => {
      const kind = kinds.find(({ platform, name }) => platform === account.platform && name === account.kind);
      return account.platform === each && kind ? [{ account, kind }] : [];
    });
    const clients = [...new Set(own.flatMap(({ kind }) => kind.serves ?? []))];
    const open = own.filter(({ kind }) => !kind.serves);
    const chosen = open.find(({ account }) => account.status === "ok") ?? open[0];
    if (!chosen) return [{ platform: each, model: null, protocol: "anthropic", clients }];
    const { account, kind } = chosen;
    const named = [...account.allowed_models, ...Object.keys(account.model_mapping)];
    const first = named.find((name) => !name.includes("*")) ?? kind.check.model;
    return [{ platform: each, model: model ?? first, protocol: kind.check.protocol, clients }];
  });
}

/** These accounts do not serve other clients by design, so that is no fault. */
function notAsked({ platform, clients }: Asked): Outcome<Report> {
  const text = `not asked: its accounts serve only ${clients.join(", ")}; \`edge-relay accounts test\` looks at their sign-in`;
  const nothing = { ok: true, status: 0, ttft_ms: null, total_ms: 0, request_id: null };
  return { ok: true, value: { platform, model: null, account: null, text, ...nothing } };
}

async function testOne(
  cli: Cli,
  relay: Relay,
  connection: Connection,
  { platform, model, protocol }: Asked,
  named: string | undefined,
): Promise<Outcome<Report>> {
  const key = named === undefined ? await madeKey(cli, relay, platform) : await namedKey(relay, named);
  if (!key.ok) return key;
  try {
    const order = { platform, protocol, model: model ?? "", key: key.value.api_key };
    const tried = await tryRequest(cli.system, connection, order);
    const account = tried.request_id === null ? null : await accountOf(relay, tried.request_id);
    return { ok: true, value: { platform, model, account, ...tried } };
  } catch (error) {
    if (error instanceof Failed) return { ok: false, refusal: error.failure };
    throw error;
  } finally {
    // Even after Ctrl-C, because the key must not outlive the run.
    if (named === undefined) await stopKey(cli, connection, key.value.id);
  }
}

async function madeKey({ system }: Cli, { client }: Relay, platform: Platform) {
  const expires_at = new Date(system.now() + KEY_LIFE_MS).toISOString();
  const limits = { permissions: [platform], total_cost_limit_usd: MOST_COST_USD, expires_at };
  const json = { name: `edge-relay test ${platform}`, description: "Made by `edge-relay test`", ...limits };
  return ask(client.admin["api-keys"].$post({ json }));
}

async function stopKey({ system, prompts, output }: Cli, connection: Connection, id: string): Promise<void> {
  const { client } = openRelay({ ...system, signal: AbortSignal.timeout(STOPPED_WITHIN_MS) }, prompts, connection);
  const stopped = await ask(client.admin["api-keys"][":id"].$delete({ param: { id } }));
  if (!stopped.ok) output.note(`The key of this test, ${id}, was not stopped; it expires by itself.`);
}

async function namedKey(relay: Relay, named: string): Promise<Outcome<{ id: string; api_key: string }>> {
  const found = await findKey(relay, named);
  if (!found.ok) return found;
  const param = { id: found.value.id };
  const shown = await ask(relay.client.admin["api-keys"][":id"].$get({ param, query: { reveal: "1" } }));
  if (!shown.ok) return shown;
  if (!("api_key" in shown.value)) return failed("failed", "The relay did not show the key.");
  return { ok: true, value: shown.value };
}

/** The account that answered, according to the log; null if the log has nothing. */
async function accountOf({ client }: Relay, id: string): Promise<string | null> {
  const logged = await ask(client.admin.requests[":id"].$get({ param: { id } }));
  return logged.ok ? logged.value.account_name : null;
}

function reportText(reports: readonly Report[], output: Output): string {
  const rows = reports.map(({ platform, ok, model, account, status, ttft_ms, total_ms, text }): Cell[] => [
    platform,
    model === null
      ? { text: "skipped", style: "yellow" }
      : ok
        ? { text: "works", style: "green" }
        : { text: "fails", style: "red" },
    model,
    account,
    status || "",
    ttft_ms === null ? "" : `${ttft_ms} ms`,
    model === null ? "" : `${total_ms} ms`,
    text,
  ]);
  return output.table(["platform", "", "model", "account", "status", "first word", "whole", "answer"], rows);
}
