/**
 * What is configured of the sign-ins: where providers' authorization servers are. The defaults stand in wrangler.toml. An
 * address that the relay may not talk to is left out, so that no setting sends a token into a private network.
 */
import type { FlowSettings } from "../providers/oauth/flow.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";

/** Of the flow of this name. A list is parted by commas or spaces. */
export function flowSettings(env: Env, name: string): FlowSettings {
  const [provider = ""] = name.split("-");
  const allowPrivate = env.ALLOW_PRIVATE_UPSTREAMS === "1";
  const addresses = (part: string) =>
    String(Reflect.get(env, `OAUTH_${provider.toUpperCase()}_${part}`) ?? "")
      .split(/[\s,]+/)
      .filter((address) => checkUpstreamUrl(address, { allowPrivate }).ok);
  const [authorizeUrl = ""] = addresses("AUTHORIZE_URL");
  return { authorizeUrl, tokenUrls: addresses("TOKEN_URLS") };
}
