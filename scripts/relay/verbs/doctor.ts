/** `doctor`: looks for common faults, and says what to do about each. It changes nothing. */
import { findConnection } from "../connection.ts";
import { wrongBaseUrls } from "../doctor/base-urls.ts";
import { type Finding, fault } from "../doctor/finding.ts";
import { lookInside } from "../doctor/inside.ts";
import { lookAtWay } from "../doctor/way.ts";
import { failed, type Outcome } from "../failure.ts";
import type { Output } from "../output.ts";
import { openRelay } from "../relay-session.ts";
import { printable } from "../table.ts";
import type { Cli, Verb } from "../verb.ts";

export const doctor: Verb = {
  name: "doctor",
  summary: "looks for what may be wrong, from the address to the providers, and says what to do",
  define: (command, run) =>
    void command
      .option("--quick", "do not have the relay ask every provider, which may take half a minute")
      .action((options) => run((cli) => examine(cli, options.quick === true))),
};

async function examine({ system, output, prompts, where }: Cli, quick: boolean): Promise<Outcome> {
  const typed = originIn(where.url ?? (where.profile === undefined ? system.env.EDGE_RELAY_URL : undefined));
  const findings = typed.finding ? [typed.finding] : [];
  const connection = findConnection(system, { url: typed.origin, profile: where.profile });
  if (!connection.ok) return connection;
  const { url } = connection.value;
  findings.push(...wrongBaseUrls(system.env, url));

  output.progress(`Looking at ${url} …`);
  const way = await lookAtWay(system, connection.value);
  findings.push(...way.findings);
  if (way.open) {
    output.progress(quick ? "Looking at the relay …" : "Looking at the relay, and at the providers from there …");
    findings.push(...(await lookInside(system, openRelay(system, prompts, connection.value), !quick)));
  }
  if (system.signal.aborted) return failed("interrupted", "Stopped.");
  const report = { url, findings };
  output.result(report, () => reportText(url, findings, output));
  const faults = findings.filter(({ level }) => level === "fault").length;
  return faults === 0
    ? { ok: true, value: report }
    : failed("failed", `${faults} ${faults === 1 ? "fault" : "faults"}.`);
}

/** An address with a path is a client's base URL. The relay's origin is looked at all the same. */
function originIn(typed: string | undefined): { origin?: string; finding?: Finding } {
  if (typed === undefined || typed === "") return {};
  const url = URL.parse(/^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`);
  if (!url || url.pathname === "/") return { origin: typed };
  const message = `${typed} is a client's base URL; the relay's own address has no path.`;
  return { origin: url.origin, finding: fault("wrong_base_url", message, `Use ${url.origin}`) };
}

function reportText(url: string, findings: readonly Finding[], { paint }: Output): string {
  if (findings.length === 0) return paint("green", `Nothing is wrong with ${url}.`);
  return findings
    .map(({ name, level, message, advice }) => {
      const head = paint(level === "fault" ? "red" : "yellow", `${level}: ${name}`);
      return [head, ...[message, ...(advice === null ? [] : [advice])].map((line) => `  ${printable(line)}`)].join(
        "\n",
      );
    })
    .join("\n\n");
}
