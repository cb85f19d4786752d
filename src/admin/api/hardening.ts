/** What holds for every admin response and request body, whether signed in or not. */
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { refuse } from "./refusal.ts";

const MAX_BODY_BYTES = 256 * 1024;

const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  vary: "authorization, cookie, origin",
};

/** JSON with secrets must not be cached, framed, or guessed to be of another type. */
export const harden = createMiddleware(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
});

export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => refuse(c, { reason: "too_large", message: `The body is larger than ${MAX_BODY_BYTES} bytes` }),
});

/**
 * Refuses a body that is not declared as JSON. Hono's validator would read it as `{}`, so `curl -d` without a header would create or
 * change something other than what was sent. Also, a cross-site form can send text/plain without asking.
 */
export const requireJson = createMiddleware(async (c, next) => {
  const empty = c.req.raw.body === null || c.req.header("content-length") === "0";
  if (!empty && !/^application\/json\s*(?:;|$)/i.test(c.req.header("content-type") ?? "")) {
    return refuse(c, { reason: "not_json", message: "Send the body as JSON, with content-type: application/json" });
  }
  return next();
});
