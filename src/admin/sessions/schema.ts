/** Sign-in. Both fields are optional because HTTP Basic may carry them instead. */
import * as z from "zod/mini";
import { textOf } from "../../ground/shape.ts";

export const loginBody = z.strictObject({
  username: z.optional(textOf(0, 200)),
  password: z.optional(textOf(0, 1_000)),
});

export interface LoginView {
  access_token: string;
  token_type: "bearer";
  /** Seconds. */
  expires_in: number;
}

/** A session that is open. */
export interface OpenSessionView {
  id: string;
  username: string;
  /** Who Cloudflare Access said opened it; null where Access did not stand in front. */
  identity: string | null;
  created_at: string;
  expires_at: string;
  /** The one that asks. */
  current: boolean;
}

export interface SessionView {
  username: string;
  expires_at: string;
  /** The relay's, in hours east of UTC: a console that opens needs it before it tells a time. */
  timezone_offset_hours: number;
}
