/**
 * The relay's URL surface as one table: what a path speaks, which pools serve it, what is done with it. Routing, the
 * documentation and the tests of the surface are made from it. Whatever a client's base URL can turn a path into is
 * normalised first, so the table holds each path once.
 */
import { DISCOVERY_ACTIONS } from "../protocols/gemini/discovery.ts";
import { isPathName, isStoredId } from "../protocols/model-name.ts";
import type { Task } from "../protocols/translate/lane-for.ts";
import { type Protocol, WIRE } from "../protocols/wire.ts";
import { PLATFORMS, type Platform } from "../vocabulary.ts";
import { BETA, MODEL_PAGES, type Query, SSE, STORED, UNSTREAMED } from "./query.ts";

export type Operation =
  /** Uses tokens: limited, metered, logged. */
  | "generate"
  /** Asks upstream without using tokens up: the key's rules hold, nothing is counted. */
  | "unmetered"
  /** Answered here, without a key: what clients send to see whether the relay is there. */
  | "greet"
  /** The key holder's own figures. */
  | "usage"
  /** Answered here, for a valid key: what Gemini CLI asks about its user in Code Assist mode. */
  | "discover";

export interface Route {
  method: "GET" | "HEAD" | "POST";
  /** `{model}` stands for a model's name, slashes included, `{id}` for one segment. */
  path: string;
  operation: Operation;
  protocol: Protocol;
  /** The pools that serve it, whatever the model: the first that has an account for the request. */
  platforms: readonly [Platform, ...Platform[]];
  /** The pools whose accounts serve it too, if they name the model or the model is their platform's own. */
  others: readonly Platform[];
  /** The kinds of accounts that serve it, of those platforms; null: all. */
  kinds: readonly string[] | null;
  /** The path as the provider's own documentation has it, with the same placeholders. */
  upstreamPath: string;
  /** The query parameters that go along; every other stays here. */
  query: Query;
  /** The body may be a multipart form. */
  form: boolean;
  /**
   * What is asked of the model, if an upstream of another format could do it too; null if none could. A list shows the
   * models that could answer.
   */
  task: Task | null;
  /** What the request and its answers are wrapped in; null for nothing. */
  envelope: "code-assist" | null;
}

/** A route, and what its placeholders stood for: decoded, and fit to be part of a path again. */
export interface RouteMatch {
  route: Route;
  parameters: { model?: string; id?: string };
}

type Row = [
  method: Route["method"],
  path: string,
  operation: Operation,
  more?: Partial<Pick<Route, "query" | "form" | "task">>,
];

const NO_QUERY: Query = {};
const UPLOAD = { form: true };

