/** `status`: what runs, what was used in the last 24 hours, and what needs attention. */
import type { AttentionView, OverviewView } from "../../../src/admin/overview/schema.ts";
import type { SystemView } from "../../../src/admin/system/routes.ts";
import { ask } from "../client.ts";
import type { Outcome } from "../failure.ts";
import type { Output } from "../output.ts";
import type { Cli, Verb } from "../verb.ts";
import { share, when } from "../words.ts";

interface Status {
  url: string;
  system: SystemView;
  overview: OverviewView;
}

export const status: Verb = {
  name: "status",
  summary: "what runs, what the last 24 hours have cost, what needs attention",
  define: (command, run) => void command.action(() => run(showStatus)),
};

async function showStatus(cli: Cli): Promise<Outcome> {
  const relay = cli.relay();
  if (!relay.ok) return relay;
  const { client, origin } = relay.value;
  const [system, overview] = [
    await ask(client.admin.system.$get()),
    await ask(client.admin.overview.$get({ query: {} })),
  ];
  if (!system.ok) return system;
  if (!overview.ok) return overview;
  const shown: Status = { url: origin, system: system.value, overview: overview.value };
  cli.output.result(shown, (value) => statusText(value, cli.output));
  return { ok: true, value: shown };
}

function statusText({ url, system, overview }: Status, output: Output): string {
  const { tiles, attention, accounts, meter } = overview;
  const { requests, cost_usd, error_rate } = tiles;
  const fine = accounts.filter(({ status }) => status === "ok").length;
  const facts = [
    ["relay", `${url}, version ${system.version}`],
    ["tables", system.schema ?? "not known"],
    ["last 24 hours", `${requests.now} requests, $${cost_usd.now}, ${share(error_rate.now)} failed`],
    ["accounts", `${accounts.length}, of them ${fine} ok`],
  ];
  const used = meter.allowances.map(({ name, used, limit, exhausted_at }) => [
    name.replaceAll("_", " "),
    `${used.toLocaleString("en-US")} of ${limit.toLocaleString("en-US")}`,
    share(used / limit),
    exhausted_at === null ? "" : `gone by ${when(exhausted_at)}`,
  ]);
  return [
    output.table(["what", ""], facts),
    "",
    output.table(["free plan today", "used", "share", ""], used),
    "",
    attention.length === 0
      ? "Nothing needs attention."
      : output.table(["needs attention", "what", "until"], attention.map(attentionRow)),
  ].join("\n");
}

function attentionRow(item: AttentionView): string[] {
  switch (item.kind) {
    case "account":
      return [`account ${item.name}`, item.reason ?? item.status, when(item.until)];
    case "account_test":
      return [`account ${item.name}`, `its test failed: ${item.reason ?? "no reason known"}`, ""];
    case "sign_in_ends":
      return [`account ${item.name}`, "its sign-in ends and cannot be renewed", when(item.until)];
    case "key":
      return [`key ${item.name}`, item.state.replaceAll("_", " "), when(item.until)];
    case "unpriced":
      return ["prices", `${item.requests} requests of models without a price`, ""];
    case "price_feed":
      return ["prices", `the refresh of ${when(item.at)} failed: ${item.reasons.join("; ")}`, ""];
  }
}
