/**
 * What the admin API's parts hand each other: the typed Hono context, the verbs' context, and the one place where a
 * verb's result becomes a response.
 */
import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import type { Result } from "../../vocabulary.ts";
import { type AdminRefusal, type RefusalResponse, refuse } from "./refusal.ts";

export interface Session {
  id: string;
  username: string;
  /** Who Cloudflare Access said opened it; empty where Access did not stand in front. */
  identity: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** `session` is set by the guard, so every route behind it may rely on it; `identity` before that. */
export interface AdminEnv {
  Bindings: Env;
  Variables: {
    session: Session;
    /** Who Cloudflare Access says it is; empty where Access does not stand in front. */
    identity: string;
  };
}

/** Who acts, as the audit trail tells it. */
export interface Actor {
  /** The name that was signed in with. */
  name: string;
  /** The session's id; empty where there is none. */
  session: string;
  /** Who Cloudflare Access says it is; empty where Access does not stand in front. */
  identity: string;
  /** The IP address as Cloudflare reports it; empty where it does not. */
  address: string;
}

/** Who acts, and when (milliseconds since the epoch). Verbs take no clock of their own. */
export interface VerbContext {
  env: Env;
  actor: Actor;
  now: number;
}

export type VerbResult<Value> = Result<Value, AdminRefusal>;

export function verbContext(c: Context<AdminEnv>): VerbContext {
  const { id, username, identity } = c.get("session");
  const actor = { name: username, session: id, identity, address: addressOf(c) };
  return { env: c.env, actor, now: Date.now() };
}

/** The client's IP address as Cloudflare reports it; a header of that name that a client sends is overwritten. */
export function addressOf(c: Context): string {
  return c.req.header("cf-connecting-ip") ?? "";
}

/** Answers with the value at `status`, or with the refusal's own status. */
export function respond<Value, Status extends ContentfulStatusCode>(
  c: Context,
  result: VerbResult<Value>,
  status: Status,
): (Response & TypedResponse<JSONParsed<Value>, Status, "json">) | RefusalResponse {
  return result.ok ? c.json(result.value, status) : refuse(c, result.refusal);
}
