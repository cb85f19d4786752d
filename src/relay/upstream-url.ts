/** Where a request for a route goes at an upstream. Pure. */
import type { Target } from "../pool/target.ts";
import { pathOfName } from "../protocols/model-name.ts";
import type { RouteMatch } from "./routes.ts";

/**
 * The URL for a route at `target`, under its own name for the model, with the query string that goes along; `upstreamPath`, with the
 * same placeholders, where a lane leads to another than the route's own. Null where
 * that name would lead to another endpoint: an account's mapping is its operator's, and may be anything.
 */
export function upstreamUrl(
  { account, model, protocol }: Target,
  { route, parameters }: RouteMatch,
  search: string,
  upstreamPath: string = route.upstreamPath,
): string | null {
  const path = upstreamPath
    .replace("{model}", () => pathOfName(model))
    .replace("{id}", () => encodeURIComponent(parameters.id ?? ""));
  const { kind, baseUrl, apiVersion } = account;
  const url = kind.url(baseUrl, protocol, path, { model, apiVersion });
  if (url === null) return null;
  // What a parser makes of it must be what was built: no dot segment is taken away, nothing begins a query.
  if (path !== upstreamPath && new URL(url).href !== url) return null;
  return url.includes("?") ? `${url}${search.replace("?", "&")}` : `${url}${search}`;
}
