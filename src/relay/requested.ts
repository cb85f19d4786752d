/**
 * What a request asks of the pool. A request without a body that is read (a look, a list) asks for what its path names.
 */
import type { Requested } from "../pool/target.ts";
import type { Call } from "./call.ts";
import type { RelayRequest } from "./request.ts";

export function requestedOf(
  { route, parameters }: Pick<Call, "route" | "parameters">,
  request: RelayRequest | null,
): Requested {
  const { platforms, protocol, operation, envelope } = route;
  return {
    platforms,
    protocol,
    // What is only asked about has its envelope taken off, and its answer has none (measured of Gemini CLI's counts).
    envelope: operation === "generate" ? envelope : null,
    usageUnasked: request?.usageUnasked ?? false,
    model: request?.model ?? parameters.model ?? "",
    otherModels: request?.otherModels ?? [],
  };
}
