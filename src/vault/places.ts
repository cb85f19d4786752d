/**
 * The places that secrets are sealed for: an account's upstream key, its sign-in and the access token that is read
 * everywhere, and a relay key that the console can show again.
 */
import { destinationOf, type Way } from "../providers/destination.ts";
import type { Egress } from "../providers/egress.ts";
import type { Kind } from "../providers/kind.ts";
import type { Place } from "./seal.ts";

/**
 * The key of an account at `position`, bound to where that account sends it. A key that was sealed before seals named
 * their destination opens only for the platform's own API: whoever redirected it there would gain nothing. Throws if
 * `baseUrl` is no URL.
 */
export function credentialPlace(account: { id: string; kind: Kind } & Way, position: number): Place {
  const { official } = account.kind.baseUrl;
  const destination = destinationOf(account);
  return {
    table: "credentials",
    row: `${account.id}/${position}`,
    destination,
    acceptsV1: official !== null && destinationOf({ baseUrl: official }) === destination,
  };
}

/** The headers that an account's gateway or binding wants; nobody else may get them. */
export function egressHeadersPlace(account: { id: string } & Way): Place {
  return { table: "egress_headers", row: account.id, destination: destinationOf(account), acceptsV1: false };
}

/** Whose sign-in it is, and where its tokens may be sent. */
export interface SignedIn extends Way {
  accountId: string;
  /** The id of the sign-in. A new sign-in does not open what was sealed for the one before. */
  grantId: string;
}

/** A whole sign-in, in its account's Keeper. */
export function grantPlace(signedIn: SignedIn): Place {
  const { accountId, grantId } = signedIn;
  return { table: "grants", row: `${accountId}/${grantId}`, destination: destinationOf(signedIn), acceptsV1: false };
}

/** The access token of a sign-in alone, as everybody reads it. */
export function tokenPlace(signedIn: SignedIn): Place {
  const { accountId, grantId } = signedIn;
  return { table: "tokens", row: `${accountId}/${grantId}`, destination: destinationOf(signedIn), acceptsV1: false };
}

/** A secret that verifies keys of another relay; `id` is its fingerprint. */
export function keySecretPlace(id: string): Place {
  return { table: "key_secrets", row: id, destination: "", acceptsV1: false };
}

/** The secret that finishes a sign-in that was begun. */
export function flowPlace(id: string): Place {
  return { table: "oauth_flows", row: id, destination: "", acceptsV1: false };
}

/** A relay key, named by its id. It is sent nowhere, so a seal without a destination is as good as a new one. */
export function apiKeyPlace(id: string): Place {
  return { table: "api_keys", row: id, destination: "", acceptsV1: true };
}

/** Where an account's requests go, from its row in D1; null if the row does not say it readably. */
export function wayOf({ baseUrl, egress }: { baseUrl: string | null; egress: string | null }): Required<Way> | null {
  if (baseUrl === null || egress === null || !URL.canParse(baseUrl)) return null;
  const read: Egress = JSON.parse(egress);
  return read.via === "gateway" && !URL.canParse(read.baseUrl) ? null : { baseUrl, egress: read };
}
