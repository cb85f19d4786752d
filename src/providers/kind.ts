/**
 * What a kind of upstream account is: all that the relay has to know about one sort of account at one provider. Each kind is a file that
 * fills this in, and `kinds.ts` lists them. No other code asks for the platform or kind of an account to decide how to address it.
 */
import type * as z from "zod/mini";
import type { EnvelopeMembers } from "../protocols/gemini/envelope.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Platform } from "../vocabulary.ts";
import type { Flow, Grant } from "./oauth/flow.ts";
import type { QuotaEndpoint } from "./quota/endpoint.ts";

/** The opened credential of an account. It is never logged, and sent nowhere but upstream. */
export type Credential = KeyCredential | TokenCredential | AccessCredential;

/** What is sealed unchanged, and is used until somebody changes it. */
export type KeyCredential = ApiKeyCredential | AwsCredential | ServiceAccount;

export interface ApiKeyCredential {
  type: "api-key";
  secret: string;
  /** The region of a cloud's key. */
  region?: string;
}

/** An AWS access key, which signs each request. */
export interface AwsCredential {
  type: "aws";
  accessKeyId: string;
  secretAccessKey: string;
  /** Only temporary keys have one. */
  sessionToken?: string;
  region: string;
}

/** One of Google's service accounts. Its key signs requests for access tokens (src/pool/google-token.ts), but no others. */
export interface ServiceAccount {
  type: "service-account";
  clientEmail: string;
  /** PEM of PKCS #8. */
  privateKey: string;
  keyId?: string;
  project: string;
  region: string;
}

/** An access token that a service account has obtained. */
export interface AccessCredential {
  type: "access";
  access: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** The project in which it is used. */
  project: string;
  region: string;
}

/** The access token of a sign-in. The account's Keeper has what it is renewed with. */
export interface TokenCredential {
  type: "oauth";
  access: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Grows with each renewal. When a token is refused, the relay asks for a later version. */
  version: number;
  /** The subscription's account, if requests have to name it. */
  accountId?: string;
  /** The provider's project in which requests are made; null if the provider has none, or none was found yet. */
  project: string | null;
}

/** What the admin API is given for an account: keys, or one sign-in. */
export type GivenCredential = KeyCredential | GivenGrant;

export interface GivenGrant extends Omit<Grant, "expiresAt"> {
  type: "grant";
  /** Null if unknown. */
  expiresAt: number | null;
}

/** The secret text that proves the credential. */
export function secretOf(credential: Credential): string {
  switch (credential.type) {
    case "api-key":
      return credential.secret;
    case "aws":
      return credential.secretAccessKey;
    case "service-account":
      return credential.privateKey;
    case "access":
    case "oauth":
      return credential.access;
  }
}

/** All parts of it that nobody else may see. */
export function secretsIn(credential: Credential): string[] {
  const token = credential.type === "aws" ? credential.sessionToken : undefined;
  return [secretOf(credential), ...(token === undefined ? [] : [token])];
}

/** A request as it is about to be sent. */
export interface Outgoing {
  method: string;
  url: string;
  headers: Headers;
  body: Uint8Array | null;
  /** The parts of the request that this provider refuses and that were left out: members, and betas as `anthropic-beta: …`. */
  dropped?: readonly string[];
}

/** What a kind may know of a request's destination. */
export interface Upstream {
  account: { baseUrl: string };
  /** The account's own name for the model; "" for a request about no model. */
  model: string;
  protocol: Protocol;
  setting: Setting;
}

/** Reads a variable of wrangler.toml by its name; "" if it is not set. */
export type Setting = (name: string) => string;

/** Who asks, and in which conversation. */
export interface Asking {
  credential: Credential;
  /** The relay's id of the request. */
  id: string;
  /** The conversation of the request, if it is known. */
  session: string | null;
  setting: Setting;
}

/** How the base URLs of a kind's accounts are written. */
export interface BaseUrls {
  /** The provider's own base URL, which is the default; null if each customer has another. */
  official: string | null;
  /**
   * The address that follows from an account's credentials, such as their region, in place of `current` (null for a new account);
   * undefined to keep it. An address that the operator gives takes precedence.
   */
  ofCredentials?: (given: readonly GivenCredential[], current: string | null) => string | null | undefined;
  /** The stored form of a base URL, without what people paste after it. Text that is no URL comes back trimmed. */
  normalise: (text: string) => string;
  /** Whether the URL is the whole address of one endpoint, to which nothing is appended. */
  isExact: (baseUrl: string) => boolean;
}

export interface ApiVersions {
  isOne: (version: string) => boolean;
  /** The wire formats of a version; "" stands for an account that names none. */
  protocols: (version: string) => readonly Protocol[];
}

/** What an account's URLs may contain besides its base URL. */
export interface Place {
  /** The account's own name for the model; "" for a request about no model. */
  model: string;
  /** "" if the account names none. */
  apiVersion: string;
}

export interface Kind {
  platform: Platform;
  /** The kind's name within its platform. */
  name: string;
  /** The wire formats that its provider speaks. */
  protocols: readonly [Protocol, ...Protocol[]];
  baseUrl: BaseUrls;
  /**
   * The setting that lists the addresses of accounts with the provider's own base URL, in the order in which they are tried until one
   * answers. Missing: only the base URL is asked.
   */
  addresses?: string;
  /** Versions of the provider's API that an account may name; missing: it names none. */
  apiVersions?: ApiVersions;
  /**
   * The URL of one of the provider's paths, such as `/v1/messages`, at an account's base URL. It has no query except the account's own.
   * Null if a URL of the provider cannot contain the account's name for the model.
   */
  url: (baseUrl: string, protocol: Protocol, path: string, place: Place) => string | null;
  /** What the admin API takes, with messages for people. Gives no credentials if none of the fields is given. */
  credentialFields: z.ZodMiniType<GivenCredential[]>;
  /** Two of those fields, one of which is required; missing: `api_key` and `api_keys`, or those of a sign-in. */
  needs?: readonly [field: string, other: string];
  /** Set if somebody signs in to its accounts instead of giving keys. This renews the sign-in. */
  oauth?: Flow;
  /**
   * The only clients that its accounts serve, with their bytes unchanged: those for which the provider issues such a sign-in. Ids as in
   * src/relay/client.ts. Missing: any client.
   */
  serves?: readonly string[];
  /**
   * Set if it is asked in the envelope of Google's `v1internal` methods: the members of the envelope besides the model and the request.
   * Missing: it is asked in its plain wire format.
   */
  envelope?: (asking: Asking) => EnvelopeMembers;
  /** The client's headers that the API knows, and prefixes of such; everything else, above all credentials, stays here. */
  forwarded: readonly string[];
  /**
   * The last step before `fetch`: makes the request valid for this credential. `now` is in milliseconds since the epoch. May change the
   * draft. Null if the provider has no endpoint for it, or no model of that name.
   */
  prepare: (
    draft: Outgoing,
    upstream: Upstream,
    credential: Credential,
    now: number,
  ) => Outgoing | null | Promise<Outgoing | null>;
  /** Turns a response into the wire format's own form; missing: it has that form. Must not wait for any part of a stream. */
  receive?: (response: Response, sent: Pick<Outgoing, "url">) => Response | Promise<Response>;
  /** Where its provider says how much of a sign-in's limits is used; missing: only in the headers of answers, if at all. */
  quota?: QuotaEndpoint;
  /** The models that share one limit at the provider, by its own name for one; null if limits do not go by model. */
  family: (model: string) => string | null;
  /** What an account is checked with if no model is named: small and cheap, and available to every key. */
  check: { protocol: Protocol; model: string };
}
