/**
 * The relay's URL surface as one table: what a path speaks, which pools serve it, what is done with it. Routing, the
 * documentation and the tests of the surface are made from it. Whatever a client's base URL can turn a path into is
 * normalised first, so the table holds each path once.
 */

import type { Platform, Protocol } from "../vocabulary.ts";
import { DISCOVERY_ACTIONS } from "./code-assist.ts";

export type Operation =
  /** Uses tokens: limited, metered, logged. */
  | "generate"
  /** Asks upstream without using tokens up: the key's rules hold, nothing is counted. */
  | "inquire"
  /** Answered here, without a key: what clients send to see whether somebody is there. */
  | "greet"
  /** The key holder's own figures. */
  | "usage"
  /** Answered here, for a valid key: what Gemini CLI asks about its user in Code Assist mode. */
  | "discover";

export interface Route {
  method: "GET" | "HEAD" | "POST";
  /** `{model}` and `{id}` stand for one segment, up to a colon. */
  path: string;
  operation: Operation;
  protocol: Protocol;
  /** The pools that may serve it: the first that has an account for the request. */
  platforms: readonly [Platform, ...Platform[]];
  /** The path as the provider's own documentation has it, with the same placeholders. */
  upstreamPath: string;
  /** The request and its answers are wrapped as Code Assist does. */
  envelope?: "code-assist";
}

/** A route, and what its placeholders stood for. */
export interface Found {
  route: Route;
  parameters: { model?: string; id?: string };
}

type Row = [method: Route["method"], path: string, operation: Operation];

const MESSAGES: readonly Row[] = [
  ["POST", "/v1/messages", "generate"],
  ["POST", "/v1/messages/count_tokens", "inquire"],
];
const MESSAGES_MODELS: readonly Row[] = [
  ["GET", "/v1/models", "inquire"],
  ["GET", "/v1/models/{id}", "inquire"],
];
/** Claude Code asks these of its base URL, without a key, when nonessential traffic is on (measured). */
const GREETINGS: readonly Row[] = [
  ["HEAD", "/api/hello", "greet"],
  ["GET", "/api/hello", "greet"],
  ["POST", "/api/event_logging/batch", "greet"],
];
const CHAT: readonly Row[] = [["POST", "/chat/completions", "generate"]];
const RESPONSES: readonly Row[] = [
  ["POST", "/responses", "generate"],
  ["POST", "/responses/compact", "generate"],
  ["POST", "/responses/input_tokens", "inquire"],
  ["GET", "/responses/{id}", "inquire"],
];
const OPENAI_OTHERS: readonly Row[] = [
  ["POST", "/embeddings", "generate"],
  ["POST", "/images/generations", "generate"],
  ["POST", "/images/edits", "generate"],
  ["POST", "/images/variations", "generate"],
  ["POST", "/audio/speech", "generate"],
  ["POST", "/audio/transcriptions", "generate"],
  ["POST", "/audio/translations", "generate"],
];
const GEMINI: readonly Row[] = [
  ["POST", "/models/{model}:generateContent", "generate"],
  ["POST", "/models/{model}:streamGenerateContent", "generate"],
  ["POST", "/models/{model}:embedContent", "generate"],
  ["POST", "/models/{model}:batchEmbedContents", "generate"],
  ["POST", "/models/{model}:countTokens", "inquire"],
  ["GET", "/models/{model}", "inquire"],
];
/** Code Assist: the model is in the body, the request in an envelope. */
const CODE_ASSIST: readonly Row[] = [
  ["POST", "/v1internal:generateContent", "generate"],
  ["POST", "/v1internal:streamGenerateContent", "generate"],
  ["POST", "/v1internal:countTokens", "inquire"],
];
const MODELS: Row = ["GET", "/models", "inquire"];
const MODEL: Row = ["GET", "/models/{id}", "inquire"];

/** Where the Messages API is served; `/api` and `/claude` are what claude-relay-service users have configured. */
const MESSAGES_BASES = ["", "/api", "/claude"];
/** The openai SDK's base URL ends in /v1, Codex' does not. */
const OPENAI_BASES = ["/openai", "/openai/v1"];
/** `/v1` is what @google/genai 3 asks for, the last what the SDKs send in Vertex mode. */
const GEMINI_VERSIONS = ["/v1beta", "/v1", "/v1beta1/publishers/google"];

const ANTHROPIC_POOL = ["anthropic"] as const;
const OPENAI_POOL = ["openai"] as const;
const GEMINI_POOL = ["gemini"] as const;

