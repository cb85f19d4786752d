/**
 * What to put where so that a client calls this relay with a key. Pure. The settings are those that docs/clients.md names; what runs
 * against the relay there is a claim of `npm run clients`.
 */

export interface Snippet {
  /** Which of the words for titles: what the text is. */
  title: "terminal" | "file" | "baseUrl" | "apiKey" | "code";
  /** The file, where it is one. */
  file?: string;
  text: string;
}

export interface ClientLines {
  id: string;
  /** Its name, the same in every language. */
  name: string;
  lines: (origin: string, key: string) => Snippet[];
}

export const CLIENTS: readonly ClientLines[] = [
  {
    id: "claude-code",
    name: "Claude Code",
    // ANTHROPIC_AUTH_TOKEN and not ANTHROPIC_API_KEY: with the latter Claude Code asks for approval on first use.
    lines: (origin, key) => [
      terminal(`export ANTHROPIC_BASE_URL=${origin}/api`, `export ANTHROPIC_AUTH_TOKEN=${key}`, "claude"),
    ],
  },
  {
    id: "codex",
    name: "Codex",
    lines: (origin, key) => [
      {
        title: "file",
        file: "~/.codex/config.toml",
        text: [
          `model_provider = "relay"`,
          "",
          "[model_providers.relay]",
          `name = "relay"`,
          `base_url = "${origin}/openai"`,
          `wire_api = "responses"`,
          `env_key = "RELAY_KEY"`,
        ].join("\n"),
      },
      terminal(`export RELAY_KEY=${key}`, "codex"),
    ],
  },
  {
    id: "gemini-cli",
    name: "Gemini CLI",
    lines: (origin, key) => [
      terminal(`export GOOGLE_GEMINI_BASE_URL=${origin}/gemini`, `export GEMINI_API_KEY=${key}`, "gemini"),
    ],
  },
  {
    id: "droid",
    name: "Droid",
    lines: (origin, key) => [
      {
        title: "file",
        file: "~/.factory/settings.json",
        text: json({
          customModels: [
            {
              id: "custom:relay-0",
              index: 0,
              displayName: "relay",
              provider: "anthropic",
              model: "claude-sonnet-4-5",
              baseUrl: `${origin}/droid/claude`,
              apiKey: key,
              maxOutputTokens: 32_000,
            },
          ],
        }),
      },
    ],
  },
  {
    id: "opencode",
    name: "OpenCode",
    lines: (origin, key) => [
      {
        title: "file",
        file: "opencode.json",
        text: json({
          provider: {
            anthropic: { options: { baseURL: `${origin}/api/v1`, apiKey: key } },
            openai: { options: { baseURL: `${origin}/openai/v1`, apiKey: key } },
          },
        }),
      },
    ],
  },
  { id: "cherry-studio", name: "Cherry Studio", lines: (origin, key) => settings(`${origin}/v1`, key) },
  { id: "cline", name: "Cline", lines: (origin, key) => settings(`${origin}/v1`, key) },
  { id: "silly-tavern", name: "SillyTavern", lines: (origin, key) => settings(`${origin}/v1`, key) },
  {
    id: "sdks",
    name: "SDKs",
    lines: (origin, key) => [
      {
        title: "code",
        file: "TypeScript",
        text: [
          `const anthropic = new Anthropic({ baseURL: "${origin}/api", apiKey: "${key}" });`,
          `const openai = new OpenAI({ baseURL: "${origin}/openai/v1", apiKey: "${key}" });`,
          `const google = new GoogleGenAI({ apiKey: "${key}", httpOptions: { baseUrl: "${origin}/gemini" } });`,
        ].join("\n"),
      },
      {
        title: "code",
        file: "Python",
        text: [
          `anthropic = Anthropic(base_url="${origin}/api", api_key="${key}")`,
          `openai = OpenAI(base_url="${origin}/openai/v1", api_key="${key}")`,
        ].join("\n"),
      },
    ],
  },
  { id: "curl", name: "curl", lines: (origin, key) => [terminal(curlLine(origin, key))] },
];

function curlLine(origin: string, key: string): string {
  const body = {
    model: "claude-sonnet-4-5",
    max_tokens: 256,
    stream: true,
    messages: [{ role: "user", content: "Say hello" }],
  };
  return [
    `curl -N ${origin}/api/v1/messages \\`,
    `  -H "x-api-key: ${key}" \\`,
    `  -H "anthropic-version: 2023-06-01" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join("\n");
}

function terminal(...lines: string[]): Snippet {
  return { title: "terminal", text: lines.join("\n") };
}

/** Of a client whose settings are fields of a window: OpenAI compatible. */
function settings(baseUrl: string, key: string): Snippet[] {
  return [
    { title: "baseUrl", text: baseUrl },
    { title: "apiKey", text: key },
  ];
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
