/** Answers to requests that use nothing up: the relay's own, or an upstream's, whose lease is released without a booking. */
import type { Choice } from "../pool/choose.ts";
import type { Call } from "./call.ts";
import { deliver, noAccountResponse } from "./deliver.ts";
import type { Reached } from "./failover.ts";
import type { Settle } from "./settle.ts";

/** An answer of the relay's own. */
export function ownAnswer(call: Call, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { headers: { "x-request-id": call.id, "cache-control": "no-store", ...headers } });
}

/** The answer to what was reached, as it is; null: no account could be asked. */
export function passThrough(call: Call, choice: Choice, reached: Reached | null): Response {
  if (!reached) return noAccountResponse(call, choice, nothingToBook(null));
  return deliver(call, choice, reached, nothingToBook(reached));
}

/** Releases an answer that does not go to the client. */
export function release(call: Call, reached: Reached | null): void {
  if (reached?.sent.kind === "stream") reached.sent.stream.abort();
  if (reached?.lease) call.ctx.waitUntil(reached.lease.release(0));
}

export function nothingToBook(reached: Reached | null): Settle {
  return async () => reached?.lease?.release(0);
}
