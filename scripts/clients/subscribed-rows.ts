/** Clients on accounts with a sign-in: those for which it was issued, with unchanged bytes; and Antigravity, which serves any client. */
import { native, quietToken } from "./claude-rows.ts";
import type { Client } from "./client.ts";
import { codex, customProvider } from "./codex-rows.ts";
import { codeAssist, gemini, settings as geminiSettings } from "./gemini-rows.ts";

export const SUBSCRIBED: readonly Client[] = [
  { ...native, name: "claude-2.1.329 subscription", env: quietToken, subscription: "claude" },
  {
    ...codex,
    version: "0.169.0",
    name: "codex-0.169.0 subscription",
    files: customProvider("gpt-6.1-sol"),
    subscription: "codex",
  },
  {
    ...gemini,
    name: "gemini-0.61.0 code assist subscription",
    env: (place) => codeAssist(place, "/gemini"),
    files: geminiSettings("oauth-personal"),
    lane: "code-assist",
    subscription: "google",
  },
  {
    ...gemini,
    name: "gemini-0.61.0 api key subscription",
    env: ({ origin, key }) => ({ GOOGLE_GEMINI_BASE_URL: `${origin}/gemini`, GEMINI_API_KEY: key }),
    files: geminiSettings("gemini-api-key"),
    lane: "gemini",
    subscription: "google",
    rewritten: true,
  },
  {
    ...native,
    name: "claude-2.1.329 antigravity",
    env: (place) => ({ ...quietToken(place), ANTHROPIC_BASE_URL: `${place.origin}/antigravity/api` }),
    subscription: "antigravity",
    rewritten: true,
  },
];
