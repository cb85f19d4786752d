/**
 * Clients whose only knowledge of the relay is what `edge-relay connect` has written into their configuration. The configuration also has
 * other settings, with comments if the format has them.
 */
import { chatScript } from "./chat-script.ts";
import { native } from "./claude-rows.ts";
import { type Client, EXE, PLATFORM } from "./client.ts";
import { codex } from "./codex-rows.ts";
import { droid } from "./droid-rows.ts";
import { gemini, settings } from "./gemini-rows.ts";
import { geminiScript } from "./gemini-script.ts";
import type { Loop } from "./loop.ts";
import { messagesScript } from "./messages-script.ts";

const quietClaude = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1" };

/** In the form in which it writes the file itself. */
const CLINE = `${JSON.stringify(
  {
    version: 1,
    lastUsedProvider: "anthropic",
    modes: {},
    providers: {
      anthropic: {
        settings: { provider: "anthropic", apiKey: "sk-ant-own", model: "claude-opus-5" },
        updatedAt: "2026-11-20T00:00:00.000Z",
        tokenSource: "manual",
      },
    },
  },
  null,
  2,
)}\n`;

export const CONNECTED: readonly Client[] = [
  {
    ...native,
    name: "claude-2.1.329 connected",
    connectedAs: "claude",
    env: ({ temporary }) => ({ ...quietClaude, CLAUDE_CODE_TMPDIR: temporary }),
    files: () => ({ ".claude/settings.json": '{ "env": { "EDITOR": "vi" },\n    "includeCoAuthoredBy": false }' }),
  },
  {
    ...codex,
    version: "0.169.0",
    name: "codex-0.169.0 connected",
    connectedAs: "codex",
    env: () => ({}),
    files: () => ({
      ".codex/config.toml": [
        "# mine",
        'model = "gpt-6.1-sol" # the newest',
        "check_for_update_on_startup = false",
        "",
        "[analytics]",
        "enabled = false",
        "",
      ].join("\n"),
    }),
  },
  {
    ...gemini,
    name: "gemini-0.61.0 connected",
    connectedAs: "gemini",
    env: () => ({}),
    files: () => ({ ...settings("oauth-personal")(), ".gemini/.env": "# mine\nEDITOR=vi" }),
    script: geminiScript,
    lane: "gemini",
  },
  {
    ...droid,
    name: "droid-0.215.0 connected",
    connectedAs: "droid",
    files: () => ({ ".factory/settings.json": '{\n  // mine\n  "enableDroidShield": false\n}\n' }),
    script: messagesScript,
    lane: "droid",
  },
  {
    package: `opencode-${PLATFORM}`,
    version: "1.18.33",
    program: `opencode-${PLATFORM}/bin/opencode${EXE}`,
    name: "opencode-1.18.33 connected",
    connectedAs: "opencode",
    args: ({ prompt }: Loop) => ["run", "--model", "anthropic/claude-sonnet-4-5", prompt],
    env: () => ({
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    }),
    files: () => ({
      ".config/opencode/opencode.jsonc":
        '{\n  "$schema": "https://opencode.ai/config.json",\n  // mine\n  "share": "disabled",\n}\n',
    }),
    script: messagesScript,
    lane: "messages",
    recognisedAs: "unknown",
    expects: "tool loop",
  },
  {
    package: `@cline/cli-${PLATFORM}`,
    version: "3.0.65",
    program: `@cline/cli-${PLATFORM}/bin/cline${EXE}`,
    name: "cline-3.0.65 connected",
    connectedAs: "cline",
    args: ({ prompt }: Loop) => ["--auto-approve", "true", prompt],
    env: () => ({}),
    files: () => ({ ".cline/data/settings/providers.json": CLINE }),
    script: chatScript,
    lane: "openai",
    recognisedAs: "unknown",
    expects: "tool loop",
  },
];
