/**
 * The small request that a check sends, in the wire format that the account speaks.
 */
import type { Account } from "../pool/account.ts";
import { targetOf } from "../pool/target.ts";
import { type Protocol, WIRE } from "../protocols/wire.ts";
import { UNCOUNTED } from "../relay/body-hold.ts";
import type { Sending } from "../relay/outgoing.ts";
import { type RelayRequest, readRequest } from "../relay/request.ts";
import { findRoute } from "../relay/routes.ts";
import { upstreamUrl } from "../relay/upstream-url.ts";

/** What the account speaks best; of a service that is known for one format a second may be young. */
function protocolOfCheck({ kind, protocols }: Account): Protocol {
  return protocols[0] ?? kind.check.protocol;
}

/** The model to check with where none is named: one that the account's own rules name in full, else the default. */
export function modelForCheck(account: Account): string {
  const named = [...account.allowedModels, ...Object.keys(account.modelMapping)];
  return named.find((model) => !model.includes("*")) ?? account.kind.check.model;
}

/** The URL that a check asks, as far as it is known without a credential; null for a model that no URL can hold. */
export function urlOfCheck(account: Account): string | null {
  const protocol = protocolOfCheck(account);
  const model = modelForCheck(account);
  const { pathname, search } = new URL(WIRE[protocol].check.pathFor(model), "https://relay.invalid");
  const found = findRoute("POST", pathname, new Headers());
  return found ? upstreamUrl(targetOf(account, model, protocol), found, search) : null;
}

export interface CheckRequest {
  sending: Sending;
  request: RelayRequest;
}

/** `signal` ends it. `now` in milliseconds since the epoch. */
export async function requestOfCheck(
  account: Account,
  model: string,
  signal: AbortSignal,
  now: number,
): Promise<CheckRequest> {
  const { pathFor, bodyFor, HEADERS } = WIRE[protocolOfCheck(account)].check;
  const url = new URL(pathFor(model), "https://relay.invalid");
  const headers = new Headers({
    "content-type": "application/json",
    accept: "text/event-stream",
    "user-agent": "edge-relay",
    ...HEADERS,
  });
  const http = new Request(url, { method: "POST", headers, body: JSON.stringify(bodyFor(model)), signal });
  const found = findRoute("POST", url.pathname, headers);
  if (!found) throw new Error(`The relay has no route ${url.pathname}`);
  const sending = { id: crypto.randomUUID(), http, ...found, search: url.search, startedAt: now };
  const request = await readRequest(sending, UNCOUNTED);
  if (!request.ok) throw new Error("The request of a check is one that the relay itself would refuse");
  return { sending, request: request.value };
}
