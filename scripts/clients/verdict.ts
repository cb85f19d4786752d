/**
 * Whether a run has proved anything: compares what the client did, what passed between it and the relay, and what arrived behind the relay.
 * Pure.
 */
import type { RequestRow } from "../../test/front/relay-under-test.ts";
import type { Client, Refusal } from "./client.ts";
import type { Loop } from "./loop.ts";
import type { Finished } from "./process.ts";
import type { Exchange } from "./tap.ts";
import { type Behind, sha256 } from "./target.ts";

export interface Evidence {
  client: Client;
  loop: Loop;
  finished: Finished;
  exchanges: readonly Exchange[];
  /** Null if the other side of the relay is not visible. */
  behind: Behind | null;
  /** Whether the upstream was ours, which says a closing word. */
  scripted: boolean;
}

/** Claude Code repeats a plain 401 for three minutes. A proper refusal must end it at once. Codex takes nine seconds. */
const REFUSAL_WITHIN_MS = 45_000;
const WRONG_KEY: Refusal = { status: 401, tries: 1, shows: /./ };

/** What is wrong with a run, in words for people; empty if it has passed. */
export function faultsOf(evidence: Evidence): string[] {
  const { finished } = evidence;
  if (finished.timedOut) return [`did not end within ${Math.round(finished.elapsedMs / 1000)} s`];
  return evidence.client.expects === "refusal" ? refusalFaults(evidence) : loopFaults(evidence);
}

/** How many turns of the loop the relay answered: 1 without a tool's result, 2 with one. */
export function turnsOf({ client, exchanges }: Pick<Evidence, "client" | "exchanges">): number {
  const answered = booked(client, exchanges).filter(({ status }) => status === 200);
  if (answered.length === 0) return 0;
  return answered.some(({ body }) => client.script.toolResult(body.toString())) ? 2 : 1;
}

/** The requests that the relay books. */
export function booked(client: Client, exchanges: readonly Exchange[]): Exchange[] {
  return exchanges.filter(({ method, path }) => client.script.generates(method, path));
}

function refusalFaults({ client, finished, exchanges, behind }: Evidence): string[] {
  const asked = booked(client, exchanges);
  const { status: wanted, tries, shows, upstream } = client.refusal ?? WRONG_KEY;
  return [
    ...(finished.code === 0 ? ["ended with success"] : []),
    ...(finished.elapsedMs > REFUSAL_WITHIN_MS ? [`took ${Math.round(finished.elapsedMs)} ms to give up`] : []),
    ...(asked.length === tries ? [] : [`asked ${asked.length} times, not ${tries}`]),
    ...asked.flatMap(({ status, shouldRetry }) =>
      status === wanted && shouldRetry === "false" ? [] : [`got ${status} with x-should-retry: ${shouldRetry}`],
    ),
    ...(shows.test(finished.output) ? [] : [`did not show ${shows}`]),
    ...(behind && behind.received.length > 0 && !upstream ? ["reached the upstream"] : []),
  ];
}

function loopFaults(evidence: Evidence): string[] {
  const { client, loop, finished, exchanges, scripted, behind } = evidence;
  const paths = new Set(exchanges.map(({ method, path }) => `${method} ${path}`));
  const broken = exchanges.filter(({ broke }) => broke);
  const refused = exchanges.filter(
    ({ method, path, status }) => status !== null && status >= 400 && client.refused?.[`${method} ${path}`] !== status,
  );
  return [
    ...(finished.code === 0 ? [] : [`exit code ${finished.code}`]),
    ...(turnsOf(evidence) === 2 ? toolFaults(evidence) : ["the second turn never came"]),
    ...(scripted && !finished.stdout.includes(loop.closing) ? ["did not print the closing word"] : []),
    ...(finished.stdout.trim() === "" ? ["printed nothing"] : []),
    ...(client.mustAsk ?? []).filter((path) => !paths.has(path)).map((path) => `never asked ${path}`),
    ...refused.map(({ method, path, status }) => `${method} ${path} was answered with ${status}`),
    ...broken.map(({ method, path }) => `${method} ${path} was broken off`),
    ...(behind ? behindFaults(evidence, behind) : []),
  ];
}

/** Whether the shell's output got into the request. The demo upstream and real models choose their own command. */
function toolFaults({ client, loop, exchanges, scripted }: Evidence): string[] {
  const results = booked(client, exchanges).map(({ body }) => client.script.toolResult(body.toString()));
  const [result] = results.filter((each) => each !== null);
  if (result?.failed) return [`the tool failed: ${result.text}`];
  return scripted && !result?.text.includes(loop.printed) ? ["the tool's result does not have what it printed"] : [];
}

function behindFaults({ client, exchanges }: Evidence, { received, rows, limited }: Behind): string[] {
  const asked = booked(client, exchanges);
  const unseen = client.rewritten && received.length < asked.length;
  // The relay makes lists of models itself.
  const posted = exchanges.filter(({ method }) => method === "POST");
  const sent = new Map(posted.map(({ body, answer }) => [sha256(body), answer && sha256(answer)]));
  const arrived = new Set(received.map(({ request }) => request));
  const lost = asked.filter(({ body }) => !arrived.has(sha256(body)));
  const altered = received.filter(({ request, answer }) => (sent.get(request) ?? answer) !== answer);
  // Claude Code 2.0 may end while one of its side requests is still being answered.
  const left = asked.some(({ answer }) => answer === null);
  const goodEnding = ({ status, outcome }: RequestRow) =>
    (status === 200 && outcome === "completed") || (left && outcome === "client_left");
  const badRows = rows.filter((row) => !goodEnding(row) || row.client !== client.recognisedAs);
  const untranslated = rows.filter((row) => client.upstream && row.upstream_protocol !== client.upstream);
  return [
    ...(limited === 0 ? ["the limited account was never asked"] : []),
    ...(unseen ? [`${asked.length} requests, but ${received.length} reached the upstream`] : []),
    ...(!client.rewritten && lost.length > 0
      ? [`${lost.length} request bodies did not reach the upstream byte for byte`]
      : []),
    ...(!client.rewritten && altered.length > 0 ? [`${altered.length} answers did not come back byte for byte`] : []),
    ...(rows.length === asked.length ? [] : [`${asked.length} requests, but ${rows.length} request rows`]),
    ...untranslated.map((row) => `a request was put to an upstream that speaks ${row.upstream_protocol}`),
    ...badRows.map((row) => `a request row says ${row.status}, ${row.outcome}, ${row.client}`),
  ];
}