const MESSAGES: readonly Row[] = [
  ["POST", "/v1/messages", "generate", { query: BETA, task: "answer" }],
  ["POST", "/v1/messages/count_tokens", "unmetered", { query: BETA, task: "count" }],
];
const MESSAGES_MODELS: readonly Row[] = [
  ["GET", "/v1/models", "unmetered", { query: { ...BETA, ...MODEL_PAGES.anthropic }, task: "answer" }],
  ["GET", "/v1/models/{model}", "unmetered", { query: BETA, task: "answer" }],
];
/** Claude Code asks these of its base URL, without a key, when nonessential traffic is on (measured). */
const GREETINGS: readonly Row[] = [
  ["HEAD", "/api/hello", "greet"],
  ["GET", "/api/hello", "greet"],
  ["POST", "/api/event_logging/batch", "greet"],
];
const CHAT: readonly Row[] = [["POST", "/chat/completions", "generate", { task: "answer" }]];
/** OpenAI's old completions; here chat models answer them. */
const COMPLETIONS: readonly Row[] = [["POST", "/completions", "generate", { task: "completion" }]];
const RESPONSES: readonly Row[] = [
  ["POST", "/responses", "generate", { task: "answer" }],
  ["POST", "/responses/compact", "generate", { task: "compact" }],
  ["POST", "/responses/input_tokens", "unmetered", { task: "count" }],
  ["GET", "/responses/{id}", "unmetered", { query: STORED }],
];
const OPENAI_OTHERS: readonly Row[] = [
  ["POST", "/embeddings", "generate"],
  ["POST", "/images/generations", "generate"],
  ["POST", "/images/edits", "generate", UPLOAD],
  ["POST", "/images/variations", "generate", UPLOAD],
  ["POST", "/audio/speech", "generate"],
  ["POST", "/audio/transcriptions", "generate", UPLOAD],
  ["POST", "/audio/translations", "generate", UPLOAD],
];
const GEMINI_CALLS: readonly Row[] = [
  ["POST", "/models/{model}:generateContent", "generate", { query: UNSTREAMED, task: "answer" }],
  ["POST", "/models/{model}:streamGenerateContent", "generate", { query: SSE, task: "answer" }],
  ["POST", "/models/{model}:embedContent", "generate", { query: UNSTREAMED }],
  ["POST", "/models/{model}:batchEmbedContents", "generate", { query: UNSTREAMED }],
  ["POST", "/models/{model}:countTokens", "unmetered", { query: UNSTREAMED, task: "count" }],
];
const GEMINI_MODELS: readonly Row[] = [
  ["GET", "/models", "unmetered", { query: { ...UNSTREAMED, ...MODEL_PAGES.gemini }, task: "answer" }],
  ["GET", "/models/{model}", "unmetered", { query: UNSTREAMED, task: "answer" }],
];
/** Code Assist: the model is in the body, the request in an envelope. */
const CODE_ASSIST: readonly Row[] = [
  ["POST", "/v1internal:generateContent", "generate", { query: UNSTREAMED, task: "answer" }],
  ["POST", "/v1internal:streamGenerateContent", "generate", { query: SSE, task: "answer" }],
  ["POST", "/v1internal:countTokens", "unmetered", { query: UNSTREAMED, task: "count" }],
];
/** Gemini CLI's telemetry in that mode, one post for each event that has a trace, and the next event waits for it. It stays here. */
const CODE_ASSIST_METRICS: readonly Row[] = [["POST", "/v1internal:recordCodeAssistMetrics", "greet"]];
const OPENAI_MODELS: readonly Row[] = [
  ["GET", "/models", "unmetered", { query: MODEL_PAGES.openai, task: "answer" }],
  ["GET", "/models/{model}", "unmetered", { task: "answer" }],
];

/**
 * Where the Messages API is served; `/api` and `/claude` are what claude-relay-service users have configured, and a
 * base for Foundry ends in `/anthropic` as Microsoft's own do.
 */
const MESSAGES_BASES = ["", "/api", "/claude", "/anthropic", "/api/anthropic"];
/** The openai SDK's base URL ends in /v1, Codex' does not. */
const OPENAI_BASES = ["/openai", "/openai/v1"];
/** The last is what a client of Azure's v1 form makes of an endpoint that ends in `/azure`. */
const AZURE_BASES = ["/azure", "/azure/v1", "/azure/openai/v1"];
/** `/v1` is what @google/genai 3 asks for, the last what the SDKs send in Vertex mode. */
const GEMINI_VERSIONS = ["/v1beta", "/v1", "/v1beta1/publishers/google"];

type Pools = Pick<Route, "platforms" | "others" | "kinds">;

/** For paths that name a platform: nobody else serves there. */
const ANTHROPIC = only("anthropic");
const OPENAI = only("openai");
const GEMINI = only("gemini");
const ANTIGRAVITY = only("antigravity");
const AZURE: Pools = { ...OPENAI, kinds: ["azure"] };
/** For paths that say no more than a format. */
const ANTHROPIC_OR_ANY = orAny("anthropic");
const OPENAI_OR_ANY = orAny("openai");
const GEMINI_OR_ANY = orAny("gemini");

