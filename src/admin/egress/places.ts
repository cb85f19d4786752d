/** Where the relay's accounts send requests, each place once: providers' APIs, and token endpoints. Pure except for settings. */
import { urlOfCheck } from "../../account-check/request.ts";
import type { Account } from "../../pool/account.ts";
import { DIRECT, type Egress } from "../../providers/egress.ts";
import type { Purpose } from "../../providers/reach.ts";
import { addressesIn } from "../../providers/upstream-address.ts";
import { SERVICE_ACCOUNT } from "../../providers/vertex/credential-fields.ts";
import { flowSettings } from "../../vault/oauth-settings.ts";
import type { Platform } from "../../vocabulary.ts";

export interface Place {
  purpose: Purpose;
  platform: Platform;
  /** The provider's own URL. */
  url: string;
  egress: Egress;
  /** One of the accounts that ask there; its way out is used. */
  account: Account;
  accounts: number;
}

/** In the order of the accounts, including paused ones. */
export function placesOf(env: Env, accounts: readonly Account[]): Place[] {
  const places = new Map<string, Place>();
  for (const account of accounts) {
    const own = [
      { purpose: "api" as const, url: urlOfCheck(account) ?? account.baseUrl, egress: account.egress },
      ...tokenUrls(env, account).map((url) => ({ purpose: "tokens" as const, url, egress: tokenEgress(account) })),
    ];
    for (const { purpose, url, egress } of own) {
      const name = JSON.stringify([purpose, new URL(url).origin, egress]);
      const known = places.get(name);
      if (known) known.accounts++;
      else places.set(name, { purpose, platform: account.platform, url, egress, account, accounts: 1 });
    }
  }
  return [...places.values()];
}

function tokenUrls(env: Env, { kind }: Account): readonly string[] {
  if (kind.oauth?.refresh) return flowSettings(env, kind.oauth.name).tokenUrls;
  const asksGoogle = kind.credentialFields === SERVICE_ACCOUNT;
  return asksGoogle ? addressesIn(env.VERTEX_TOKEN_URL, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" }) : [];
}

/** The same way as in `tokenExit`. */
function tokenEgress({ egress }: Account): Egress {
  return egress.via === "binding" && egress.tokenRequests ? egress : DIRECT;
}
