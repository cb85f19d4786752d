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

/** An open session. */
export interface OpenSessionView {
  id: string;
  username: string;
  /** The person that Cloudflare Access named when it was opened; null if Access was not in front. */
  identity: string | null;
  created_at: string;
  expires_at: string;
  /** Whether it is the session of this request. */
  current: boolean;
}

export interface SessionView {
  username: string;
  expires_at: string;
  /** The relay's offset, in hours east of UTC. The console needs it before it can show any time. */
  timezone_offset_hours: number;
}
