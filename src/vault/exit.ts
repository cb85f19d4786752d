/**
 * The one place where requests leave for an account, whatever they are about: its egress says how. What cannot leave that way is not
 * sent another way. The headers that a gateway or a binding wants are opened here, and go nowhere else.
 */
import { atGateway, bindingNames, DIRECT, type Egress } from "../providers/egress.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";
import type { Result } from "../vocabulary.ts";
import { egressHeadersPlace } from "./places.ts";
import { open } from "./seal.ts";

/** Sends one request for `url`, one of the provider's own. Rejects like `fetch`, and with `NotThisWay`, where nothing is sent. */
export type Exit = (url: string, init: RequestInit) => Promise<Response>;

/** The account's gateway has no address for what is asked. */
export class NotThisWay extends Error {
  constructor() {
    super("its gateway stands in for base_url, and what is asked lies elsewhere");
  }
}

/** Whose requests leave. */
export interface Leaving {
  id: string;
  baseUrl: string;
  egress: Egress;
  /** Sealed; null where there are none. */
  egressHeaders: string | null;
}

const straight: Exit = (url, init) => fetch(new Request(url, init));

/** Opened headers by the account as it was read. Values, not promises: a promise of one request may never settle for another. */
const opened = new WeakMap<Leaving, Record<string, string>>();

/** The account's way out, or why there is none: its operator has taken it away. Never rejects. */
export async function exitOf(env: Env, account: Leaving): Promise<Result<Exit, string>> {
  const { egress, baseUrl } = account;
  if (egress.via === "direct") return { ok: true, value: straight };
  const headers = await headersFor(env, account);
  if (!headers) return { ok: false, refusal: "its egress_headers do not open: enter them again" };
  if (egress.via === "binding") return throughBinding(env, egress.name, headers);
  // Looked at again, so that a row which somebody wrote past the API leads into no private network.
  const allowed = checkUpstreamUrl(egress.baseUrl, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  if (!allowed.ok) return { ok: false, refusal: `its gateway's base_url ${allowed.refusal}` };
  const value: Exit = (url, init) => {
    const address = atGateway(url, baseUrl, egress.baseUrl);
    if (address === null) return Promise.reject(new NotThisWay());
    return fetch(new Request(address, withHeaders(init, headers)));
  };
  return { ok: true, value };
}

/** The way out of what an authorization server is asked for an account: straight, unless its egress takes that along. */
export function tokenExit(env: Env, egress: Egress = DIRECT): Result<Exit, string> {
  const along = egress.via === "binding" && egress.tokenRequests;
  return along ? throughBinding(env, egress.name, {}) : { ok: true, value: straight };
}

/** Why no account may leave through the binding of this name; null where one may. */
export function bindingProblem(env: Env, name: string): string | null {
  const way = throughBinding(env, name, {});
  return way.ok ? null : way.refusal;
}

function throughBinding(env: Env, name: string, headers: Record<string, string>): Result<Exit, string> {
  // A wrangler.toml from before has no such setting.
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
