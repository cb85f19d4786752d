/** The way to the relay, as a client without a key sees it: who answers, what is in between, and the time there. */
import { object, parse, text } from "../../../src/ground/json.ts";
import { diagnosis } from "../answer.ts";
import { Failed } from "../client.ts";
import type { Connection } from "../connection.ts";
import { request } from "../relay-session.ts";
import type { System } from "../system.ts";
import { type Finding, findingOf, warning } from "./finding.ts";

/** The `Date` header is exact to a second, and the way may take another. */
const SKEW_MS = 60_000;

/**
 * Text that firewalls take for an attack, and that programmers send all day. Without a key the relay refuses it before any use of its
 * storage.
 */
const SUSPICIOUS =
  "<script>alert(1)</script> ../../etc/passwd; SELECT * FROM users WHERE '1'='1' UNION SELECT password";

/** The findings. `open` is false if nobody gets through, so that nothing else can be looked at. */
export async function lookAtWay(
  system: System,
  connection: Connection,
): Promise<{ findings: Finding[]; open: boolean }> {
  const began = system.now();
  const health = await knock(system, connection, "/health");
  if ("finding" in health) return { findings: [health.finding], open: false };
  if (text(object(parse(health.body))?.status) !== "ok") {
    return { findings: [findingOf(diagnosis(health))], open: false };
  }
  const findings = [
    ...clockFindings(health.headers.get("date"), began, system.now()),
    ...(await clientFindings(system, connection)),
  ];
  return { findings, open: true };
}

/** Finds what blocks the paths of clients, though not `/health`. */
async function clientFindings(system: System, connection: Connection): Promise<Finding[]> {
  // Clients have no service token.
  const client = { ...connection, access: null };
  const body = { model: "claude", max_tokens: 1, messages: [{ role: "user", content: SUSPICIOUS }] };
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const findings: Finding[] = [];
  for (const [about, path, init] of [
    ["Clients", "/v1/models", {}],
    ["Requests with code in them", "/v1/messages", post],
  ] as const) {
    const answer = await knock(system, client, path, init);
    if ("finding" in answer) findings.push(answer.finding);
    // A 401 is right: the relay itself asks for a key.
    else if (answer.status !== 401) findings.push(findingOf(diagnosis(answer), about));
    if (findings.length > 0) break;
  }
  return findings;
}

function clockFindings(date: string | null, began: number, ended: number): Finding[] {
  const there = Date.parse(date ?? "");
  if (Number.isNaN(there)) return [];
  // The header has whole seconds, of some moment in between.
  const skew = there < began - SKEW_MS ? began - there : there > ended + SKEW_MS ? there - ended : 0;
  if (skew === 0) return [];
  const which = there > ended ? "behind" : "ahead";
  const message = `This machine's clock is ${Math.round(skew / 1_000)} seconds ${which}.`;
  return [warning("clock_skew", message, "Set it by the network (NTP): sessions and signatures go by time.")];
}

interface Knocked {
  url: string;
  status: number;
  headers: Headers;
  body: string;
}

async function knock(
  system: System,
  connection: Connection,
  path: string,
  init: RequestInit = {},
): Promise<Knocked | { finding: Finding }> {
  try {
    const response = await request(system, connection, path, init);
    const { url, status, headers } = response;
    return { url, status, headers, body: await response.text() };
  } catch (error) {
    if (error instanceof Failed) return { finding: findingOf(error.failure) };
    throw error;
  }
}
