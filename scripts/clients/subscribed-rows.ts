/** Clients on the kind of account that was issued for them, bytes untouched. */
import { native, quietToken } from "./claude-rows.ts";
import type { Client } from "./client.ts";
import { codex, customProvider } from "./codex-rows.ts";

export const SUBSCRIBED: readonly Client[] = [
  { ...native, name: "claude-2.1.329 subscription", env: quietToken, subscription: "claude" },
  {
    ...codex,
    version: "0.169.0",
    name: "codex-0.169.0 subscription",
    files: customProvider("gpt-6.1-sol"),
    subscription: "codex",
  },
];