export const ROUTES: readonly Route[] = [
  ...MESSAGES_BASES.flatMap((base) => [
    ...routes(base, [...MESSAGES, ...GREETINGS], "anthropic", ANTHROPIC_POOL),
    // The root's lists are asked for in three formats; see `askedIn`.
    ...(base === "" ? [] : routes(base, MESSAGES_MODELS, "anthropic", ANTHROPIC_POOL)),
  ]),
  ...["", "/quota", "/daily"].flatMap((part) =>
    routes("", [["GET", `/api/usage${part}`, "usage"]], "anthropic", ANTHROPIC_POOL),
  ),
  ...OPENAI_BASES.flatMap((base) => [
    ...routes(base, [...RESPONSES, MODELS, MODEL], "responses", OPENAI_POOL, ""),
    ...routes(base, [...CHAT, ...OPENAI_OTHERS], "chat", OPENAI_POOL, ""),
  ]),
  ...routes("/v1", RESPONSES, "responses", OPENAI_POOL, ""),
  ...routes("", RESPONSES, "responses", OPENAI_POOL, ""),
  ...routes("/v1", [...CHAT, ...OPENAI_OTHERS], "chat", OPENAI_POOL, ""),
  ...GEMINI_VERSIONS.flatMap((version) => [
    ...routes(`/gemini${version}`, [...GEMINI, MODELS], "gemini", GEMINI_POOL, "/v1beta"),
    ...routes(version, GEMINI.slice(0, -1), "gemini", GEMINI_POOL, "/v1beta"),
  ]),
  ...routes("/v1beta", [["GET", "/models/{model}", "inquire"]], "gemini", GEMINI_POOL, "/v1beta"),
  ...routes("/v1beta", [MODELS], "gemini", GEMINI_POOL, "/v1beta"),
  ...["/gemini", ""].flatMap((base) => [
    ...routes(base, CODE_ASSIST, "gemini", GEMINI_POOL).map(
      (route): Route => ({
        ...route,
        upstreamPath: route.upstreamPath.replace("/v1internal", "/v1beta/models/{model}"),
        envelope: "code-assist",
      }),
    ),
    ...DISCOVERY_ACTIONS.flatMap((action) =>
      routes(base, [["POST", `/v1internal:${action}`, "discover"]], "gemini", GEMINI_POOL),
    ),
  ]),
  // A Droid custom model wants a wire format and no Factory account, so the protocol's own pool serves it too.
  ...routes("/droid/claude", MESSAGES, "anthropic", ["droid", "anthropic"]),
  ...["/droid/openai", "/droid/openai/v1"].flatMap((base) =>
    routes(base, RESPONSES, "responses", ["droid", "openai"], ""),
  ),
  ...["/droid/comm", "/droid/comm/v1"].flatMap((base) => routes(base, CHAT, "chat", ["droid", "openai"], "")),
];

const STATIC = new Map<string, Route>();
const PATTERNS: { route: Route; pattern: RegExp }[] = [];
for (const route of ROUTES) {
  if (route.path.includes("{")) PATTERNS.push({ route, pattern: patternOf(route.path) });
  else STATIC.set(`${route.method} ${route.path}`, route);
}

/** The route of a request, or undefined. `path` must be normalised. */
export function findRoute(method: string, path: string, headers: Headers): Found | undefined {
  return find(method, method === "GET" ? path.replace(/^\/v1\/models(?=\/|$)/, askedIn(headers)) : path);
}

/** `/v1/models` is the same path in three formats: the asker's own headers tell which list is meant. */
function askedIn(headers: Headers): string {
  if (headers.has("anthropic-version")) return "/api/v1/models";
  return headers.has("x-goog-api-key") ? "/gemini/v1beta/models" : "/openai/v1/models";
}

function find(method: string, path: string): Found | undefined {
  const route = STATIC.get(`${method} ${path}`);
  if (route) return { route, parameters: {} };
  for (const { route: candidate, pattern } of PATTERNS) {
    const match = candidate.method === method ? pattern.exec(path) : null;
    if (match) return { route: candidate, parameters: { ...match.groups } };
  }
  return undefined;
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
export function protocolOf(path: string): Protocol {
  if (/^\/gemini(?:\/|$)|^\/v1beta/.test(path)) return "gemini";
  if (/\/chat\/completions$|^\/(?:openai|droid\/comm|azure)(?:\/|$)/.test(path)) return "chat";
  return /\/responses(?:\/|$)|^\/droid\/openai/.test(path) ? "responses" : "anthropic";
}

/** `rows` under `base`; upstream they are found under `upstreamBase`, or just where they are. */
function routes(
  base: string,
  rows: readonly Row[],
  protocol: Protocol,
  platforms: Route["platforms"],
  upstreamBase = "",
): Route[] {
  return rows.map(([method, path, operation]) => ({
    method,
    path: `${base}${path}`,
    operation,
    protocol,
    platforms,
    upstreamPath: `${upstreamBase}${path}`,
  }));
}

/** Model names may hold slashes (`models/tuned/x`), ids may not. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace("{model}", "(?<model>[^:]+)").replace("{id}", "(?<id>[^/:]+)")}$`);
}
