/**
 * The typed client of the admin API, and the one way in which the console calls it: an answer is a value, and so is every reason for not
 * getting one. The types come from the server's own routes, so no shape of the API is written down twice.
 */
import { hc } from "hono/client";
import type { AdminApp } from "../../src/admin/app.ts";
import { NO_ANSWER, type Problem, problemFrom, UNREADABLE } from "./problem.ts";

export type AdminClient = ReturnType<typeof createClient>;

export type Answer<Value> = { ok: true; value: Value } | { ok: false; problem: Problem };

/** The only request whose 401 is about its own content. */
const SIGN_IN_PATH = "/admin/login";

/**
 * `onSignedOut` is called for every 401 except that of a sign-in, and tells whether to send the request again. A request that was answered
 * with 401 has done nothing. `hc` passes its body as a text, so it can be sent twice.
 */
export function createClient(origin: string, onSignedOut: () => Promise<boolean>) {
  return hc<AdminApp>(origin, {
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      for (;;) {
        const response = await fetch(input, { ...init, credentials: "same-origin", cache: "no-store" });
        if (response.status !== 401 || response.url.endsWith(SIGN_IN_PATH)) return response;
        if (!(await onSignedOut())) return response;
      }
    },
  });
}

/** What `hc` returns: a union of the route's responses, each with its own body. */
interface Reply {
  ok: boolean;
  status: number;
  headers: Headers;
  json(): Promise<unknown>;
}

/** The body of the route's successful responses. */
type Good<R extends Reply> = Awaited<ReturnType<Extract<R, { ok: true }>["json"]>>;

export async function ask<R extends Reply>(sent: Promise<R>): Promise<Answer<Good<R>>> {
  const reply = await sent.catch(() => null);
  if (reply === null) return { ok: false, problem: NO_ANSWER };
  const body = await bodyOf(reply);
  if (!reply.ok) return { ok: false, problem: problemFrom(reply.status, reply.headers, body) };
  if (body === undefined) return { ok: false, problem: UNREADABLE };
  return { ok: true, value: body as Good<R> };
}

/** Undefined if the body is not JSON; null for the empty body of a 204. */
async function bodyOf(reply: Reply): Promise<unknown> {
  if (reply.status === 204) return null;
  return reply.json().catch(() => undefined);
}
