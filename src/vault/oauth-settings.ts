/**
 * What is configured of the sign-ins: where providers' authorization servers are. The defaults stand in wrangler.toml. An
 * address that the relay may not talk to is left out, so that no setting sends a token into a private network.
 */
import type { Flow, FlowSettings } from "../providers/oauth/flow.ts";
import { addressesIn } from "../providers/upstream-address.ts";

/** Of the flow of this name. A list is parted by commas or spaces. */
export function flowSettings(env: Env, name: string): FlowSettings {
  const allowPrivate = env.ALLOW_PRIVATE_UPSTREAMS === "1";
  const setting = (part: string) => String(Reflect.get(env, `${prefixOf(name)}_${part}`) ?? "").trim();
  const addresses = (part: string) => addressesIn(setting(part), { allowPrivate });
  const [authorizeUrl = ""] = addresses("AUTHORIZE_URL");
  const [revokeUrl = ""] = addresses("REVOKE_URL");
  // Nobody is asked there: the provider sends a browser to it.
  const client = { id: setting("CLIENT_ID"), secret: setting("CLIENT_SECRET"), redirectUri: setting("REDIRECT_URI") };
  return { authorizeUrl, tokenUrls: addresses("TOKEN_URLS"), revokeUrl, client };
}

/** The names of settings that are missing for somebody to sign in, or for a sign-in that there is to be renewed. */
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

/** Two sign-ins of one provider share its settings. */
function prefixOf(flow: string): string {
  const [provider = ""] = flow.split("-");
  return `OAUTH_${provider.toUpperCase()}`;
}
