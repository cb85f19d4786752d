/**
 * What the parts of the admin API share: the typed Hono context, the context of verbs, and the one place that turns a verb's result into
 * a response.
 */
import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import type { Result } from "../../vocabulary.ts";
import { type AdminRefusal, type RefusalResponse, refuse } from "./refusal.ts";

export interface Session {
  id: string;
  username: string;
  /** The person that Cloudflare Access named when it was opened; empty if Access was not in front. */
  identity: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** The guard sets `session`, so every route behind it may rely on it. `identity` is set before that. */
export interface AdminEnv {
  Bindings: Env;
  Variables: {
    session: Session;
    /** The person that Cloudflare Access names; empty if it is not in front. */
    identity: string;
  };
}

/** Who acts, in the form that the audit trail stores. */
export interface Actor {
  /** The name used to sign in. */
  name: string;
  /** The session's id; empty if there is none. */
  session: string;
  /** The person that Cloudflare Access names; empty if it is not in front. */
  identity: string;
  /** The IP address that Cloudflare reports; empty if it reports none. */
  address: string;
}

/** Who acts, and when (milliseconds since the epoch). Verbs read no clock of their own. */
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

/** The client's IP address. Cloudflare overwrites a header of that name that a client sends. */
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