export const ROUTES: readonly Route[] = [
  ...MESSAGES_BASES.flatMap((base) => [
    ...messages(base, ANTHROPIC_OR_ANY),
    ...routes(base, GREETINGS, "anthropic", ANTHROPIC),
    // The root's lists are asked for in three formats; see `askedIn`.
    ...(base === "" ? [] : routes(base, MESSAGES_MODELS, "anthropic", ANTHROPIC_OR_ANY)),
  ]),
  ...["", "/quota", "/daily", "/models", "/requests"].flatMap((part) =>
    routes("", [["GET", `/api/usage${part}`, "usage"]], "anthropic", ANTHROPIC),
  ),
  ...OPENAI_BASES.flatMap((base) => [
    ...routes(base, [...RESPONSES, ...OPENAI_MODELS], "responses", OPENAI),
    ...routes(base, [...CHAT, ...COMPLETIONS, ...OPENAI_OTHERS], "chat", OPENAI),
  ]),
  ...AZURE_BASES.flatMap((base) => [
    ...routes(base, RESPONSES, "responses", AZURE),
    ...routes(base, CHAT, "chat", AZURE),
  ]),
  ...["/v1", ""].flatMap((base) => routes(base, RESPONSES, "responses", OPENAI_OR_ANY)),
  ...routes("", OPENAI_MODELS, "responses", OPENAI_OR_ANY),
  ...routes("/v1", [...CHAT, ...COMPLETIONS], "chat", OPENAI_OR_ANY),
  ...routes("/v1", OPENAI_OTHERS, "chat", OPENAI),
  ...GEMINI_VERSIONS.flatMap((version) => [
    ...routes(`/gemini${version}`, [...GEMINI_CALLS, ...GEMINI_MODELS], "gemini", GEMINI, "/v1beta"),
    ...routes(version, GEMINI_CALLS, "gemini", GEMINI_OR_ANY, "/v1beta"),
  ]),
  ...routes("/v1beta", GEMINI_MODELS, "gemini", GEMINI_OR_ANY, "/v1beta"),
  ...["/gemini", ""].flatMap((base) => [
    ...routes(base, CODE_ASSIST, "gemini", base === "" ? GEMINI_OR_ANY : GEMINI).map(
      (route): Route => ({
        ...route,
        upstreamPath: route.upstreamPath.replace("/v1internal", "/v1beta/models/{model}"),
        envelope: "code-assist",
      }),
    ),
    ...DISCOVERY_ACTIONS.flatMap((action) =>
      routes(base, [["POST", `/v1internal:${action}`, "discover"]], "gemini", GEMINI),
    ),
    ...routes(base, CODE_ASSIST_METRICS, "gemini", GEMINI),
  ]),
  // A client of one format to the accounts of a provider of another; claude-relay-service has the same paths.
  ...routes("/openai/claude/v1", [...CHAT, ...COMPLETIONS, ...OPENAI_MODELS], "chat", ANTHROPIC),
  ...routes("/openai/gemini/v1", [...CHAT, ...COMPLETIONS, ...OPENAI_MODELS], "chat", GEMINI),
  ...[
    { base: "/gemini-cli/api", pools: GEMINI },
    { base: "/antigravity/api", pools: ANTIGRAVITY },
  ].flatMap(({ base, pools }) => [
    ...messages(base, pools),
    ...routes(base, [...MESSAGES_MODELS, ...GREETINGS], "anthropic", pools),
  ]),
  // A Droid custom model wants a wire format and no Factory account, so the protocol's own pool serves it too.
  ...messages("/droid/claude", only("droid", "anthropic")),
  ...["/droid/openai", "/droid/openai/v1"].flatMap((base) =>
    routes(base, RESPONSES, "responses", only("droid", "openai")),
  ),
  ...["/droid/comm", "/droid/comm/v1"].flatMap((base) => routes(base, CHAT, "chat", only("droid", "openai"))),
];

