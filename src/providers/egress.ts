/**
 * How the requests of an account leave the relay: directly to the provider, to a gateway that stands in for its address, or through a
 * binding of the Worker. Pure: src/vault/exit.ts sends them.
 */

export type Egress =
  | { via: "direct" }
  /** `baseUrl` replaces the account's own and has the same paths. The request is otherwise the provider's, and signed for it. */
  | { via: "gateway"; baseUrl: string }
  /** A service binding or one of Workers VPC, by its name. `tokenRequests`: access tokens are requested through it too. */
  | { via: "binding"; name: string; tokenRequests: boolean };

export const DIRECT: Egress = { via: "direct" };

/** The names in EGRESS_BINDINGS, separated by commas or spaces. */
export function bindingNames(setting: string): string[] {
  return setting.split(/[\s,]+/).filter(Boolean);
}

/**
 * The address at `gateway` of what the provider has at `url`; null if the gateway does not have it. The gateway stands in for `baseUrl`.
 * If both end in the same path, it stands in for the whole host before that path, so that other paths of the provider are found too.
 */
export function atGateway(url: string, baseUrl: string, gateway: string): string | null {
  const [from, to] = replacement(baseUrl.replace(/#$/, ""), gateway);
  const rest = url.slice(from.length);
  return url.startsWith(from) && /^(?:$|[/?])/.test(rest) ? `${to}${rest}` : null;
}

function replacement(baseUrl: string, gateway: string): [from: string, to: string] {
  const { origin, pathname } = new URL(baseUrl);
  const stands = pathname !== "/" && gateway.endsWith(pathname);
  return stands ? [origin, gateway.slice(0, -pathname.length)] : [baseUrl, gateway];
}
