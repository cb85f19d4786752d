/** How a verb says no: what failed, what to do about it, and the exit code that scripts go by. Values, never thrown. */
import type { Result } from "../../src/vocabulary.ts";

/** `docs/command-line.md` tells these; none changes its meaning. */
export const EXIT = {
  ok: 0,
  /** What was asked for was tried, and did not work out. */
  failed: 1,
  /** The command line, or a value in it, makes no sense. */
  usage: 2,
  /** Nobody is signed in, or what was presented is not valid. */
  notSignedIn: 3,
  /** Nobody answers at the address, or something that is not a relay does. */
  unreachable: 4,
  /** Ctrl-C, as shells have it. */
  interrupted: 130,
} as const;

/** What stood in the relay's place, or what the relay could not do, where that is known. */
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
  /** What to do; left out where the message says it. */
  advice?: string;
  cause?: Cause;
}

/** What a verb's work comes to. */
export type Outcome<Value = unknown> = Result<Value, Failure>;

export const DONE: Outcome<null> = { ok: true, value: null };

export function failed(exit: Failure["exit"], message: string, advice?: string): { ok: false; refusal: Failure } {
  return { ok: false, refusal: { exit, message, ...(advice !== undefined && { advice }) } };
}
