/** Factory's Droid with a custom model. */
import type { Client, ConfigurationFile } from "./client.ts";
import { shownFile } from "./shown-file.ts";

const ID = "custom:relay-0";
const MODEL = "claude-sonnet-4-5";

function configuration(origin: string, key: string, model: string): ConfigurationFile {
  return {
    paths: [".factory/settings.json"],
    elsewhere: { variable: "FACTORY_HOME_OVERRIDE", insteadOf: "" },
    format: "json",
    settings: [
      {
        path: ["customModels", { id: ID }],
        value: {
          id: ID,
          index: 0,
          displayName: "relay",
          provider: "anthropic",
          model,
          baseUrl: `${origin}/droid/claude`,
          apiKey: key,
          maxOutputTokens: 32_000,
        },
      },
    ],
  };
}

export const droid: Client = {
  id: "droid",
  name: "Droid",
  format: "messages",
  base: "/droid/claude",
  model: MODEL,
  shown: (origin, key) => [shownFile(configuration(origin, key, MODEL))],
  connects: {
    keySources: ["file"],
    shadows: () => [],
    files: ({ origin, key, model }) => [configuration(origin, key.from === "file" ? key.key : "", model ?? MODEL)],
    remarks: [
      `Choose the model with /model, or start it with --model ${ID}.`,
      "Droid itself still wants a login, or any value in FACTORY_API_KEY.",
    ],
  },
};
