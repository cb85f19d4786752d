import type { VerbContext, VerbResult } from "../context.ts";
import type { ApiKeyView, ApiKeyWithSecretView, ListApiKeys } from "../schemas/api-keys.ts";
import type { Page } from "../schemas/page.ts";
export async function listApiKeys(_c: VerbContext, _i: ListApiKeys): Promise<VerbResult<Page<ApiKeyView>>> {
  throw new Error("soon");
}
export async function readApiKey(_c: VerbContext, _id: string): Promise<VerbResult<ApiKeyView | ApiKeyWithSecretView>> {
  throw new Error("soon");
}
export async function revealApiKey(
  _c: VerbContext,
  _id: string,
): Promise<VerbResult<ApiKeyView | ApiKeyWithSecretView>> {
  throw new Error("soon");
}
