/** Where a request for a route goes at an upstream. Pure. */
import type { Target } from "../pool/target.ts";
import { pathOfName } from "../protocols/model-name.ts";
import type { RouteMatch } from "./routes.ts";

/**
 * The URL for a route at `target`, with the account's own name for the model and the query string `search`. `upstreamPath`, with the
 * same placeholders, is given if a lane leads to another path than the route's own. Null if the name would lead to another endpoint:
 * the operator writes an account's mapping, and may write anything.
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
  // A parser must read the URL as it was built: no dot segment may vanish, and no character may begin a query.
  if (path !== upstreamPath && new URL(url).href !== url) return null;
  return url.includes("?") ? `${url}${search.replace("?", "&")}` : `${url}${search}`;
}
