/**
 * One request on its way through the pipeline: what each step needs of where it came from.
 */
import type { Resources } from "./resources.ts";
import type { Route, RouteMatch } from "./routes.ts";

export interface Call {
  /** The request id: `x-request-id` of every response, and the id of its lease and its log row. */
  id: string;
  /** The request as HTTP brought it. */
  http: Request;
  url: URL;
  env: Env;
  ctx: ExecutionContext;
  route: Route;
  /** What the placeholders of the route's path stood for. */
  parameters: RouteMatch["parameters"];
  /** The query string that goes upstream, with its `?`, or "". */
  search: string;
  client: string;
  /** When it arrived, milliseconds since the epoch. */
  startedAt: number;
  resources: Resources;
}
