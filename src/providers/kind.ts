/**
 * What a kind of upstream account is: all that the relay has to know of one sort of account at one provider. Each kind
 * is a file that fills this in, and `kinds.ts` lists them; nobody else asks which platform or kind an account is of to
 * decide how it is addressed.
 */
import type * as z from "zod/mini";
import type { EnvelopeMembers } from "../protocols/gemini/envelope.ts";
import type { Protocol } from "../protocols/wire.ts";
import type { Platform } from "../vocabulary.ts";
import type { Flow, Grant } from "./oauth/flow.ts";
import type { QuotaEndpoint } from "./quota/endpoint.ts";

/** What an account proves itself with, opened. Never logged, never sent anywhere but upstream. */
export type Credential = KeyCredential | TokenCredential | AccessCredential;

/** What is sealed as it is, and serves until somebody changes it. */
export type KeyCredential = ApiKeyCredential | AwsCredential | ServiceAccount;

export interface ApiKeyCredential {
  type: "api-key";
  secret: string;
  /** Of a cloud's key, where it is asked. */
  region?: string;
}

/** An access key of AWS, which signs each request. */
export interface AwsCredential {
  type: "aws";
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a temporary key. */
  sessionToken?: string;
  region: string;
}

/** A service account of Google's: its key signs for access tokens (src/pool/google-token.ts), and no request. */
export interface ServiceAccount {
  type: "service-account";
  clientEmail: string;
  /** PEM of PKCS #8. */
  privateKey: string;
  keyId?: string;
  project: string;
  region: string;
}

/** An access token that a service account has got. */
export interface AccessCredential {
  type: "access";
  access: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Where it is used. */
  project: string;
  region: string;
}

/** The access token of a sign-in. What it is renewed with stays with the account's Keeper. */
export interface TokenCredential {
  type: "oauth";
  access: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Grows each time the sign-in is renewed: a token that was refused is asked for in a later one. */
  version: number;
  /** Whose subscription it is, where requests have to say so. */
  accountId?: string;
  /** The project of the provider's in which requests are made; null where there is no such thing, or none was found yet. */
  project: string | null;
}

/** What the admin API is given for an account: keys, or one sign-in. */
export type GivenCredential = KeyCredential | GivenGrant;

export interface GivenGrant extends Omit<Grant, "expiresAt"> {
  type: "grant";
  /** Null where nobody says it. */
  expiresAt: number | null;
}

/** The text that proves it. */
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

/** All of it that nobody else may see. */
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
  /** What of the request stays here, because this provider refuses it: members, and betas as `anthropic-beta: …`. */
  dropped?: readonly string[];
}

/** What a kind may know of where a request goes. */
export interface Upstream {
  account: { baseUrl: string };
  /** The account's own name for the model; "" for a request that is about none. */
  model: string;
  protocol: Protocol;
  setting: Setting;
}

/** A variable of wrangler.toml, by its name; "" for none. */
export type Setting = (name: string) => string;

/** Who asks an upstream for what. */
export interface Asking {
  credential: Credential;
  /** The relay's id of the request. */
  id: string;
  /** The conversation it belongs to, where that is known. */
  session: string | null;
  setting: Setting;
}

/** How base URLs of accounts of a kind are written. */
export interface BaseUrls {
  /** The provider's own, and what an account has where none is given; null where each customer has another. */
  official: string | null;
  /**
   * The address that follows from what an account is given, such as a region, in place of `current` (null for a new account);
   * undefined where it stays. What the operator says goes before.
   */
  ofCredentials?: (given: readonly GivenCredential[], current: string | null) => string | null | undefined;
  /** The form in which one is stored: what people paste behind it taken away. Text that is no URL comes back trimmed. */
  normalise: (text: string) => string;
  /** Whether it is the whole address of one endpoint, to which nothing is appended. */
  isExact: (baseUrl: string) => boolean;
}

export interface ApiVersions {
  isOne: (version: string) => boolean;
  /** The wire formats that are spoken in it; "" for an account that names none. */
  protocols: (version: string) => readonly Protocol[];
}

/** What an account's URLs may hold besides its base URL. */
export interface Place {
  /** The account's own name for the model; "" for a request that is about none. */
  model: string;
  /** "" where the account names none. */
  apiVersion: string;
}

export interface Kind {
  platform: Platform;
  /** Its name among the kinds of its platform. */
  name: string;
  /** The wire formats that its provider speaks. */
  protocols: readonly [Protocol, ...Protocol[]];
  baseUrl: BaseUrls;
  /**
   * The setting that lists where accounts with the provider's own base URL are asked: in order, the next one where one does not
   * answer. Missing: at that base URL.
   */
  addresses?: string;
  /** Versions of the provider's API that an account may name; missing: it names none. */
  apiVersions?: ApiVersions;
  /**
   * The URL of one of the provider's paths, such as `/v1/messages`, at an account's base URL, with no query but what the account
   * itself says. Null where the account's name for the model is none that a URL of the provider can hold.
   */
  url: (baseUrl: string, protocol: Protocol, path: string, place: Place) => string | null;
  /** What the admin API takes, with words for people; no credentials come out where none of the fields is given. */
  credentialFields: z.ZodMiniType<GivenCredential[]>;
  /** Two of those fields, one of which an account has to be given; missing: `api_key` and `api_keys`, or those of a sign-in. */
  needs?: readonly [field: string, other: string];
  /** Its accounts are signed in to, and this renews it: they have no keys. */
  oauth?: Flow;
  /**
   * The only clients that its accounts serve, in their own bytes: those that the provider issues such a sign-in for. Ids as in
   * src/relay/client.ts. Missing: any client.
   */
  serves?: readonly string[];
  /**
   * It is asked in the envelope of Google's `v1internal` methods: what stands there beside the model and the request. Missing: in its
   * wire format alone.
   */
  envelope?: (asking: Asking) => EnvelopeMembers;
  /** The client's headers that the API knows, and beginnings of such; everything else, credentials first, stays here. */
  forwarded: readonly string[];
  /**
   * The last step before `fetch`: makes the request one under this credential, `now` in milliseconds since the epoch. The draft is its
   * own to change. Null where the provider has nothing that this could be asked of, or no model that is called so.
   */
  prepare: (
    draft: Outgoing,
    upstream: Upstream,
    credential: Credential,
    now: number,
  ) => Outgoing | null | Promise<Outgoing | null>;
  /** What came for a request, in the wire format's own form; missing: it is. Of a stream nothing may be waited for. */
  receive?: (response: Response, sent: Pick<Outgoing, "url">) => Response | Promise<Response>;
  /** Where its provider says how much of a sign-in's limits is used; missing: in the headers of answers, if at all. */
  quota?: QuotaEndpoint;
  /** The models that share one limit at the provider, by its own name for one; null where limits do not go by model. */
  family: (model: string) => string | null;
  /** What an account is checked with where no model is named: small and cheap, and every key has the model. */
  check: { protocol: Protocol; model: string };
}
