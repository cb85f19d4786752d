/**
 * An authorization server as the strictest provider runs one: each renewal rotates the refresh token, and a token that comes
 * back a second time ends the whole sign-in. It speaks Anthropic's form: JSON in, JSON out.
 */

/** One sign-in, by the chain of its refresh tokens. */
export interface Family {
  /** The refresh token that was issued last. */
  refresh: string;
  /** The access token that was issued with it. */
  access: string;
  revoked: boolean;
  renewals: number;
}

export interface TokenAnswered {
  status: number;
  body: object;
}

export class AuthorizationServer {
  /** By every refresh token that was ever issued. */
  readonly #families = new Map<string, Family>();
  readonly #accesses = new Map<string, Family>();
  /** How many requests asked for a renewal, and how many rotated. */
  asked = 0;
  rotated = 0;
  reused = 0;
  #made = 0;

  /** A sign-in that has just been made. */
  signIn(): Family {
    const family: Family = { refresh: "", access: "", revoked: false, renewals: 0 };
    this.#issue(family, true);
    return family;
  }

  /** Whether an access token is the newest of a sign-in that lives. */
  accepts(authorization: string | null): boolean {
    const access = authorization?.replace("Bearer ", "") ?? "";
    const family = this.#accesses.get(access);
    return family !== undefined && !family.revoked && family.access === access;
  }

  /** `keepRefresh`: the answer has no refresh token, and the one that was sent stays good. */
  renew(body: string, { keepRefresh = false, lifeS = 3_600 } = {}): TokenAnswered {
    this.asked++;
    const { grant_type, refresh_token } = JSON.parse(body) as Record<string, string>;
    const family = this.#families.get(refresh_token ?? "");
    if (grant_type !== "refresh_token" || !family || family.revoked) return this.#refused("invalid_grant");
    if (family.refresh !== refresh_token) {
      this.reused++;
      family.revoked = true;
      return this.#refused("refresh_token_reused");
    }
    family.renewals++;
    this.rotated++;
    this.#issue(family, !keepRefresh);
    const { access, refresh } = family;
    const tokens = { access_token: access, expires_in: lifeS, token_type: "Bearer" };
    return { status: 200, body: keepRefresh ? tokens : { ...tokens, refresh_token: refresh } };
  }

  /** Whether the refresh token was issued to this sign-in at some time. */
  isOf(family: Family, refresh: string): boolean {
    return this.#families.get(refresh) === family;
  }

  isAccessOf(family: Family, access: string): boolean {
    return this.#accesses.get(access) === family;
  }

  #issue(family: Family, rotates: boolean): void {
    const number = this.#made++;
    family.access = `access-secret-${number}`;
    this.#accesses.set(family.access, family);
    if (!rotates) return;
    family.refresh = `refresh-secret-${number}`;
    this.#families.set(family.refresh, family);
  }

  #refused(error: string): TokenAnswered {
    return { status: 400, body: { error, error_description: "no" } };
  }
}
