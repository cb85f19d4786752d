/** Cline: the command line has a file; the VS Code extension keeps its settings to itself. */
import { type Client, type ConfigurationFile, fields, type Wanted } from "./client.ts";

const MODEL = "claude-sonnet-4-5";
const PROVIDER = ["providers", "openai-compatible"];

function configuration({ origin, key, model }: Wanted): ConfigurationFile {
  const settings = {
    provider: "openai-compatible",
    apiKey: key.from === "file" ? key.key : "",
    model: model ?? MODEL,
    baseUrl: `${origin}/v1`,
  };
  return {
    paths: [".cline/data/settings/providers.json"],
    elsewhere: { variable: "CLINE_DIR", insteadOf: ".cline" },
    format: "json",
    settings: [
      { path: ["version"], value: 1 },
      { path: ["lastUsedProvider"], value: "openai-compatible" },
      ...Object.entries(settings).map(([name, value]) => ({ path: [...PROVIDER, "settings", name], value })),
      // It ignores a provider without a time, and sets the time when it starts.
      { path: [...PROVIDER, "updatedAt"], value: "2026-01-01T00:00:00.000Z", volatile: true },
      { path: [...PROVIDER, "tokenSource"], value: "manual" },
    ],
  };
}

export const cline: Client = {
  id: "cline",
  name: "Cline",
  format: "chat",
  base: "/v1",
  model: MODEL,
  shown: (origin, key) => fields(`${origin}/v1`, key),
  connects: {
    keySources: ["file"],
    shadows: () => [],
    files: (wanted) => [configuration(wanted)],
    remarks: ["This is Cline's command line. In VS Code choose the provider “OpenAI Compatible” and enter the same."],
  },
};
