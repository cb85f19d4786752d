/**
 * The typed client of the admin API, as in the console: types come from the server's own routes. Every reason for not getting an answer is
 * a value.
 */
import { hc } from "hono/client";
import type { AdminApp } from "../../src/admin/app.ts";
import { parse } from "../../src/ground/json.ts";
import { diagnosis } from "./answer.ts";
import type { Failure, Outcome } from "./failure.ts";

export type AdminClient = ReturnType<typeof createClient>;

/** Sends one request with the session. A path begins with `/`. Throws a `Failed` if nothing answered. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** What `Send` throws, because `hc` passes on only exceptions. `ask` turns it into a value again. */
export class Failed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export function createClient(origin: string, send: Send) {
  return hc<AdminApp>(origin, {
    fetch: (input: RequestInfo | URL, init?: RequestInit) => send(String(input).slice(origin.length), init),
  });
}

/** What `hc` returns: a union of the route's responses, each with its own body. */
interface Reply {
  ok: boolean;
  status: number;
  headers: Headers;
  url: string;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** The body of the route's successful responses. */
type Good<R extends Reply> = Awaited<ReturnType<Extract<R, { ok: true }>["json"]>>;

export async function ask<R extends Reply>(sent: Promise<R>): Promise<Outcome<Good<R>>> {
  try {
    const reply = await sent;
    const body = await reply.text();
    const value = reply.ok ? parse(body) : undefined;
    if (value !== undefined) return { ok: true, value: value as Good<R> };
    const { url, status, headers } = reply;
    return { ok: false, refusal: diagnosis({ url, status, headers, body }) };
  } catch (error) {
    if (error instanceof Failed) return { ok: false, refusal: error.failure };
    throw error;
  }
}
