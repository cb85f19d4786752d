/**
 * What a target must fit to serve a request. If the request has no body (a look-up, a list), its path names the model.
 */
import type { Step } from "../pool/aliases.ts";
import type { TargetCriteria } from "../pool/target.ts";
import type { Call } from "./call.ts";
import type { RelayRequest } from "./request.ts";

export function targetCriteriaOf(
  { route, parameters, client }: Pick<Call, "route" | "parameters" | "client">,
  request: RelayRequest | null,
  chain: readonly Step[] | null = null,
): TargetCriteria {
  const { platforms, others, kinds, protocol, envelope } = route;
  const model = request?.model ?? parameters.model ?? "";
  return {
    platforms: [...platforms, ...others],
    own: platforms,
    kinds,
    protocol,
    envelope,
    task: route.task,
    usageUnasked: request?.usageUnasked ?? false,
    model,
    ...(chain && { chain }),
    client,
    otherModels: request?.otherModels ?? [],
  };
}
