/**
 * The one place where requests for an account leave, whatever they are about: the account's egress says how. A request that cannot
 * leave that way is not sent another way. The headers that a gateway or a binding wants are opened here, and go nowhere else.
 */
import { atGateway, bindingNames, DIRECT, type Egress } from "../providers/egress.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";
import type { Result } from "../vocabulary.ts";
import { egressHeadersPlace } from "./places.ts";
import { open } from "./seal.ts";

/** Sends one request to `url`, which is the provider's. Rejects like `fetch`, and with `NotThisWay` if nothing was sent. */
export type Exit = (url: string, init: RequestInit) => Promise<Response>;

/** The account's gateway has no address for the URL. */
export class NotThisWay extends Error {
  constructor() {
    super("its gateway stands in for base_url, and what is asked lies elsewhere");
  }
}

/** What of an account decides how its requests leave. */
export interface Leaving {
  id: string;
  baseUrl: string;
  egress: Egress;
  /** Sealed; null if there are none. */
  egressHeaders: string | null;
}

const straight: Exit = (url, init) => fetch(new Request(url, init));

/** Account object → opened headers. Values and no promises: a promise of one request may never settle for another. */
const opened = new WeakMap<Leaving, Record<string, string>>();

/** The account's exit, or why there is none: its operator has taken it away. Never rejects. */
export async function exitOf(env: Env, account: Leaving): Promise<Result<Exit, string>> {
  const { egress, baseUrl } = account;
  if (egress.via === "direct") return { ok: true, value: straight };
  const headers = await headersFor(env, account);
  if (!headers) return { ok: false, refusal: "its egress_headers do not open: enter them again" };
  if (egress.via === "binding") return throughBinding(env, egress.name, headers);
  // Checked again, so that a row that somebody wrote past the API does not lead into a private network.
  const allowed = checkUpstreamUrl(egress.baseUrl, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  if (!allowed.ok) return { ok: false, refusal: `its gateway's base_url ${allowed.refusal}` };
  const value: Exit = (url, init) => {
    const address = atGateway(url, baseUrl, egress.baseUrl);
    if (address === null) return Promise.reject(new NotThisWay());
    return fetch(new Request(address, withHeaders(init, headers)));
  };
  return { ok: true, value };
}

/** The exit for requests to an account's authorization server: straight, unless the account's egress takes token requests too. */
export function tokenExit(env: Env, egress: Egress = DIRECT): Result<Exit, string> {
  const along = egress.via === "binding" && egress.tokenRequests;
  return along ? throughBinding(env, egress.name, {}) : { ok: true, value: straight };
}

/** Why no account may leave through the binding of this name; null if accounts may. */
export function bindingProblem(env: Env, name: string): string | null {
  const way = throughBinding(env, name, {});
  return way.ok ? null : way.refusal;
}

function throughBinding(env: Env, name: string, headers: Record<string, string>): Result<Exit, string> {
  // An older wrangler.toml has no such setting.
  if (!bindingNames(env.EGRESS_BINDINGS ?? "").includes(name)) {
    return { ok: false, refusal: `EGRESS_BINDINGS does not name the binding ${name}` };
  }
  const binding: unknown = Reflect.get(env, name);
  if (!isFetcher(binding)) return { ok: false, refusal: `the Worker has no binding ${name} that can be fetched from` };
  return { ok: true, value: (url, init) => binding.fetch(new Request(url, withHeaders(init, headers))) };
}

function isFetcher(binding: unknown): binding is Fetcher {
  return typeof binding === "object" && binding !== null && typeof Reflect.get(binding, "fetch") === "function";
}

async function headersFor(env: Env, account: Leaving): Promise<Record<string, string> | null> {
  const { egressHeaders } = account;
  if (egressHeaders === null) return {};
  const known = opened.get(account);
  if (known) return known;
  try {
    const text = await open(egressHeaders, egressHeadersPlace(account), env.ENCRYPTION_KEY);
    const headers: Record<string, string> = JSON.parse(text);
    opened.set(account, headers);
    return headers;
  } catch {
    return null;
  }
}

function withHeaders(init: RequestInit, more: Record<string, string>): RequestInit {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  return { ...init, headers };
}
