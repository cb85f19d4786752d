/** The vendors' libraries, each used by an agent of ours in the way in which people use it. */
import { chatScript } from "./chat-script.ts";
import type { Client, Lane, Place } from "./client.ts";
import { geminiScript } from "./gemini-script.ts";
import type { Loop } from "./loop.ts";
import { messagesScript } from "./messages-script.ts";
import { responsesScript } from "./responses-script.ts";

const agent = { args: ({ prompt }: Loop) => [prompt], expects: "tool loop" } as const;

export const anthropic = {
  ...library("@anthropic-ai/sdk", "/api", "messages"),
  agent: "anthropic.ts",
  script: messagesScript,
  recognisedAs: "anthropic_sdk",
  mustAsk: ["GET /api/v1/models", "POST /api/v1/messages/count_tokens"],
};
export const openai = { ...library("openai", "/openai/v1", "openai"), version: "7.55.0", recognisedAs: "openai_sdk" };
export const genai = {
  ...library("@google/genai", "/gemini", "gemini"),
  agent: "genai.ts",
  script: geminiScript,
  recognisedAs: "google_genai_sdk",
};

export const LIBRARIES: readonly Client[] = [
  { ...anthropic, version: "1.11.0", name: "anthropic-sdk-1.11.0" },
  { ...anthropic, version: "0.137.0", name: "anthropic-sdk-0.137.0" },
  {
    ...openai,
    name: "openai-7.55.0 chat",
    agent: "openai-chat.ts",
    script: chatScript,
    mustAsk: ["GET /openai/v1/models"],
  },
  {
    ...openai,
    name: "openai-7.55.0 responses",
    agent: "openai-responses.ts",
    script: responsesScript,
    mustAsk: ["POST /openai/v1/responses/input_tokens"],
  },
  { ...genai, version: "3.1.0", name: "genai-3.1.0", mustAsk: ["GET /gemini/v1/models"] },
  { ...genai, version: "2.32.0", name: "genai-2.32.0", mustAsk: ["GET /gemini/v1beta/models"] },
];

function library(name: string, path: string, lane: Lane) {
  const env = ({ origin, key }: Place) => ({ BASE_URL: `${origin}${path}`, API_KEY: key });
  return { ...agent, package: name, program: `${name}/package.json`, env, lane };
}
