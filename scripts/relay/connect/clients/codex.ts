/** OpenAI's Codex, with a provider of its own in its configuration. */
import {
  type Client,
  type ConfigurationFile,
  exported,
  KEY_VARIABLE,
  type KeySource,
  terminal,
  type Wanted,
} from "./client.ts";
import { shownFile } from "./shown-file.ts";

const PROVIDER = ["model_providers", "relay"];

/** `model_provider` and the table of the provider. Of the three ways to give a key, only one may be present. */
function configuration({ origin, key, model }: Wanted): ConfigurationFile {
  return {
    paths: [".codex/config.toml"],
    elsewhere: { variable: "CODEX_HOME", insteadOf: ".codex" },
    format: "toml",
    settings: [
      ...(model === null ? [] : [{ path: ["model"], value: model }]),
      { path: ["model_provider"], value: "relay" },
      { path: [...PROVIDER, "name"], value: "relay" },
      { path: [...PROVIDER, "base_url"], value: `${origin}/openai` },
      { path: [...PROVIDER, "wire_api"], value: "responses" },
      ...keySettings(key),
    ],
  };
}

function keySettings(key: KeySource) {
  const shell = { command: "sh", args: ["-c", key.from === "command" ? key.command : ""] };
  return [
    { path: [...PROVIDER, "env_key"], value: key.from === "environment" ? key.variable : null },
    { path: [...PROVIDER, "experimental_bearer_token"], value: key.from === "file" ? key.key : null },
    { path: [...PROVIDER, "auth"], value: key.from === "command" ? shell : null },
    { path: [...PROVIDER, "requires_openai_auth"], value: null },
  ];
}

export const codex: Client = {
  id: "codex",
  name: "Codex",
  format: "responses",
  base: "/openai",
  model: "gpt-6.1-sol",
  shown: (origin, key) => [
    shownFile(configuration({ origin, key: { from: "environment", variable: KEY_VARIABLE }, model: null })),
    terminal(...exported({ [KEY_VARIABLE]: key }), "codex"),
  ],
  connects: {
    keySources: ["file", "environment", "command"],
    shadows: () => [],
    files: (wanted) => [configuration(wanted)],
  },
};
