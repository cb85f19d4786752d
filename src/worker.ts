/**
 * The entry: relay routes first, since they are nearly all of the traffic, then the admin API and the console. An exception
 * on the way is caught here and nowhere else, and is answered in the client's wire format.
 */
import { admin } from "./admin/app.ts";
import { metrics } from "./admin/metrics/routes.ts";
import { hearEvents } from "./alerts/announce.ts";
import { recordId } from "./ground/record-id.ts";
import { usage } from "./holder/usage.ts";
import { BACKUP_CRON } from "./jobs/scheduled-backup.ts";
import { refuse } from "./relay/answer.ts";
import type { Call } from "./relay/call.ts";
import { recogniseClient } from "./relay/client.ts";
import { discover } from "./relay/discover.ts";
import { upstreamQuery } from "./relay/query.ts";
import { relay } from "./relay/relay.ts";
import { noResources, releaseAfterFailure } from "./relay/resources.ts";
import { findRoute, normalisePath, type Operation, protocolOf } from "./relay/routes.ts";
import { unmetered } from "./relay/unmetered.ts";
import { backUp, scheduled } from "./scheduled.ts";
import { WATCH_CRON, watch } from "./watch/watch.ts";

// Here, because every isolate loads this file, also one that only runs Durable Objects.
hearEvents();

export { KeyGate } from "./gate/gate.ts";
export { Keeper } from "./pool/keeper.ts";

export default {
  fetch(request, env, ctx) {
    const answer = enter(request, env, ctx);
    // When a client leaves, the runtime cancels the invocation in the middle of any `await` and finishes only what
    // `waitUntil` was given. Without this line nobody would release what the request holds.
    ctx.waitUntil(answer);
    return answer;
  },

  async scheduled({ cron }, env) {
    await (CRONS[cron] ?? scheduled)(env, Date.now());
  },
} satisfies ExportedHandler<Env>;

/** What each cron trigger in wrangler.toml does; one that is not listed is the hourly one. */
const CRONS: Record<string, typeof scheduled> = { [WATCH_CRON]: watch, [BACKUP_CRON]: backUp };

async function enter(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const url = new URL(request.url);
  const path = normalisePath(url.pathname);
  const startedAt = Date.now();
  const id = recordId("req", startedAt);
  let call: Call | undefined;
  try {
    const found = findRoute(request.method, path, request.headers);
    if (!found) return await answerElsewhere(request, env, ctx, { id, url, path, startedAt });
    const query = upstreamQuery(found.route, url.searchParams, request);
    if (!query.ok) return refuse(found.route.protocol, id, query.refusal, startedAt);
    const client = recogniseClient(request.headers);
    const search = query.value;
    call = { id, http: request, url, env, ctx, ...found, search, client, startedAt, resources: noResources() };
    return await OPERATIONS[found.route.operation](call);
  } catch (error) {
    releaseAfterFailure({ id, http: request, ctx, resources: call?.resources ?? noResources() }, error);
    return refuse(call?.route.protocol ?? protocolOf(path), id, { reason: "internal" }, Date.now());
  } finally {
    // Once an answer is under way, its request is not sent again, so nobody needs the body any more.
    call?.resources.body.release();
  }
}

/** Answers what is not a route of the relay: the admin API, the console, and paths that lead nowhere. */
async function answerElsewhere(
  request: Request,
  env: Env,
  ctx: ExecutionContext,
  { id, url, path, startedAt }: Pick<Call, "id" | "url" | "startedAt"> & { path: string },
): Promise<Response> {
  if (isWebSocket(request)) return refuse(protocolOf(path), id, { reason: "websocket_unsupported" }, startedAt);
  if (path === "/admin" || path.startsWith("/admin/")) return identified(await admin.fetch(request, env, ctx), id);
  if (path === "/health")
    return identified(Response.json({ status: "ok" }, { headers: versionAsked(request, env) }), id);
  if (path === "/metrics") return identified(await metrics.fetch(request, env, ctx), id);
  if (isConsolePage(request, path)) return env.ASSETS.fetch(new URL("/web/", url));
  if (path === "/" || path === "/web" || path.startsWith("/admin-next"))
    return Response.redirect(new URL("/web/", url).href, 302);
  return refuse(protocolOf(path), id, { reason: "route_unknown", method: request.method, path }, startedAt);
}

/**
 * Confirms this version's id to a caller who already knows it, and says nothing to anybody else. During a deployment the old and the
 * new version serve side by side, and the deployment has to know which of them answered (scripts/deploy/check.ts).
 */
function versionAsked(request: Request, env: Env): Record<string, string> {
  const asked = request.headers.get("x-edge-relay-version");
  return asked !== null && asked === env.VERSION.id ? { "x-edge-relay-version": asked } : {};
}

/**
 * Whether this is a path below `/web/` that has no asset and that the console's page reads itself. Only a browser that wants a
 * page gets it: a request for a script of an earlier deploy, which is gone, must not be answered with a page.
 */
function isConsolePage(request: Request, path: string): boolean {
  return (
    path.startsWith("/web/") && request.method === "GET" && /\btext\/html\b/.test(request.headers.get("accept") ?? "")
  );
}

const OPERATIONS: Record<Operation, (call: Call) => Response | Promise<Response>> = {
  generate: relay,
  unmetered,
  usage,
  discover,
  greet,
};

function identified(response: Response, id: string): Response {
  const copy = new Response(response.body, response);
  copy.headers.set("x-request-id", id);
  return copy;
}

/** Codex opens a WebSocket first, and falls back to HTTP at once on 426; any other refusal costs it 6.5 s (measured). */
function isWebSocket(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** Clients check liveness and post telemetry without a key; neither is worth a storage operation. */
function greet(call: Call): Response {
  return Response.json({ status: "ok" }, { headers: { "x-request-id": call.id } });
}
