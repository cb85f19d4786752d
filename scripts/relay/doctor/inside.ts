/** Looks into the relay with a session: its tables, its secrets, its used allowances, its accounts and their providers. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { SystemView } from "../../../src/admin/system/routes.ts";
import { VERSION } from "../../../src/ground/version.ts";
import { ask } from "../client.ts";
import { isLoopback } from "../connection.ts";
import type { Relay } from "../relay-session.ts";
import type { System } from "../system.ts";
import { share, when } from "../words.ts";
import { type Finding, fault, findingOf, warning } from "./finding.ts";

/** From this used share of an allowance on, it is worth a warning. */
const NEARLY = 0.8;

/** Each look is independent: one that fails hides none of the others. */
export async function lookInside(system: System, relay: Relay, withProviders: boolean): Promise<Finding[]> {
  const session = await ask(relay.client.admin.session.$get());
  if (!session.ok) return [findingOf(session.refusal)];
  const looks = [lookAtSystem, lookAtHealth, lookAtAccounts, ...(withProviders ? [lookAtProviders] : [])];
  const found: Finding[] = [];
  for (const look of looks) found.push(...(await look(system, relay)));
  return onceEach(found);
}

async function lookAtSystem(system: System, { origin, client }: Relay): Promise<Finding[]> {
  const read = await ask(client.admin.system.$get());
  if (!read.ok) return [findingOf(read.refusal, "The relay's state")];
  const { weak_secrets, deployment } = read.value;
  const findings = weak_secrets.map((secret) =>
    fault("missing_secret", `${secret}.`, "Set it: `npx wrangler secret put NAME --config .deploy/wrangler.json`."),
  );
  findings.push(...versionFindings(system, read.value), ...allowanceFindings(read.value));
  if (deployment.private_upstreams && !isLoopback(origin)) {
    const message = "Accounts may name private addresses (ALLOW_PRIVATE_UPSTREAMS is 1), which is for development.";
    findings.push(warning("private_upstreams", message, "Set it to 0 in wrangler.toml and deploy."));
  }
  return findings;
}

/** Checks that other looks report in more detail. */
const TOLD_ELSEWHERE: readonly string[] = ["secrets", "accounts"];

async function lookAtHealth(_system: System, { client, origin }: Relay): Promise<Finding[]> {
  const health = await ask(client.admin.health.$get());
  if (!health.ok) return [findingOf(health.refusal, "The relay's health")];
  const { checks, used_up } = health.value;
  const usedUp = used_up.map(({ of, until }) =>
    fault(
      "allowance_used_up",
      `What the free plan allows of ${of === "d1" ? "D1" : "Durable Objects"} in a day is used up.`,
      `It begins anew at ${when(until)} UTC; docs/limits-and-costs.md says what is served meanwhile.`,
    ),
  );
  const unwell = checks.flatMap(({ name, status, detail }): Finding[] => {
    if (status === "ok" || TOLD_ELSEWHERE.includes(name) || used_up.length > 0) return [];
    // `npm start` runs no cron.
    if (name === "cron" && isLoopback(origin)) return [];
    const message = `${name.replaceAll("_", " ")}: ${detail ?? status}`;
    return [status === "failed" ? fault("unwell", message, LOG) : warning("unwell", message)];
  });
  return [...usedUp, ...unwell];
}

const LOG =
  "The Worker's log says more: `npx wrangler tail --config .deploy/wrangler.json`, or .wrangler/dev.log of a local relay.";

/** The clone's own migrations belong to its version. */
function versionFindings({ root }: System, { version, schema }: SystemView): Finding[] {
  const directory = join(root, "migrations");
  const newest = existsSync(directory) ? readdirSync(directory).sort().at(-1) : undefined;
  const apply =
    "Run `npx wrangler d1 migrations apply DB --remote --config .deploy/wrangler.json` (a local relay: stop it and run `npm start` again).";
  if (version !== VERSION) {
    const message = `The relay is of version ${version}, this clone of ${VERSION}.`;
    return [warning("other_version", message, "`edge-relay update` brings both to the newest.")];
  }
  if (newest === undefined || schema === null || schema >= newest) return [];
  return [fault("stale_schema", `The last migration of the database is ${schema}, of this clone ${newest}.`, apply)];
}

function allowanceFindings({ meter }: SystemView): Finding[] {
  return meter.allowances.flatMap(({ name, used, limit, exhausted_at }): Finding[] => {
    const what = `${name.replaceAll("_", " ")}: ${used.toLocaleString("en-US")} of ${limit.toLocaleString("en-US")}`;
    const until = `It begins anew at ${when(meter.to)} UTC; the paid plan has no such limit.`;
    if (used >= limit) return [fault("free_limit_reached", `Today's ${what} are used up.`, until)];
    if (exhausted_at === null || used < limit * NEARLY) return [];
    const message = `Today's ${what} (${share(used / limit)}) will be gone by ${when(exhausted_at)} UTC.`;
    return [warning("free_limit_near", message, until)];
  });
}

async function lookAtAccounts(_system: System, { client }: Relay): Promise<Finding[]> {
  const overview = await ask(client.admin.overview.$get({ query: {} }));
  if (!overview.ok) return [findingOf(overview.refusal, "The accounts")];
  const { accounts, attention } = overview.value;
  if (accounts.length === 0) {
    return [
      warning("no_account", "There are no accounts: nobody can be served.", "Add one: `edge-relay accounts add`."),
    ];
  }
  return attention.flatMap((item): Finding[] => {
    if (item.kind === "account") {
      const { name, status, reason, until } = item;
      const message = `Account ${name} is ${status.replaceAll("_", " ")}${until === null ? "" : ` until ${when(until)} UTC`}: ${reason ?? "no reason known"}.`;
      const advice =
        status === "sign_in_needed"
          ? `edge-relay accounts login … --account ${item.id}`
          : `edge-relay accounts test ${item.id}`;
      return [warning("account_trouble", message, advice)];
    }
    if (item.kind === "account_test") {
      const message = `The last test of account ${item.name} failed: ${item.reason ?? "no reason known"}.`;
      return [warning("account_trouble", message, `edge-relay accounts test ${item.id}`)];
    }
    return [];
  });
}

/** The Worker asks them, from where its requests leave. */
async function lookAtProviders(_system: System, { client }: Relay): Promise<Finding[]> {
  const report = await ask(client.admin.egress.$get());
  if (!report.ok) return [findingOf(report.refusal, "The providers")];
  return report.value.items.flatMap(({ host, reach, condition, explanation, advice, colo }): Finding[] => {
    if (reach === "reachable") return [];
    const from = colo === null ? "" : ` (asked from ${colo})`;
    const name =
      condition === "region_blocked"
        ? "region_block"
        : reach === "blocked"
          ? "provider_blocked"
          : "provider_unreachable";
    return [fault(name, `${host}${from}: ${explanation}`, advice)];
  });
}

/** If a table is missing, every look fails with the same words, which are told once. */
function onceEach(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ name, advice, message }) => {
    const known = name === "stale_schema" || name === "allowance_used_up" ? name : `${name} ${message} ${advice}`;
    return !seen.has(known) && seen.add(known);
  });
}
