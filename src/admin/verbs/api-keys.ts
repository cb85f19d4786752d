import type { VerbContext, VerbResult } from "../context.ts";
import type { ApiKeyFields, ApiKeyView, ApiKeyWithSecretView, CreateApiKey } from "../schemas/api-keys.ts";
export async function createApiKey(_c: VerbContext, _i: CreateApiKey): Promise<VerbResult<ApiKeyWithSecretView>> {
  throw new Error("soon");
}
export async function updateApiKey(_c: VerbContext, _id: string, _i: ApiKeyFields): Promise<VerbResult<ApiKeyView>> {
  throw new Error("soon");
}
export async function deleteApiKey(_c: VerbContext, _id: string): Promise<VerbResult<ApiKeyView>> {
  throw new Error("soon");
}
export async function restoreApiKey(_c: VerbContext, _id: string): Promise<VerbResult<ApiKeyView>> {
  throw new Error("soon");
}
