/**
 * What the admin API's parts hand each other: the typed Hono context, the verbs' context, and the one place where a
 * verb's result becomes a response.
 */
import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import type { Result } from "../vocabulary.ts";
import { type AdminRefusal, type RefusalResponse, refuse } from "./refusal.ts";

export interface Session {
  id: string;
  username: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** `session` is set by the guard, so every route behind it may rely on it. */
export interface AdminEnv {
  Bindings: Env;
  Variables: { session: Session };
}

/** Who acts, and when (milliseconds since the epoch). Verbs take no clock of their own. */
export interface VerbContext {
  env: Env;
  actor: string;
  now: number;
}

export type VerbResult<Value> = Result<Value, AdminRefusal>;

export function verbContext(c: Context<AdminEnv>): VerbContext {
  return { env: c.env, actor: c.get("session").username, now: Date.now() };
}

/** Answers with the value at `status`, or with the refusal's own status. */
export function respond<Value, Status extends ContentfulStatusCode>(
  c: Context,
  result: VerbResult<Value>,
  status: Status,
): (Response & TypedResponse<JSONParsed<Value>, Status, "json">) | RefusalResponse {
  return result.ok ? c.json(result.value, status) : refuse(c, result.refusal);
}