const STATIC = new Map<string, Route>();
const PATTERNS: { route: Route; pattern: RegExp }[] = [];
for (const route of ROUTES) {
  if (route.path.includes("{")) PATTERNS.push({ route, pattern: patternOf(route.path) });
  else STATIC.set(`${route.method} ${route.path}`, route);
}

/** The route of a request, or undefined. `path` must be normalised. */
export function findRoute(method: string, path: string, headers: Headers): RouteMatch | undefined {
  return find(method, method === "GET" ? path.replace(/^\/v1\/models(?=\/|$)/, askedIn(headers)) : path);
}

/** `/v1/models` is the same path in three formats: the asker's own headers tell which list is meant. */
function askedIn(headers: Headers): string {
  if (headers.has("anthropic-version")) return "/api/v1/models";
  return headers.has("x-goog-api-key") ? "/v1beta/models" : "/models";
}

function find(method: string, path: string): RouteMatch | undefined {
  const route = STATIC.get(`${method} ${path}`);
  if (route) return { route, parameters: {} };
  for (const { route: candidate, pattern } of PATTERNS) {
    const match = candidate.method === method ? pattern.exec(path) : null;
    const parameters = match && parametersOf(candidate, match.groups ?? {});
    if (parameters) return { route: candidate, parameters };
  }
  return undefined;
}

/**
 * What the placeholders stand for, decoded once. Null if that could lead anywhere else than to the route, as `..%2F..` does: a server
 * behind this one may decode it again.
 */
function parametersOf(route: Route, groups: Record<string, string>): RouteMatch["parameters"] | null {
  const { modelName, ACTION_IN_PATH: action = false } = WIRE[route.protocol];
  const parameters: RouteMatch["parameters"] = {};
  try {
    if (groups.model !== undefined) {
      const named = decodeURIComponent(groups.model);
      parameters.model = modelName?.(named) ?? named;
    }
    if (groups.id !== undefined) parameters.id = decodeURIComponent(groups.id);
  } catch {
    return null;
  }
  const { model, id } = parameters;
  if (model !== undefined && !isPathName(model, { action })) return null;
  return id === undefined || isStoredId(id) ? parameters : null;
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

/** The format of a path, even of one that leads nowhere, so that a 404 comes in the client's own format. */
export function protocolOf(path: string): Protocol {
  if (/^\/gemini(?:\/|$)|^\/v1beta/.test(path)) return "gemini";
  if (/\/chat\/completions$|^\/(?:openai|droid\/comm|azure)(?:\/|$)/.test(path)) return "chat";
  return /\/responses(?:\/|$)|^\/droid\/openai/.test(path) ? "responses" : "anthropic";
}

/**
 * The Messages API under `base`, and once more without `/v1`: the AI SDK takes its base URL from the variable that is
 * Claude Code's, and adds the version to the official address only.
 */
function messages(base: string, pools: Pools): Route[] {
  const own = routes(base, MESSAGES, "anthropic", pools);
  return [...own, ...own.map((route) => ({ ...route, path: route.path.replace("/v1/messages", "/messages") }))];
}

function only(...platforms: Pools["platforms"]): Pools {
  return { platforms, others: [], kinds: null };
}

function orAny(platform: Platform): Pools {
  return { platforms: [platform], others: PLATFORMS.filter((other) => other !== platform), kinds: null };
}

/** The routes of `rows` under `base`. Upstream, their paths lie under `upstreamBase`. */
function routes(base: string, rows: readonly Row[], protocol: Protocol, pools: Pools, upstreamBase = ""): Route[] {
  return rows.map(([method, path, operation, { query = NO_QUERY, form = false, task = null } = {}]) => ({
    method,
    path: `${base}${path}`,
    operation,
    protocol,
    ...pools,
    upstreamPath: `${upstreamBase}${path}`,
    query,
    form,
    task,
    envelope: null,
  }));
}

/** Model names may hold slashes (`openai/gpt-oss-20b`; Google's may not, see model-name.ts), ids may not. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace("{model}", "(?<model>.+)").replace("{id}", "(?<id>[^/]+)")}$`);
}
