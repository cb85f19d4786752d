/**
 * The entry: relay routes first, since they are nearly all of the traffic, then the admin API and the console.
 */
import { admin } from "./admin/app.ts";
import { usage } from "./holder/usage.ts";
import { recordId } from "./keys/record-id.ts";
import { refuse } from "./relay/answer.ts";
import type { Call } from "./relay/call.ts";
import { recogniseClient } from "./relay/client.ts";
import { discover } from "./relay/discover.ts";
import { inquire } from "./relay/inquire.ts";
import { relay } from "./relay/relay.ts";
import { findRoute, normalisePath, type Operation, protocolOf } from "./relay/routes.ts";
import { scheduled } from "./scheduled.ts";

export { KeyGate } from "./gate/gate.ts";
export { Keeper } from "./pool/keeper.ts";

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const path = normalisePath(url.pathname);
    const startedAt = Date.now();
    const id = recordId("req", startedAt);
    const found = findRoute(request.method, path, request.headers);
    if (found) {
      const client = recogniseClient(request.headers);
      return OPERATIONS[found.route.operation]({ id, request, url, env, ctx, ...found, client, startedAt });
    }
    if (isWebSocket(request)) return refuse(protocolOf(path), id, { reason: "websocket_unsupported" }, startedAt);
    if (path === "/admin" || path.startsWith("/admin/")) return identified(await admin.fetch(request, env, ctx), id);
    if (path === "/health") return identified(Response.json({ status: "ok" }), id);
    if (path === "/" || path === "/web" || path.startsWith("/admin-next"))
      return Response.redirect(new URL("/web/", url).href, 302);
    return refuse(protocolOf(path), id, { reason: "route_unknown", method: request.method, path }, startedAt);
  },

  async scheduled(_event, env) {
    await scheduled(env, Date.now());
  },
} satisfies ExportedHandler<Env>;

const OPERATIONS: Record<Operation, (call: Call) => Response | Promise<Response>> = {
  generate: relay,
  inquire,
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

/** Clients ask whether somebody is there, and post telemetry, without a key; neither is worth a storage operation. */
function greet(call: Call): Response {
  return Response.json({ status: "ok" }, { headers: { "x-request-id": call.id } });
}
