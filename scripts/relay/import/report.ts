/**
 * What an import would do, for people and as JSON: counts, what is left out and why, and what it waits for. Pure. Only names and reasons.
 */
import type { Finding } from "./draft.ts";
import type { Plan, Standing } from "./plan.ts";

export interface Report {
  source: string;
  counts: { what: "accounts" | "groups" | "keys"; new: number; here: number; waits: number; refused: number }[];
  /** Each reason once, with everything that it holds for. */
  findings: { outcome: Finding["outcome"]; what: string; reason: string; of: string[] }[];
  refused: { about: string; name: string; reason: string }[];
  /** What somebody has to do or say before all of it can be imported. */
  needs: string[];
}

const NEEDS_TERMS =
  "are sign-ins to subscriptions. A provider's terms may forbid to share one, or to use it through a relay: with --accept-terms you say that you have read them. Stop the relay that you move away from first: a refresh token works once, and two relays would spoil it for each other.";

export function reportOf(plan: Plan): Report {
  const all = { accounts: plan.accounts, groups: plan.groups, keys: plan.keys };
  const counts = Object.entries(all).map(([what, planned]) => {
    const count = (is: Standing["is"]) => planned.filter(({ standing }) => standing.is === is).length;
    return {
      what: what as keyof typeof all,
      new: count("new"),
      here: count("here"),
      waits: count("waits"),
      refused: count("refused"),
    };
  });
  const waiting = plan.accounts.filter(({ standing }) => standing.is === "waits");
  return {
    source: plan.source,
    counts,
    findings: grouped(plan.findings),
    refused: [
      ...plan.accounts.flatMap(({ body, standing }) => refusedAs("account", body.name, standing)),
      ...plan.keys.flatMap(({ draft, standing }) => refusedAs("key", draft.body.name, standing)),
    ],
    needs: [
      ...(waiting.length > 0 ? [`${waiting.length} accounts ${NEEDS_TERMS}`] : []),
      ...(plan.keysBlocked === null ? [] : [`No key can be imported: ${plan.keysBlocked}.`]),
    ],
  };
}

function refusedAs(about: string, name: string, standing: Standing) {
  return standing.is === "refused" ? [{ about, name, reason: standing.reason }] : [];
}

function grouped(findings: readonly Finding[]): Report["findings"] {
  const groups = new Map<string, Report["findings"][number]>();
  for (const { about, name, outcome, what, reason } of findings) {
    const key = `${outcome}\n${what}\n${reason}`;
    const group = groups.get(key) ?? { outcome, what, reason, of: [] };
    group.of.push(about === "file" ? name : `${about} ${name}`);
    groups.set(key, group);
  }
  // What is left out entirely comes before what lacks a part.
  return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}

function rank({ outcome, what }: Report["findings"][number]): number {
  return outcome === "changed" ? 2 : what === "" ? 0 : 1;
}

/** So many names are enough to know what is meant. */
const NAMES_SHOWN = 5;

export function reportText(report: Report, table: (heads: string[], rows: (string | number)[][]) => string): string {
  const { source, counts, findings, refused, needs } = report;
  const rows = counts.map((count) => [count.what, count.new, count.here, count.waits, count.refused]);
  const parts = [`From ${source}`, table(["what", "new", "here already", "waits for you", "cannot be"], rows)];
  const section = (title: string, lines: string[]) => {
    if (lines.length > 0) parts.push(`${title}\n${lines.map((line) => `- ${line}`).join("\n")}`);
  };
  section(
    "The relay would refuse:",
    refused.map(({ about, name, reason }) => `${about} ${name}: ${reason}`),
  );
  section("Stays behind:", findings.filter(({ outcome }) => outcome === "left_out").map(lineOf));
  section("Means something else here:", findings.filter(({ outcome }) => outcome === "changed").map(lineOf));
  section("Needs you:", needs);
  return parts.join("\n\n");
}

function lineOf({ what, reason, of }: Report["findings"][number]): string {
  const more = of.length - NAMES_SHOWN;
  const names = `${of.slice(0, NAMES_SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return what === "" ? `${names}: ${reason}` : `${what}: ${reason} (${names})`;
}
