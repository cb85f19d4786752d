/** Zed's agent. Its keys are in the system's key chain or in the environment, never in its settings. */
import { type Client, type ConfigurationFile, exported, terminal } from "./client.ts";
import { shownFile } from "./shown-file.ts";

function configuration(origin: string): ConfigurationFile {
  return {
    paths: [".config/zed/settings.json"],
    elsewhere: { variable: "XDG_CONFIG_HOME", insteadOf: ".config" },
    format: "json",
    settings: [
      { path: ["language_models", "anthropic", "api_url"], value: `${origin}/api` },
      { path: ["language_models", "openai", "api_url"], value: `${origin}/openai/v1` },
    ],
  };
}

const variables = (key: string) => exported({ ANTHROPIC_API_KEY: key, OPENAI_API_KEY: key });

export const zed: Client = {
  id: "zed",
  name: "Zed",
  format: "messages",
  base: "/api",
  model: "claude-sonnet-4-5",
  shown: (origin, key) => [shownFile(configuration(origin)), terminal(...variables(key), "zed")],
  connects: {
    keySources: ["environment"],
    shadows: () => [],
    keyVariable: "ANTHROPIC_API_KEY",
    files: ({ origin }) => [configuration(origin)],
    remarks: [
      "Zed takes the key from ANTHROPIC_API_KEY and OPENAI_API_KEY, or from its settings of the provider, where you paste it.",
    ],
  },
};
