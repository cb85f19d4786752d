/** How a verb refuses: what failed, what to do about it, and the exit code for scripts. Values, never thrown. */
import type { Result } from "../../src/vocabulary.ts";

/** Described in `docs/command-line.md`. Their meanings never change. */
export const EXIT = {
  ok: 0,
  /** The task was tried, and failed. */
  failed: 1,
  /** The command line, or a value in it, is invalid. */
  usage: 2,
  /** Nobody is signed in, or the credentials are not valid. */
  notSignedIn: 3,
  /** Nothing answers at the address, or something that is not a relay. */
  unreachable: 4,
  /** Ctrl-C, with the exit code that shells use. */
  interrupted: 130,
} as const;

/** What answered in the relay's place, or what the relay could not do, if that is known. */
export type Cause =
  | "access_in_front"
  | "bot_protection"
  | "free_limit_reached"
  | "cpu_limit"
  | "worker_threw"
  | "no_worker_there"
  | "allowance_used_up"
  | "stale_schema"
  | "missing_secret"
  | "not_signed_in"
  | "sign_in_slowed_down"
  | "moved"
  | "not_a_relay"
  | "no_connection"
  | "workers_dev_blocked"
  | "refused";

export interface Failure {
  exit: Exclude<keyof typeof EXIT, "ok">;
  /** What failed, in one sentence. */
  message: string;
  /** What to do; left out if the message says it. */
  advice?: string;
  cause?: Cause;
}

/** The result of a verb. */
export type Outcome<Value = unknown> = Result<Value, Failure>;

export const DONE: Outcome<null> = { ok: true, value: null };

export function failed(exit: Failure["exit"], message: string, advice?: string): { ok: false; refusal: Failure } {
  return { ok: false, refusal: { exit, message, ...(advice !== undefined && { advice }) } };
}
