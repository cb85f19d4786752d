/** Claude Code. Its settings file has an environment of its own, which counts before that of the shell. */
import { type Client, exported, type KeySource, terminal } from "./client.ts";

/** ANTHROPIC_AUTH_TOKEN and not ANTHROPIC_API_KEY: with the latter Claude Code asks for approval on first use. */
const KEY = "ANTHROPIC_AUTH_TOKEN";
/** What would lead it past the relay. */
const ELSEWHERE = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"];
/** And what would send it another key beside ours; set in a shell (2.1.329) that does no harm. */
const RIVALS = ["ANTHROPIC_API_KEY", ...ELSEWHERE];
/** Goes before the model of its settings. */
const MODEL = "ANTHROPIC_MODEL";

const base = (origin: string) => `${origin}/api`;
const keyIn = (key: KeySource) => (key.from === "file" ? key.key : null);

export const claude: Client = {
  id: "claude",
  name: "Claude Code",
  format: "messages",
  base: "/api",
  model: "claude-sonnet-4-5",
  shown: (origin, key) => [terminal(...exported({ ANTHROPIC_BASE_URL: base(origin), [KEY]: key }), "claude")],
  connects: {
    keySources: ["file", "environment", "command"],
    keyVariable: KEY,
    shadows: ({ model }) => [...ELSEWHERE, ...(model === null ? [] : [MODEL])],
    files: ({ origin, key, model, statusLine }) => [
      {
        paths: [".claude/settings.json"],
        elsewhere: { variable: "CLAUDE_CONFIG_DIR", insteadOf: ".claude" },
        format: "json",
        strict: "comments",
        settings: [
          { path: ["env", "ANTHROPIC_BASE_URL"], value: base(origin) },
          { path: ["env", KEY], value: keyIn(key) },
          { path: ["apiKeyHelper"], value: key.from === "command" ? key.command : null },
          ...RIVALS.map((name) => ({ path: ["env", name], value: null })),
          ...(model === null
            ? []
            : [
                { path: ["env", MODEL], value: null },
                { path: ["model"], value: model },
              ]),
          ...(statusLine === undefined
            ? []
            : [{ path: ["statusLine"], value: { type: "command", command: statusLine } }]),
        ],
      },
    ],
  },
};
