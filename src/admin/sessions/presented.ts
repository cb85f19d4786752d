/** What a caller of the admin API presents as proof of identity. Reads headers; verifies nothing. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { cookieName } from "../api/transport.ts";

/** A session token, and whether the browser attached it by itself (then the request may be forged by another site). */
export interface SessionToken {
  token: string;
  fromCookie: boolean;
}

/** A bearer header counts first, even an empty one: a caller that sends a token means that one. */
export function readSessionToken(c: Context): SessionToken {
  const bearer = /^bearer(?:\s+(\S+))?$/i.exec(c.req.header("authorization")?.trim() ?? "");
  if (bearer) return { token: bearer[1] ?? "", fromCookie: false };
  return { token: getCookie(c, cookieName(c, "session")) ?? "", fromCookie: true };
}

/** The token of a browser that has signed in before; empty if there is none. */
export function readDeviceToken(c: Context): string {
  return getCookie(c, cookieName(c, "device")) ?? "";
}

/** Username and password of an `Authorization: Basic` header (RFC 7617, UTF-8), or null if there is none. */
export function readBasic(header: string | undefined): { username: string; password: string } | null {
  const encoded = /^basic\s+([a-z0-9+/=]+)\s*$/i.exec(header ?? "")?.[1];
  if (!encoded) return null;
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    const colon = text.indexOf(":");
    return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return null;
  }
}
