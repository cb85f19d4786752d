/**
 * The relay's URL surface as one table: what a path speaks, which pool serves it, what is done with it.
 * Everything a client's base URL can turn into is normalised first, so the table holds each path once.
 */
import type { Platform, Protocol } from "../vocabulary.ts";

export type Operation =
  /** Uses tokens: limited, metered, logged. */
  | "generate"
  /** Asks upstream without using tokens up: the key's rules hold, nothing is counted. */
  | "inquire"
  /** Answered here, without a key: what clients send to see whether somebody is there. */
  | "greet"
  /** The key holder's own figures. */
  | "usage";

export interface Route {
  method: "GET" | "HEAD" | "POST";
  path: string;
  operation: Operation;
  protocol: Protocol;
  platform: Platform;
  /** The path that the upstream knows it by. */
  upstreamPath: string;
}

/** Where the Messages API is served; `/api` and `/claude` are what claude-relay-service users have configured. */
const MESSAGES_BASES = ["", "/api", "/claude"];

export const ROUTES: readonly Route[] = [...MESSAGES_BASES.flatMap(messagesRoutes), ...usageRoutes()];

const BY_KEY = new Map(ROUTES.map((route) => [`${route.method} ${route.path}`, route]));

/** The route of a request, or undefined. `path` must be normalised. */
export function findRoute(method: string, path: string): Route | undefined {
  return BY_KEY.get(`${method} ${path}`);
}

/**
 * The path as the table spells it: `//` collapsed (clients append to a base URL with a trailing slash), a trailing
 * `/` dropped, and doubled version or base segments (`/v1/v1/messages`, `/api/api/hello`) written once.
 */
export function normalisePath(path: string): string {
  return (
    path
      .replace(/\/{2,}/g, "/")
      .replace(/(.)\/$/, "$1")
      .replace(/\/(v1|v1beta)\/\1(?=\/)/, "/$1")
      .replace(/^\/api\/(?=api\/)/, "/") || "/"
  );
}

/** What a path speaks even where it leads nowhere, so that a 404 can be said in the client's own words. */
export function protocolOf(_path: string): Protocol {
  return "anthropic";
}

function messagesRoutes(base: string): Route[] {
  return [
    anthropic("POST", base, "/v1/messages", "generate"),
    anthropic("POST", base, "/v1/messages/count_tokens", "inquire"),
    anthropic("GET", base, "/v1/models", "inquire"),
    // Claude Code asks these of its base URL, without a key, when nonessential traffic is on (measured).
    anthropic("HEAD", base, "/api/hello", "greet"),
    anthropic("GET", base, "/api/hello", "greet"),
    anthropic("POST", base, "/api/event_logging/batch", "greet"),
  ];
}

function usageRoutes(): Route[] {
  return ["", "/quota", "/daily"].map((part) => anthropic("GET", "", `/api/usage${part}`, "usage"));
}

function anthropic(method: Route["method"], base: string, path: string, operation: Operation): Route {
  return {
    method,
    path: `${base}${path}`,
    operation,
    protocol: "anthropic",
    platform: "anthropic",
    upstreamPath: path,
  };
}
