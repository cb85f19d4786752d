/**
 * The settings of sign-ins: where the providers' authorization servers are. wrangler.toml has the defaults. An address that
 * the relay may not talk to is left out, so that no setting sends a token into a private network.
 */
import type { Flow, FlowSettings } from "../providers/oauth/flow.ts";
import { addressesIn } from "../providers/upstream-address.ts";

/** The settings of the flow of this name. Commas or spaces part a list. */
export function flowSettings(env: Env, name: string): FlowSettings {
  const allowPrivate = env.ALLOW_PRIVATE_UPSTREAMS === "1";
  const setting = (part: string) => String(Reflect.get(env, `${prefixOf(name)}_${part}`) ?? "").trim();
  const addresses = (part: string) => addressesIn(setting(part), { allowPrivate });
  const [authorizeUrl = ""] = addresses("AUTHORIZE_URL");
  const [revokeUrl = ""] = addresses("REVOKE_URL");
  // The redirect URI is not checked: the relay sends nothing there, the provider sends a browser to it.
  const client = { id: setting("CLIENT_ID"), secret: setting("CLIENT_SECRET"), redirectUri: setting("REDIRECT_URI") };
  return { authorizeUrl, tokenUrls: addresses("TOKEN_URLS"), revokeUrl, client };
}

/** The names of the settings that are missing for somebody to sign in, or for renewing a sign-in that exists. */
export function missingSettings(flow: Flow, settings: FlowSettings, purpose: "sign-in" | "renewal"): string[] {
  const { authorizeUrl, tokenUrls, client } = settings;
  const own = flow.client === "configured";
  const needed = {
    ...(purpose === "sign-in" && { AUTHORIZE_URL: authorizeUrl }),
    TOKEN_URLS: tokenUrls.join(),
    ...(own && { CLIENT_ID: client.id, CLIENT_SECRET: client.secret }),
    ...(own && purpose === "sign-in" && { REDIRECT_URI: client.redirectUri }),
  };
  const missing = Object.entries(needed).filter(([, value]) => value === "");
  return missing.map(([part]) => `${prefixOf(flow.name)}_${part}`);
}

/** How the names of a flow's settings begin. Two sign-ins of one provider share its settings. */
function prefixOf(flow: string): string {
  const [provider = ""] = flow.split("-");
  return `OAUTH_${provider.toUpperCase()}`;
}
