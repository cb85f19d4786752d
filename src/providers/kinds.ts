/** The kinds of upstream accounts. A new kind is a file and a line here. */

import { ANTHROPIC_API_KEY } from "./anthropic/api-key.ts";
import { ANTHROPIC_BEDROCK } from "./anthropic/bedrock.ts";
import { ANTHROPIC_OAUTH } from "./anthropic/oauth.ts";
import { ANTHROPIC_SETUP_TOKEN } from "./anthropic/setup-token.ts";
import { ANTHROPIC_VERTEX } from "./anthropic/vertex.ts";
import { ANTIGRAVITY_OAUTH } from "./antigravity/oauth.ts";
import { awsFields } from "./bedrock/credential-fields.ts";
import { apiKeyFields } from "./credential-fields.ts";
import { DROID_API_KEY } from "./droid/api-key.ts";
import { DROID_OAUTH } from "./droid/oauth.ts";
import { GEMINI_API_KEY } from "./gemini/api-key.ts";
import { GEMINI_CODE_ASSIST } from "./gemini/code-assist.ts";
import { GEMINI_VERTEX } from "./gemini/vertex.ts";
import type { Kind } from "./kind.ts";
import { oauthFields } from "./oauth/import.ts";
import { OPENAI_API_KEY } from "./openai/api-key.ts";
import { OPENAI_AZURE } from "./openai/azure.ts";
import { OPENAI_CODEX_OAUTH } from "./openai/codex-oauth.ts";
import { vertexFields } from "./vertex/credential-fields.ts";

export const KINDS: readonly Kind[] = [
  ...[ANTHROPIC_API_KEY, ANTHROPIC_OAUTH, ANTHROPIC_SETUP_TOKEN, ANTHROPIC_BEDROCK, ANTHROPIC_VERTEX],
  ...[OPENAI_API_KEY, OPENAI_CODEX_OAUTH, OPENAI_AZURE, GEMINI_API_KEY, GEMINI_CODE_ASSIST, GEMINI_VERTEX],
  ...[DROID_API_KEY, DROID_OAUTH, ANTIGRAVITY_OAUTH],
];

/** All fields from which any kind takes its credentials. Each kind decides which of them it accepts. */
export const CREDENTIAL_FIELDS = { ...apiKeyFields, ...awsFields, ...vertexFields, ...oauthFields };

/** The kind of account that a sign-in of this name makes; undefined if there is none. */
export function kindOfFlow(name: string): Kind | undefined {
  return KINDS.find((kind) => kind.oauth?.name === name);
}

/** Undefined if there is no kind of that name. */
export function kindOf(platform: string, name: string): Kind | undefined {
  return KINDS.find((kind) => kind.platform === platform && kind.name === name);
}
