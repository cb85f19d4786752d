import type { VerbContext, VerbResult } from "../context.ts";
import type { Page } from "../schemas/page.ts";
import type { ListRequests, RequestView } from "../schemas/requests.ts";
export async function listRequests(_c: VerbContext, _i: ListRequests): Promise<VerbResult<Page<RequestView>>> {
  throw new Error("soon");
}
