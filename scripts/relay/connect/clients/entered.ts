/** Clients whose settings a person enters: the fields of a window, the parameters of a library. */
import { type Client, exported, fields, terminal } from "./client.ts";

const openAiCompatible = { format: "chat", base: "/v1", model: "claude-sonnet-4-5" } as const;
const inFields = (origin: string, key: string) => fields(`${origin}/v1`, key);

export const cherryStudio: Client = {
  ...openAiCompatible,
  id: "cherry-studio",
  name: "Cherry Studio",
  shown: inFields,
};
export const sillyTavern: Client = { ...openAiCompatible, id: "silly-tavern", name: "SillyTavern", shown: inFields };

export const aider: Client = {
  ...openAiCompatible,
  id: "aider",
  name: "aider",
  shown: (origin, key) => [
    terminal(
      ...exported({ OPENAI_API_BASE: `${origin}/v1`, OPENAI_API_KEY: key }),
      "aider --model openai/claude-sonnet-4-5",
    ),
  ],
};

export const sdks: Client = {
  id: "sdks",
  name: "SDKs",
  format: "messages",
  base: "/api",
  model: "claude-sonnet-4-5",
  shown: (origin, key) => [
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
};

export const curl: Client = {
  id: "curl",
  name: "curl",
  format: "messages",
  base: "/api",
  model: "claude-sonnet-4-5",
  shown: (origin, key) => [terminal(curlLine(origin, key))],
};

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
