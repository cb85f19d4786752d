/** The admin API as a test calls it: through the Worker's front door, with another address for each caller. */
import { env, exports } from "cloudflare:workers";
import { admin } from "../../src/admin/app.ts";

export const ORIGIN = "https://relay.test";
export const PASSWORD = "test-password";

/** What tests read from answers. A test that reads a field of another kind of answer fails on it. */
export interface Body {
  error: {
    type: string;
    message: string;
    details?: { field: string; message: string; code: string; limit?: number }[];
  };
  access_token: string;
  id: string;
  api_key: string;
  items: Body[];
  next_cursor: string | null;
  [field: string]: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Call {
  body?: unknown;
  /** Sent unchanged, instead of `body` as JSON. */
  rawBody?: string;
  token?: string;
  headers?: Record<string, string>;
  origin?: string;
  /** Bindings that differ from the suite's. The call then goes to the admin app instead of the front door. */
  bindings?: Partial<Env>;
}

let callers = 0;

export async function call(method: string, path: string, options: Call = {}): Promise<Answer> {
  const { body, rawBody, token, bindings, origin = ORIGIN } = options;
  // The sign-in limit counts per address, and tests do not guess passwords.
  const headers = new Headers({ "cf-connecting-ip": `198.51.100.${callers++ % 250}` });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
  const text = rawBody ?? (body === undefined ? null : JSON.stringify(body));
  const request = new Request(`${origin}${path}`, { method, headers, body: text });
  const response = bindings
    ? await admin.fetch(request, { ...env, ...bindings })
    : await exports.default.fetch(request);
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: answer && JSON.parse(answer) };
}

let session: Promise<string> | undefined;

/** A token that is valid for every test of a file. */
export function signIn(): Promise<string> {
  session ??= call("POST", "/admin/login", { body: { username: "admin", password: PASSWORD } }).then(
    ({ body }) => body.access_token,
  );
  return session;
}

/** For a file whose clock goes beyond the end of a session. */
export function signInAgain(): Promise<string> {
  session = undefined;
  return signIn();
}

/** A call with that token. */
export async function asAdmin(method: string, path: string, body?: unknown, bindings?: Partial<Env>): Promise<Answer> {
  const token = await signIn();
  return call(method, path, { token, ...(body === undefined ? {} : { body }), ...(bindings ? { bindings } : {}) });
}

/** Everything that the admin API could have changed. If it is equal before and after, nothing was changed. */
export async function everything(): Promise<string> {
  const tables = [
    ...["accounts", "credentials", "egress_headers", "account_groups", "group_members", "account_health"],
    ...["api_keys", "templates", "price_overrides", "audit"],
    // The calls themselves change the number of calls.
    "settings WHERE name <> 'console_requests'",
  ];
  const rows = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return JSON.stringify(rows.map(({ results }) => results));
}
