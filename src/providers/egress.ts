/**
 * How the requests of an account leave the relay: straight to the provider, to a gateway that stands in for its address, or through a
 * binding of the Worker. Pure: who sends is src/vault/exit.ts.
 */

export type Egress =
  | { via: "direct" }
  /** `baseUrl` is asked in place of the account's own, whose paths it has. The request is otherwise the provider's: signed for it, too. */
  | { via: "gateway"; baseUrl: string }
  /** A service binding, or one of Workers VPC, by its name. `tokenRequests`: the account's access tokens are asked for there as well. */
  | { via: "binding"; name: string; tokenRequests: boolean };

export const DIRECT: Egress = { via: "direct" };

/** The names in EGRESS_BINDINGS, parted by commas or spaces. */
export function bindingNames(setting: string): string[] {
  return setting.split(/[\s,]+/).filter(Boolean);
}

/**
 * Where `gateway` has what the provider has at `url`; null where it has it not. It stands in for `baseUrl`, and where both end in the same
 * path for the whole host before that path, so that what the provider has beside it is found, too.
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
