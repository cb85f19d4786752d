/**
 * Which query parameters go upstream. A query can strip the usage from an answer (`fields`), turn it into what no meter
 * reads (`alt=proto`) or name a credential (`access_token`), so each route lists what it lets through, and with which
 * values. Names are decoded once before they are compared, and written anew.
 */
import { credentialsIn, holdsApiKey, SHORTEST_KEY } from "../keys/holds-api-key.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import type { Route } from "./routes.ts";

/** Parameter → the values it may have. A name that ends in `[]` may come several times. */
export type Query = Readonly<Record<string, RegExp>>;

const COUNT = /^\d{1,4}$/;
const CURSOR = /^[\w.~+/=:-]{1,2048}$/;

/** Claude Code and older Anthropic SDKs send this with every call of the beta API. */
export const BETA: Query = { beta: /^(?:true|false)$/ };
/** Without it, Google's streams are JSON arrays. */
export const SSE: Query = { alt: /^(?:sse|json)$/ };
export const UNSTREAMED: Query = { alt: /^json$/ };
export const MODEL_PAGES = {
  anthropic: { limit: COUNT, after_id: CURSOR, before_id: CURSOR },
  openai: { limit: COUNT, after: CURSOR, order: /^(?:asc|desc)$/ },
  gemini: { pageSize: COUNT, pageToken: CURSOR },
} satisfies Record<string, Query>;
/** For a stored response. Its stream is refused: nobody would book what that delivers. */
export const STORED: Query = { include: /^[\w.]{1,100}$/, "include[]": /^[\w.]{1,100}$/, stream: /^false$/ };

/**
 * The query string for the upstream, with its `?`, or "". Parameters that the route does not list are left out; a
 * listed one with another value is refused, since leaving it out would change what the client asked for.
 */
export function upstreamQuery(
  { query }: Pick<Route, "query">,
  asked: URLSearchParams,
  client: Pick<Request, "headers" | "url">,
): Result<string, Refusal> {
  const pairs: string[] = [];
  const seen = new Set<string>();
  for (const [name, value] of asked) {
    const allowed = Object.hasOwn(query, name) ? query[name] : undefined;
    if (!allowed) continue;
    const repeated = seen.has(name) && !name.endsWith("[]");
    // Nearly every value is as short as `true` or `sse`, and spares the request a walk through its headers.
    const holdsKey = value.length >= SHORTEST_KEY && holdsApiKey(value, credentialsIn(client));
    if (repeated || !allowed.test(value) || holdsKey) {
      return { ok: false, refusal: { reason: "query_refused", name } };
    }
    seen.add(name);
    pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  return { ok: true, value: pairs.length > 0 ? `?${pairs.join("&")}` : "" };
}
