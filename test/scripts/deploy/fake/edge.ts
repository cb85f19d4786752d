/**
 * What answers at a deployed Worker's address: the version of the deployment, or the one that the request names with Cloudflare's header.
 * Behind it is either a small relay, or the uploaded one itself (real.ts).
 */
import { createServer } from "node:http";
import type { Account, Version } from "./account.ts";
import { close, listen } from "./cloudflare.ts";

export type Serve = (version: Version, request: Request) => Promise<Response>;

export interface FakeEdge {
  url: string;
  /** Which version answered, of each request. */
  served: string[];
  close(): Promise<void>;
}

export async function startEdge(account: Account, serve: Serve): Promise<FakeEdge> {
  const served: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    if (!isKnown(account, headers.get("x-fake-host"))) return outgoing.writeHead(530).end("error code: 1016");
    const version = chosen(account, headers.get("cloudflare-workers-version-overrides"));
    if (!version) return outgoing.writeHead(404).end("error code: 1042");
    served.push(version.id);
    const body = Buffer.concat(chunks);
    const request = new Request(`https://edge-relay.somebody.workers.dev${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const response = await serve(version, request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  return { url: await listen(server), served, close: () => close(server) };
}

/** Whether a host is an address of the Worker; null: the edge's own address is asked. */
function isKnown({ domains, workers, subdomain }: Account, host: string | null): boolean {
  if (host === null || domains.some(({ hostname }) => hostname === host)) return true;
  return [...workers.values()].some(
    ({ name, workersDev }) => workersDev && host === `${name}.${subdomain}.workers.dev`,
  );
}

function chosen(account: Account, override: string | null): Version | undefined {
  const [, name, id] = /^([\w-]+)="([0-9a-f-]+)"$/.exec(override ?? "") ?? [];
  for (const worker of account.workers.values()) {
    const shares = worker.deployments[0]?.versions ?? [];
    const asked = name === worker.name && shares.some(({ version_id }) => version_id === id) ? id : undefined;
    const largest = shares.toSorted((a, b) => b.percentage - a.percentage)[0]?.version_id;
    return worker.versions.find((version) => version.id === (asked ?? largest));
  }
}

type Judge = (version: Version) => boolean;

/** Answers a deployment's requests like the relay, with the secrets and the database to which the version is bound. */
export function smallRelay(account: Account, isBroken: Judge, isSick: Judge): Serve {
  return async (version, request) => {
    const path = new URL(request.url).pathname;
    if (isBroken(version) && path !== "/health") return new Response("Internal Server Error", { status: 500 });
    const bound = (name: string) => version.bindings.find((binding) => binding.name === name);
    if (path === "/health" && isSick(version)) return new Response("Service Unavailable", { status: 503 });
    if (path === "/health") {
      const asked = request.headers.get("x-edge-relay-version");
      return Response.json(
        { status: "ok" },
        asked === version.id ? { headers: { "x-edge-relay-version": asked } } : {},
      );
    }
    if (path === "/v1/messages") return refusal(401, "authentication_error", "No such key");
    if (path === "/admin/login") {
      const { username: _username, password, ...others } = (await request.json()) as Record<string, string>;
      if (Object.keys(others).length > 0) return refusal(400, "invalid_request_error", "unknown field");
      if (password === undefined) return refusal(400, "invalid_request_error", "username is required");
      if (password !== bound("ADMIN_PASSWORD")?.text)
        return refusal(401, "authentication_error", "Wrong username or password");
      return Response.json({ access_token: "session", token_type: "bearer", expires_in: 3600 });
    }
    if (request.headers.get("authorization") !== "Bearer session")
      return refusal(401, "authentication_error", "Not signed in");
    const database = account.databases.find(({ uuid }) => uuid === bound("DB")?.id);
    await database?.query("SELECT count(*) FROM accounts", []);
    if (request.method === "POST") return Response.json({ id: "1", api_key: `cr_${"a1".repeat(32)}` }, { status: 201 });
    return Response.json({ items: [], next_cursor: null });
  };
}

function refusal(status: number, type: string, message: string): Response {
  return Response.json({ type: "error", error: { type, message } }, { status });
}
