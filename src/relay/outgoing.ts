/** A request as it is about to be sent to one account: the lane that leads there, its headers, and the last word of the account's kind. */
import { record } from "../events.ts";
import { laneUpstreamOf, type Target } from "../pool/target.ts";
import { AS_IT_IS, type LaneRequest, type OpenLane } from "../protocols/translate/lane.ts";
import { WIRE } from "../protocols/wire.ts";
import { forwardedHeaders, TRANSLATED_HEADERS } from "../providers/forwarded.ts";
import type { Asking, Credential, Outgoing, Setting, Upstream } from "../providers/kind.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import type { Call } from "./call.ts";
import type { RelayRequest } from "./request.ts";

/** What sending needs of a call; an account check has no more than that. */
export type Sending = Pick<Call, "id" | "http" | "route" | "parameters" | "search" | "startedAt">;

/** The lane of a request without a body. */
const NOTHING_TO_SEND = { body: () => null, endpoint: null, instead: () => null, answer: AS_IT_IS };

/** Opens the lane of this try. Without a request it is a lane that carries nothing. */
export function opening(
  call: Sending,
  request: RelayRequest | null,
  target: Target,
  under: Pick<Asking, "credential" | "setting">,
): Result<OpenLane | typeof NOTHING_TO_SEND, Refusal> {
  if (!request) return { ok: true, value: NOTHING_TO_SEND };
  const asking = { ...under, id: call.id, session: request.session };
  return target.lane.open(laneRequestOf(call, request), laneUpstreamOf(target, asking));
}

/** How kinds read the relay's settings. */
export function settingIn(env: Env): Setting {
  return (name) => String(Reflect.get(env, name) ?? "").trim();
}

function laneRequestOf({ id, route, search, startedAt }: Sending, request: RelayRequest): LaneRequest {
  const { model, stream, session, demands } = request;
  const { errorElement } = WIRE[route.protocol];
  const asked = {
    ...{ id, model, stream, session, inputTokens: demands.inputTokens },
    asArray: stream && errorElement !== undefined && !/[?&]alt=sse\b/.test(search),
    enveloped: route.envelope !== null,
    createdAt: Math.floor(startedAt / 1000),
  };
  return { ...request, carries: demands.carries, asked };
}

/** The headers of the request, without those of its credential. */
export function headersFor(
  { http }: Sending,
  request: RelayRequest | null,
  { account }: Target,
  { endpoint }: Pick<OpenLane, "endpoint">,
): Headers {
  const forwarded = endpoint ? TRANSLATED_HEADERS : account.kind.forwarded;
  const headers = forwardedHeaders(http, forwarded, account.extraHeaders);
  if (request) headers.set("content-type", endpoint ? "application/json" : request.contentType);
  for (const [name, value] of Object.entries(endpoint?.headers ?? {})) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return headers;
}

/**
 * The request as the account's kind makes it ready; null if the provider has nothing of this kind. Whatever the kind throws is a bug,
 * and its message may hold anything, so only its name is logged. Kinds touch no network, so this is soon done.
 */
export async function prepared(
  draft: Outgoing,
  target: Target & Pick<Upstream, "setting">,
  credential: Credential,
): Promise<Outgoing | null> {
  const { id, kind } = target.account;
  try {
    return await kind.prepare(draft, target, credential, Date.now());
  } catch (error) {
    record({ event: "request_not_prepared", account: id, error: error instanceof Error ? error.name : "unknown" });
    throw new Error("the request could not be made ready");
  }
}
