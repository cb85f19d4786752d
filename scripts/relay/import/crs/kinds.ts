/**
 * The ten kinds of accounts of claude-relay-service: where Redis has them, with which salt they are sealed, and what each becomes here. The
 * one list of them. A record has the fields of the Redis hash, with sealed ones opened.
 */
import type { AccountBody, Notes } from "../draft.ts";
import { azureBody, bedrockBody, ccrBody, consoleBody, geminiApiBody, responsesBody } from "./key-accounts.ts";
import { claudeBody, codexBody, droidBody, geminiBody } from "./signed-in.ts";

/** The fields of an account that depend on its kind; null: it cannot be imported, and `notes` says why. */
export type KindBody = Partial<AccountBody> & Pick<AccountBody, "platform" | "kind">;

export interface CrsKind {
  name: string;
  /** The prefix of its keys in Redis. */
  prefix: string;
  salt: string;
  /** The fields that are sealed. */
  sealed: readonly string[];
  body(record: Record<string, unknown>, notes: Notes): KindBody | null;
}

export const CRS_KINDS: readonly CrsKind[] = [
  {
    ...{ name: "claude", prefix: "claude:account:", salt: "salt", body: claudeBody },
    sealed: ["accessToken", "refreshToken", "claudeAiOauth"],
  },
  {
    ...{ name: "claude-console", prefix: "claude_console_account:", salt: "claude-console-salt", body: consoleBody },
    sealed: ["apiKey"],
  },
  { name: "ccr", prefix: "ccr_account:", salt: "ccr-account-salt", sealed: ["apiKey"], body: ccrBody },
  {
    ...{ name: "bedrock", prefix: "bedrock_account:", salt: "salt", body: bedrockBody },
    sealed: ["awsCredentials", "bearerToken"],
  },
  {
    ...{ name: "gemini", prefix: "gemini_account:", salt: "gemini-account-salt", body: geminiBody },
    sealed: ["accessToken", "refreshToken", "geminiOauth"],
  },
  {
    name: "gemini-api",
    prefix: "gemini_api_account:",
    salt: "gemini-api-salt",
    sealed: ["apiKey"],
    body: geminiApiBody,
  },
  {
    ...{ name: "openai", prefix: "openai:account:", salt: "openai-account-salt", body: codexBody },
    sealed: ["accessToken", "refreshToken", "idToken"],
  },
  {
    ...{
      name: "openai-responses",
      prefix: "openai_responses_account:",
      salt: "openai-responses-salt",
      body: responsesBody,
    },
    sealed: ["apiKey"],
  },
  {
    ...{
      name: "azure-openai",
      prefix: "azure_openai:account:",
      salt: "azure-openai-account-default-salt",
      body: azureBody,
    },
    sealed: ["apiKey"],
  },
  {
    ...{ name: "droid", prefix: "droid:account:", salt: "droid-account-salt", body: droidBody },
    sealed: ["accessToken", "refreshToken", "apiKeys"],
  },
];
