/** OpenCode: its own Anthropic and OpenAI providers, redirected to the relay. */
import type { Client, ConfigurationFile, Wanted } from "./client.ts";
import { shownFile } from "./shown-file.ts";

function configuration({ origin, key, model }: Wanted): ConfigurationFile {
  const apiKey = key.from === "environment" ? `{env:${key.variable}}` : key.from === "file" ? key.key : null;
  const provider = (name: string, base: string) => [
    { path: ["provider", name, "options", "baseURL"], value: `${origin}${base}` },
    { path: ["provider", name, "options", "apiKey"], value: apiKey },
  ];
  return {
    // In the order in which it looks for the one to change. It reads all three.
    paths: [".config/opencode/opencode.jsonc", ".config/opencode/opencode.json", ".config/opencode/config.json"],
    elsewhere: { variable: "XDG_CONFIG_HOME", insteadOf: ".config" },
    format: "json",
    settings: [
      ...provider("anthropic", "/api/v1"),
      ...provider("openai", "/openai/v1"),
      ...(model === null ? [] : [{ path: ["model"], value: model.includes("/") ? model : `anthropic/${model}` }]),
    ],
  };
}

export const opencode: Client = {
  id: "opencode",
  name: "OpenCode",
  format: "messages",
  base: "/api",
  model: "claude-sonnet-4-5",
  shown: (origin, key) => [shownFile(configuration({ origin, key: { from: "file", key }, model: null }))],
  connects: { keySources: ["file", "environment"], shadows: () => [], files: (wanted) => [configuration(wanted)] },
};
