/**
 * `accounts login`: signs in to a subscription, as in the console. A person opens the provider's page and brings back a code, or enters one
 * there. The relay keeps the result, and no token ever reaches this program.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "@commander-js/extra-typings";
import type { InferRequestType } from "hono/client";
import type { StartedView } from "../../../src/admin/oauth/schema.ts";
import { type AdminClient, ask } from "../client.ts";
import { failed, type Outcome } from "../failure.ts";
import { type Fields, fieldsIn, several } from "../fields.ts";
import { findAccount, type Named } from "../find.ts";
import type { Relay } from "../relay-session.ts";
import type { Cli, Run } from "../verb.ts";

type FinishBody = InferRequestType<AdminClient["admin"]["oauth"][":flow"]["finish"]["$post"]>["json"];

interface Options {
  name?: string | undefined;
  account?: string | undefined;
  acceptTerms?: true | undefined;
  set?: string[] | undefined;
}

export function defineLogin(command: Command, run: Run): void {
  command
    .description("signs in to a subscription: prints the provider's page, and takes the code that it gives")
    .argument("<flow>", "claude, claude-setup-token, codex, google, antigravity, droid")
    .option("--name <name>", "what to call the account")
    .option("--account <account>", "sign in again on an account that there is, by its name or id")
    .option("--accept-terms", "the provider's terms are read and accepted; nobody is asked")
    .option("--set <field=value>", "any other field of the account; may be repeated", several)
    .action((flow, options) => run((cli) => login(cli, flow, options)));
}

async function login(cli: Cli, flow: string, options: Options): Promise<Outcome> {
  const opened = cli.relay();
  if (!opened.ok) return opened;
  const relay = opened.value;
  const fields = await fieldsOf(relay, options);
  if (!fields.ok) return fields;
  const started = await ask(relay.client.admin.oauth[":flow"].start.$post({ param: { flow }, json: {} }));
  if (!started.ok) return started;
  const { terms, flow_id } = started.value;
  cli.output.note(terms);
  if (!options.acceptTerms) {
    const accepted = await cli.prompts.confirm("Have you read the provider's terms, and do you accept them?");
    if (!accepted.ok) return accepted;
    if (!accepted.value) return failed("failed", "Nothing was added.");
  }
  const finish = (more: Fields) => {
    const body = { ...fields.value, ...more, flow_id, terms_acknowledged: true };
    return ask(relay.client.admin.oauth[":flow"].finish.$post({ param: { flow }, json: body as FinishBody }));
  };
  const finished = await (started.value.user_code === null
    ? pasteCode(cli, started.value, finish)
    : enterCode(cli, started.value, finish));
  if (!finished.ok) return finished;
  if (finished.value.status !== "done") return failed("failed", "The code was not entered in time.", "Begin again.");
  const { account } = finished.value;
  cli.output.result(account, ({ name, id }) => `${name} is signed in, as ${id}.`);
  return finished;
}

/** The part of the route's answer that is read. */
type Finished = { status: "pending"; interval_seconds: number } | { status: "done"; account: Named };
type Finish = (more: Fields) => Promise<Outcome<Finished>>;

/** The provider's page shows a code, or leads to an address that does not load. Either is pasted. */
async function pasteCode({ output, prompts }: Cli, started: StartedView, finish: Finish): Promise<Outcome<Finished>> {
  output.note(`\nOpen this page, sign in, and paste the code that it shows, or the address at which it ends:\n`);
  output.note(`${started.authorize_url}\n`);
  const code = await prompts.line("Code: ");
  return code.ok ? finish({ code: code.value }) : code;
}

/** The code is entered at the provider's page, and the relay is asked whether it was. */
async function enterCode(
  { output, system }: Cli,
  { verification_url, user_code, interval_seconds, expires_at }: StartedView,
  finish: Finish,
): Promise<Outcome<Finished>> {
  output.note(`\nOpen ${verification_url} and enter ${user_code}\n`);
  let wait = interval_seconds ?? 5;
  for (;;) {
    output.progress(`Waiting until the code is entered; it is good until ${expires_at.slice(11, 16)} UTC.`);
    try {
      await sleep(wait * 1_000, undefined, { signal: system.signal });
    } catch {
      return failed("interrupted", "Stopped; nothing was added.");
    }
    const finished = await finish({});
    if (!finished.ok || finished.value.status === "done" || system.now() > Date.parse(expires_at)) return finished;
    wait = finished.value.interval_seconds;
  }
}

async function fieldsOf(relay: Relay, { name, account, set }: Options): Promise<Outcome<Fields>> {
  const fields = fieldsIn(set);
  if (!fields.ok) return fields;
  const found = account === undefined ? null : await findAccount(relay, account);
  if (found && !found.ok) return found;
  const id = found?.value.id;
  return { ok: true, value: { ...fields.value, ...(name !== undefined && { name }), ...(id && { account_id: id }) } };
}
