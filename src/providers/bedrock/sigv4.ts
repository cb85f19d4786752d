/**
 * AWS Signature Version 4, in headers. It covers the host and the headers that AWS itself reads. Any other header may be rewritten
 * between a Worker and AWS (`accept-encoding` is), and a signature over it would fail. `aws4fetch` signs all headers, and derives its
 * key anew for each client. Source: "Create a signed AWS API request", IAM User Guide; the published test suite is the test.
 */
import { toHex } from "../../ground/hex.ts";

export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  /** Only temporary keys have one. */
  sessionToken?: string;
}

export interface Unsigned {
  method: string;
  host: string;
  /** The path as it is sent. Each segment is encoded once more for the signature, as every service except S3 requires. */
  path: string;
  query?: Readonly<Record<string, string>>;
  /** Further headers to sign; names in lower case. */
  headers?: Readonly<Record<string, string>>;
  body: Uint8Array | null;
}

export interface Scope {
  region: string;
  service: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** The headers that sign the request with these keys. `now`: milliseconds since the epoch; AWS allows five minutes of skew. */
export async function signatureHeaders(
  request: Unsigned,
  keys: AwsKeys,
  { region, service }: Scope,
  now: number,
): Promise<Record<string, string>> {
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const own = {
    "x-amz-date": time,
    ...(keys.sessionToken !== undefined && { "x-amz-security-token": keys.sessionToken }),
  };
  const headers = Object.entries({ ...request.headers, ...own, host: request.host }).sort(byName);
  const names = headers.map(([name]) => name).join(";");
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query ?? {}),
    ...headers.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    names,
    await sha256(request.body ?? new Uint8Array()),
  ].join("\n");
  const date = time.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = [ALGORITHM, time, scope, await sha256(encoder.encode(canonical))].join("\n");
  const signature = toHex(new Uint8Array(await hmac(await signingKey(keys, date, region, service), text)));
  const authorization = `${ALGORITHM} Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...own, authorization };
}

const encoder = new TextEncoder();

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : Number(a > b);
}

function canonicalPath(path: string): string {
  return path.split("/").map(encoded).join("/");
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [encoded(name), encoded(value)]);
  return pairs
    .sort(byName)
    .map((pair) => pair.join("="))
    .join("&");
}

/** Encodes all but the unreserved characters of RFC 3986. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** By the opened keys. A derived key is valid for one day, region and service. */
const derived = new WeakMap<AwsKeys, { scope: string; key: CryptoKey }>();

async function signingKey(keys: AwsKeys, date: string, region: string, service: string): Promise<CryptoKey> {
  const scope = `${date}/${region}/${service}`;
  const known = derived.get(keys);
  if (known?.scope === scope) return known.key;
  let key = await hmacKey(encoder.encode(`AWS4${keys.secretAccessKey}`));
  for (const part of [date, region, service, "aws4_request"]) key = await hmacKey(await hmac(key, part));
  derived.set(keys, { scope, key });
  return key;
}

function hmacKey(bytes: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

function hmac(key: CryptoKey, text: string): Promise<ArrayBuffer> {
  return crypto.subtle.sign("HMAC", key, encoder.encode(text));
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource)));
}
