/**
 * Checks bodies, queries and paths against their schemas. Schemas are strict: a field that we would not read is refused by name, because
 * a misspelled limit that is silently ignored is a limit that does not hold.
 */
import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type * as z from "zod/mini";
import { fieldProblems } from "./field-problems.ts";
import { invalid, refuse } from "./refusal.ts";

export function body<Schema extends z.ZodMiniType>(schema: Schema) {
  return zValidator("json", schema, refuseInvalid);
}

/** For a body that may be left out. Goes before `body`, which would refuse an empty body that the client declares as JSON. */
export const bodyMayBeEmpty = createMiddleware(async (c, next) => {
  const { raw } = c.req;
  if (raw.body === null || c.req.header("content-length") === "0") {
    const headers = new Headers(raw.headers);
    headers.delete("content-type");
    c.req.raw = new Request(raw, { headers, signal: raw.signal });
  }
  return next();
});

export function query<Schema extends z.ZodMiniType>(schema: Schema) {
  return zValidator("query", schema, refuseInvalid);
}

export function param<Schema extends z.ZodMiniType>(schema: Schema) {
  return zValidator("param", schema, refuseInvalid);
}

type Checked = { data: unknown } & (
  | { success: true }
  | { success: false; error: { issues: readonly z.core.$ZodIssue[] } }
);

function refuseInvalid(result: Checked, c: Context) {
  if (!result.success) return refuse(c, invalid(...fieldProblems(result.error.issues, result.data)));
}
