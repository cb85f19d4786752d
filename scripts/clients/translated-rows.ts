/** Clients on upstreams of another format: the whole loop through a translation, both ways. */
import { chatScript } from "./chat-script.ts";
import { native, quietToken } from "./claude-rows.ts";
import type { Client, Place, UpstreamFormat } from "./client.ts";
import { codex, customProvider } from "./codex-rows.ts";
import { claude, droid, settings as droidSettings } from "./droid-rows.ts";
import { codeAssist, gemini, settings as geminiSettings } from "./gemini-rows.ts";
import { anthropic, genai, openai } from "./library-rows.ts";
import { messagesScript } from "./messages-script.ts";
import { responsesScript } from "./responses-script.ts";

const translated = { rewritten: true } as const;
const thinking = { MAX_THINKING_TOKENS: "4000" };
/** The libraries' base URLs for which any platform may serve. */
const anyPlatform = (path: string) => ({
  env: ({ origin, key }: Place) => ({ BASE_URL: `${origin}${path}`, API_KEY: key }),
  mustAsk: [],
});

/** The same row for each of these upstreams. */
function on(formats: readonly UpstreamFormat[], name: string, row: Omit<Client, "name">): Client[] {
  return formats.map((upstream) => ({ ...row, ...translated, upstream, name: `${name} on ${upstream}` }));
}

export const TRANSLATED: readonly Client[] = [
  ...on(["chat", "responses", "gemini"], "claude-2.1.329", {
    ...native,
    env: (place) => ({ ...quietToken(place), ...thinking }),
  }),
  ...on(["anthropic", "chat", "gemini"], "codex-0.169.0", {
    ...codex,
    version: "0.169.0",
    files: customProvider("gpt-6.1-sol", "/v1"),
  }),
  ...on(["anthropic", "chat", "responses"], "gemini-0.61.0", {
    ...gemini,
    env: ({ origin, key }) => ({ GOOGLE_GEMINI_BASE_URL: origin, GEMINI_API_KEY: key }),
    files: geminiSettings("gemini-api-key"),
    lane: "gemini",
  }),
  ...on(["anthropic", "chat", "responses"], "gemini-0.61.0 code assist", {
    ...gemini,
    env: (place) => codeAssist(place, ""),
    files: geminiSettings("oauth-personal"),
    lane: "code-assist",
  }),
  ...on(["chat"], "droid-0.215.0 messages", {
    ...droid,
    files: droidSettings("/claude", claude),
    script: messagesScript,
    lane: "messages",
  }),
  ...on(["anthropic", "gemini", "responses"], "openai-7.55.0 chat", {
    ...openai,
    ...anyPlatform("/v1"),
    agent: "openai-chat.ts",
    script: chatScript,
  }),
  ...on(["anthropic", "gemini", "chat"], "openai-7.55.0 responses", {
    ...openai,
    ...anyPlatform("/v1"),
    agent: "openai-responses.ts",
    script: responsesScript,
  }),
  ...on(["chat", "responses", "gemini"], "anthropic-sdk-1.11.0", { ...anthropic, version: "1.11.0" }),
  ...on(["anthropic", "chat", "responses"], "genai-3.1.0", { ...genai, ...anyPlatform(""), version: "3.1.0" }),
];
