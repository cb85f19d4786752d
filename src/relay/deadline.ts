/**
 * How long a client waits, and so by when its answer must have begun. A try past that moment is useless: the client has given
 * up, repeats its request, and never learns what was wrong.
 */
import type { Call } from "./call.ts";

/** Claude Code behind a gateway, and Codex, give up on a stream's first byte, and on any silence, after 300 s. */
const CLIENT_WAITS_MS = 300_000;
/** Cloudflare closes a client's connection after 400 s of silence, however long the client would wait. */
const NOBODY_WAITS_MS = 390_000;
/** Taken off the client's time, because its clock began with the upload, and the answer has a way to go. */
const MARGIN_MS = 15_000;
/** The same as a share of the client's time, for a client that waits for seconds only. */
const MARGIN_SHARE = 0.1;

/** A try that has less time than this is not begun: it would most likely be given up in the middle. */
export const SHORTEST_TRY_MS = 10_000;

/** After so much silence in the middle of an answer the relay ends it with an error. The client would end it 30 s later, without one. */
export const LONGEST_SILENCE_MS = 270_000;

/** When the first byte must have gone to the client, milliseconds since the epoch. `streams`: whether it asked for a stream. */
export function answerDeadline({ http, startedAt }: Pick<Call, "http" | "startedAt">, streams: boolean): number {
  // The SDKs and Claude Code say their timeout, in seconds. On streams Claude Code says 600, and waits for 300.
  const stated = Number(http.headers.get("x-stainless-timeout")) * 1000;
  const waits = stated > 0 ? Math.min(stated, streams ? CLIENT_WAITS_MS : NOBODY_WAITS_MS) : CLIENT_WAITS_MS;
  return startedAt + waits - Math.min(MARGIN_MS, waits * MARGIN_SHARE);
}
